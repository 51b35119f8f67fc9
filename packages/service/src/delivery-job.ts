/** One message on its way through one handler, and each call of the handler for it. Decides nothing. */
import type { UserProperties } from '@petrel/protocol';
import type { Delivery } from './endpoint.js';
import type { Incoming } from './exchange.js';
import type { Respond } from './handler.js';
import { Interruption, type Interruptions } from './interruptions.js';
import type { InboundMessage, MessageReceipt } from './link.js';
import type { ReplySender } from './reply-sender.js';

/** A message for a handler, until nobody needs to do anything about it any more. */
export class DeliveryJob {
  readonly message: InboundMessage;
  readonly incoming: Incoming;
  readonly receipt: MessageReceipt;
  /** Answers the request; undefined where nobody waits, or where another handler answers. */
  readonly sender: ReplySender | undefined;
  /** Acknowledges the message, where the policy is `manual`. */
  ack: () => void = nothing;
  /** Milliseconds since 1970; 0 before the first call. */
  firstAttemptAt = 0;
  attempts = 0;
  /** The call of the handler that runs, or ran last. */
  attempt: Attempt | undefined;
  #isCancelled = false;

  constructor(
    message: InboundMessage,
    incoming: Incoming,
    receipt: MessageReceipt,
    sender: ReplySender | undefined,
  ) {
    this.message = message;
    this.incoming = incoming;
    this.receipt = receipt;
    this.sender = sender;
  }

  /** Whoever asked has given the request up: it needs neither a handler nor an answer. */
  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** Aborts the handler where it runs; a request that waits for its turn will not be handled. */
  cancel(reason: Error): void {
    if (this.#isCancelled) return;
    this.#isCancelled = true;
    this.sender?.close();
    this.attempt?.abort(reason);
  }
}

/** One call of the handler; its signal is its own. */
export class Attempt extends Interruption implements Delivery {
  /** Set once the payload has been read as the handler wants it. */
  data: unknown;
  readonly message: InboundMessage;
  readonly userProperties: UserProperties;
  readonly topicFilter: string;
  readonly respond: Respond | undefined;
  readonly attempt: number;
  readonly ack: () => void;

  constructor(interruptions: Interruptions, job: DeliveryJob, topicFilter: string) {
    super(interruptions);
    this.message = job.message;
    this.userProperties = job.incoming.userProperties;
    this.topicFilter = topicFilter;
    this.respond = job.sender?.respond;
    this.attempt = job.attempts;
    this.ack = job.ack;
  }
}

function nothing(): void {}
