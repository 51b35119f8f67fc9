/**
 * Answers about credentials that were asked about before. Keys are made with a secret of this process, so that its memory holds no
 * password, and nothing that a guess could be tried against elsewhere.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { BoundedCache } from '../bounded-cache.js';

/** A table with an end for every entry. */
export class RememberedAnswers<T> {
  readonly #secret = randomBytes(32);
  readonly #answers: BoundedCache<{ readonly answer: T; readonly until: number }>;

  /** At most twice `maximum` answers are kept. */
  constructor(maximum: number) {
    this.#answers = new BoundedCache(maximum, () => 1);
  }

  /** The key of what somebody brought; parts cannot run into each other. */
  keyOf(parts: readonly (string | Uint8Array | undefined)[]): string {
    const hmac = createHmac('sha256', this.#secret);
    for (const part of parts) {
      const bytes = part === undefined ? undefined : Buffer.from(part as Uint8Array);
      hmac.update(bytes === undefined ? '-' : `${bytes.length}:`);
      if (bytes !== undefined) hmac.update(bytes);
    }
    return hmac.digest('base64');
  }

  get(key: string, now: number): T | undefined {
    const found = this.#answers.get(key);
    return found !== undefined && found.until > now ? found.answer : undefined;
  }

  set(key: string, answer: T, until: number): void {
    this.#answers.delete(key);
    this.#answers.set(key, { answer, until });
  }
}
