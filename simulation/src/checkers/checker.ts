/** What a checker is: a judge of one rule, who sees a history and the book that was kept of it, and nothing of the broker. */
import type { PublishPacket } from '@petrel/protocol';
import type { BookedSession } from '../booked.js';
import type { HistoryEvent, TakeEvent } from '../history.js';
import { messageOf } from '../message-name.js';
import { SessionBook } from '../session-book.js';

/** What all checkers of one run look at. */
export class RunRecord {
  readonly events: readonly HistoryEvent[];
  readonly book: SessionBook;
  /** Everything that applications got, by session, with positions. */
  readonly takes = new Map<BookedSession, Taken[]>();

  constructor(events: readonly HistoryEvent[]) {
    this.events = events;
    this.book = new SessionBook(events);
    for (const [position, event] of events.entries()) {
      if (event.kind !== 'take') continue;
      const session = this.book.connections.get(event.link)?.session;
      if (session === undefined) continue;
      const taken = this.takes.get(session) ?? [];
      taken.push({ ...event, position });
      this.takes.set(session, taken);
    }
  }
}

/** A message that an application got, and where in the history. */
export interface Taken extends TakeEvent {
  readonly position: number;
}

/** A rule with a name; `check` gives one sentence for each time it was broken. */
export interface Checker {
  readonly name: string;
  check(record: RunRecord): readonly string[];
}

/** The name of the message in a PUBLISH. */
export function nameOf({ payload }: PublishPacket): string {
  return messageOf(payload);
}
