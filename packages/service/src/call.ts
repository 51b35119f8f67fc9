/** One request of a requester, from the moment it is asked for to its last answer. Decides nothing. */
import type { QoS } from '@petrel/protocol';
import { expiryInterval } from './deadline.js';
import type { RequestError } from './errors.js';
import type { Envelope, Outgoing, Reply, RequestForm } from './exchange.js';
import type { ReaderCredit } from './reader-credit.js';

/** What a request can end with: answers of the responder, or a failure on this side. */
export type Outcome = Reply | { readonly kind: 'failed'; readonly error: RequestError };

/** What becomes of a request whose connection is lost before an answer came. */
export type OnConnectionLost = 'fail' | 'resend';

/** One request and its limits. */
export interface RequestSettings {
  /** QoS of the request, 0–2; the server tells that nobody serves a topic only from 1 on. */
  readonly qos: QoS;
  readonly retain?: boolean | undefined;
  /** Milliseconds to wait for the first answer; 0 = for ever. */
  readonly timeoutMs: number;
  readonly envelope: Envelope;
  readonly signal?: AbortSignal | undefined;
  readonly onConnectionLost?: OnConnectionLost | undefined;
  /** Of a stream that is read answer by answer. */
  readonly credit?: ReaderCredit | undefined;
  /** Many may answer: no answer is the last one. */
  readonly collects?: boolean | undefined;
}

/** A request that waits. */
export class Call {
  readonly request: Outgoing;
  readonly settings: RequestSettings;
  readonly listener: (outcome: Outcome) => void;
  id = '';
  form: RequestForm | undefined;
  usesReplyTopic = false;
  /** `queued`: in the client, for the next connection; `sent`: by this connection; `lost`: by an earlier one. */
  state: 'preparing' | 'queued' | 'sent' | 'lost' = 'preparing';
  /** The client still has it, and sends it again by itself. */
  isUnacknowledged = false;
  isAnswered = false;
  /** Milliseconds, by the clock. */
  startedAt = 0;
  cancelDeadline = nothing;
  stopWatching = nothing;

  constructor(request: Outgoing, settings: RequestSettings, listener: (outcome: Outcome) => void) {
    this.request = request;
    this.settings = settings;
    this.listener = listener;
  }
}

/** The time limit is also how long the server keeps the request, unless the caller has said something else. */
export function expiringRequest(request: Outgoing, timeoutMs: number): Outgoing {
  const messageExpiryInterval = expiryInterval(timeoutMs);
  if (messageExpiryInterval === undefined) return request;
  const { topicName, data, pattern, metadata, credit, properties } = request;
  const expiring = Object.assign({ messageExpiryInterval }, properties);
  return { topicName, data, pattern, metadata, credit, properties: expiring };
}

function nothing(): void {}
