/** All checkers, and the one way to ask them. */
import type { HistoryEvent } from '../history.js';
import { atLeastOnce } from './at-least-once.js';
import { type Checker, RunRecord } from './checker.js';
import { exactlyOnce } from './exactly-once.js';
import { faults } from './faults.js';
import { identifiers } from './identifiers.js';
import { order } from './order.js';
import { quotas } from './quotas.js';
import { retained } from './retained.js';
import { sessions } from './sessions.js';
import { sharedSubscriptions } from './shared-subscriptions.js';
import { wills } from './wills.js';

/** In the order in which their findings are reported. */
export const checkers: readonly Checker[] = [
  faults,
  atLeastOnce,
  exactlyOnce,
  order,
  retained,
  wills,
  sessions,
  sharedSubscriptions,
  quotas,
  identifiers,
];

/** One rule that was broken, in words. */
export interface Finding {
  readonly checker: string;
  readonly what: string;
}

/** What is wrong with a history; nothing, one hopes. */
export function judge(events: readonly HistoryEvent[]): Finding[] {
  const record = new RunRecord(events);
  return checkers.flatMap(({ name, check }) => check(record).map((what) => ({ checker: name, what })));
}
