/** The answers of one request as an AsyncIterable. Knows neither topics nor messages. */

import type { Outcome } from './call.js';
import type { RequestError } from './errors.js';
import { RemoteError } from './errors.js';

/** Collects answers until they are read; ends, or throws, where they do. */
export class ReplyStream<Data> implements AsyncIterableIterator<Data> {
  readonly #topicName: string;
  readonly #onRead: () => void;
  readonly #answers: Data[] = [];
  #end: { readonly error?: RequestError } | undefined;
  #wake: (() => void) | undefined;
  /** Set once the request is sent: gives it up. */
  cancel: () => void = () => undefined;

  /** `onRead` is called for each answer that was read. */
  constructor(topicName: string, onRead: () => void) {
    this.#topicName = topicName;
    this.#onRead = onRead;
  }

  /** Takes the next outcome of the request. */
  push(outcome: Outcome): void {
    if (outcome.kind === 'next' || outcome.kind === 'last') this.#answers.push(outcome.data as Data);
    if (outcome.kind === 'error') this.#end = { error: new RemoteError(this.#topicName, outcome.error) };
    else if (outcome.kind === 'failed') this.#end = { error: outcome.error };
    else if (outcome.kind !== 'next') this.#end = {};
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<Data, undefined>> {
    while (this.#answers.length === 0 && this.#end === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#answers.length > 0) {
      this.#onRead();
      return { done: false, value: this.#answers.shift() as Data };
    }
    const error = this.#end?.error;
    // Thrown once; whoever reads on finds the end.
    this.#end = {};
    if (error !== undefined) throw error;
    return { done: true, value: undefined };
  }

  /** Ends the request: called by a `for await` that is left early. */
  return(): Promise<IteratorResult<Data, undefined>> {
    this.cancel();
    this.#answers.length = 0;
    this.#end = {};
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
