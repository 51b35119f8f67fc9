/** What one connection may answer only after the store owns what was written: kept in order, sent as the groups are committed. */

import { StoreError } from './errors.js';

/** An answer that waits; sends itself. */
type Answer = () => void;

/** Told that the store could not take over, so that nothing that waits may be acknowledged. */
export interface AnswerOwner {
  fail(cause: unknown): void;
}

interface Group {
  readonly commit: Promise<void>;
  readonly answers: Answer[];
}

/** The line of answers of one connection; with a store that owns at once, nothing ever waits in it. */
export class Acknowledgements {
  readonly #owner: AnswerOwner;
  readonly #groups: Group[] = [];

  constructor(owner: AnswerOwner) {
    this.#owner = owner;
  }

  /** True when an answer may leave at once: everything is owned and nothing older waits. */
  mayLeaveNow(commit: Promise<void> | undefined): boolean {
    return commit === undefined && this.#groups.length === 0;
  }

  /** Sends the answer once the commit and everything before it are through. */
  after(commit: Promise<void> | undefined, answer: Answer): void {
    const last = this.#groups.at(-1);
    if (last !== undefined && (commit === undefined || commit === last.commit)) {
      last.answers.push(answer);
      return;
    }
    const group: Group = { commit: commit ?? Promise.resolve(), answers: [answer] };
    this.#groups.push(group);
    group.commit.then(
      () => this.#release(group),
      (cause: unknown) => this.#fail(cause),
    );
  }

  /** The connection is gone: nobody is there to answer. */
  clear(): void {
    this.#groups.length = 0;
  }

  /** A later group is never owned before an earlier one, so everything up to this one may leave. */
  #release(group: Group): void {
    const index = this.#groups.indexOf(group);
    if (index === -1) return;
    for (const { answers } of this.#groups.splice(0, index + 1)) for (const answer of answers) answer();
  }

  #fail(cause: unknown): void {
    if (this.#groups.length === 0) return;
    this.clear();
    this.#owner.fail(new StoreError('the store failed', cause));
  }
}
