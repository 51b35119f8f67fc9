/** Errors on their way between NestJS and the wire. */
import type { Outcome } from '@petrel/service';
import { asBuffer } from './mqtt-js-properties.js';

/** NestJS's packet of an answer, or of the end of a request. */
export interface AnswerPacket {
  readonly err?: unknown;
  readonly response?: unknown;
  readonly isDisposed?: boolean;
}

/**
 * What the caller's Observable gets: what the responder sent as error, exactly as it sent it, as stock NestJS does;
 * for a failure on this side the error itself, whose `code` says what it was.
 */
export function toAnswerPacket(outcome: Outcome): AnswerPacket {
  switch (outcome.kind) {
    case 'failed':
      return { err: outcome.error, isDisposed: true };
    case 'error':
      // NestJS takes an empty error for none.
      return { err: outcome.error || { status: 'error', message: String(outcome.error) }, isDisposed: true };
    case 'end':
      return { isDisposed: true };
    case 'last':
      return { response: toUserData(outcome.data), isDisposed: true };
    case 'next':
      return { response: toUserData(outcome.data) };
  }
}

/** What goes to the caller for what a handler ended with: RpcException already became a plain object in NestJS's filters. */
export function toWireError(error: unknown): unknown {
  return error ?? { status: 'error', message: 'Internal server error' };
}

/** Bytes as a Buffer, which is what users of the stock transport know; anything else as it is. */
export function toUserData(data: unknown): unknown {
  return data instanceof Uint8Array ? asBuffer(data) : data;
}
