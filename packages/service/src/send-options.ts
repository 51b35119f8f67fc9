/** How events and requests are sent, call by call. */
import type { PublishProperties, QoS } from '@petrel/protocol';
import type { OnConnectionLost } from './call.js';
import type { Envelope } from './exchange.js';
import type { ReaderCredit } from './reader-credit.js';

/** How an event is published. */
export interface EventOptions {
  /** 0–2. Default 1. */
  readonly qos?: QoS | undefined;
  /** Default false. */
  readonly retain?: boolean | undefined;
  readonly properties?: PublishProperties | undefined;
  readonly envelope?: Envelope | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How a request is sent. */
export interface RequestOptions extends EventOptions {
  /** 0–2. Default: `requestQos` of the service. */
  readonly qos?: QoS | undefined;
  /** Milliseconds to wait for the first answer; 0 = for ever. Default: `requestTimeoutMs` of the service. */
  readonly timeoutMs?: number | undefined;
  /** `resend` is for requests that may be executed twice. Default: `onConnectionLost` of the service. */
  readonly onConnectionLost?: OnConnectionLost | undefined;
}

/** How a request is sent whose answers are read one by one. */
export interface StreamOptions extends RequestOptions {
  /** Answers that may be on their way or wait to be read, from 1. Default: `streamWindow` of the service. */
  readonly window?: number | undefined;
}

/** How a request is sent that many may answer. */
export interface ScatterOptions extends RequestOptions {
  /** Milliseconds to wait for answers; 0 = until there are `answers`. Default 1,000. */
  readonly timeoutMs?: number | undefined;
  /** So many are enough, from 1. Default: all that come in time. */
  readonly answers?: number | undefined;
}

/** How answers are read, for adapters; by default the first last one ends a request. */
export interface Reading {
  readonly credit?: ReaderCredit | undefined;
  readonly collects?: boolean | undefined;
}
