/** What services say to each other, whatever it looks like on the wire: events, requests, replies. Types only. */
import type { PublishProperties, UserProperties } from '@petrel/protocol';
import type { PayloadError } from './errors.js';

/** What to write for other programs: see docs/decisions/0006-envelopes.md. */
export type Envelope = 'auto' | 'native' | 'nest';
/** The form of one request; `both` is read by either kind of peer. */
export type RequestForm = 'native' | 'nest' | 'both';

/** Data on its way out. */
export interface Outgoing {
  readonly topicName: string;
  readonly data: unknown;
  /** The pattern a NestJS peer is told; the Topic Name by default. */
  readonly pattern?: unknown;
  /** Names and values beside the data: User Properties, or the envelope's `metadata` where those do not exist. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Of a request whose answers are read one by one: how many may leave before the reader asks for more. */
  readonly credit?: number | undefined;
  /** Properties of the caller; what the form itself needs goes over them. */
  readonly properties?: PublishProperties | undefined;
}

/** A message ready to publish. */
export interface WireMessage {
  readonly topicName: string;
  readonly payload: Uint8Array;
  readonly properties: PublishProperties;
}

/** Where the answer to a request goes, and in which form. */
export type ReplyAddress =
  | { readonly form: 'native'; readonly topicName: string; readonly correlationData?: Uint8Array | undefined }
  | { readonly form: 'nest'; readonly topicName: string; readonly id: string };

/** A message understood: an event, a request (`replyTo`), or the reply to somebody's request. */
export interface Incoming {
  readonly data: unknown;
  /** The payload breaks the promise of its Content Type; `data` is then the payload as it is. */
  readonly unreadable?: PayloadError | undefined;
  readonly replyTo?: ReplyAddress | undefined;
  readonly isReply: boolean;
  /** Answers that may leave before the reader asks for more; undefined: it never asks. */
  readonly credit?: number | undefined;
  /** User Properties and the envelope's metadata, without those of this wire format itself. */
  readonly userProperties: UserProperties;
}

/** One answer: `last` and `end` and `error` are final, `next` has more behind it. */
export type Reply =
  | { readonly kind: 'next' | 'last'; readonly data: unknown }
  | { readonly kind: 'end' }
  | { readonly kind: 'error'; readonly error: unknown };

/** A reply as received; `foreign` is one from a plain MQTT 5 program, which marks nothing. */
export interface IncomingReply {
  readonly id: string;
  readonly form: 'native' | 'nest';
  readonly foreign: boolean;
  readonly reply: Reply;
}
