/** Collects the answers of many responders to one request. Knows no message and no time. */
import type { Outcome } from './call.js';
import { RemoteError, RequestTimeoutError } from './errors.js';

/** Hears the answers as they come, and the end. */
export interface AnswerObserver<Result> {
  next(result: PromiseSettledResult<Result>): void;
  error(error: Error): void;
  complete(): void;
}

export class AnswerCollector<Result> {
  readonly #topicName: string;
  readonly #observer: AnswerObserver<Result>;
  #missing: number;
  #cancel: (() => void) | undefined;

  /** `answers` are enough; Infinity: all that come. */
  constructor(topicName: string, answers: number, observer: AnswerObserver<Result>) {
    this.#topicName = topicName;
    this.#missing = answers;
    this.#observer = observer;
  }

  /** `cancel` gives the request up; it is given back, for whoever does not want to wait. */
  begin(cancel: () => void): () => void {
    this.#cancel = cancel;
    return cancel;
  }

  /** Takes the next outcome of the request. */
  take(outcome: Outcome): void {
    if (this.#missing === 0) return;
    switch (outcome.kind) {
      case 'next':
      case 'last':
        this.#answer({ status: 'fulfilled', value: outcome.data as Result });
        break;
      case 'error':
        this.#answer({ status: 'rejected', reason: new RemoteError(this.#topicName, outcome.error) });
        break;
      case 'failed':
        this.#missing = 0;
        // The time was given for answers to come, and it is over.
        if (outcome.error instanceof RequestTimeoutError) this.#observer.complete();
        else this.#observer.error(outcome.error);
        break;
      case 'end':
    }
  }

  #answer(result: PromiseSettledResult<Result>): void {
    this.#missing--;
    this.#observer.next(result);
    if (this.#missing > 0) return;
    this.#cancel?.();
    this.#observer.complete();
  }
}
