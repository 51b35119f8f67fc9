import { describe, expect, test } from 'vitest';
import type { StoredSession } from '../store.js';
import { StoreState } from './store-state.js';

const session = (clientIdentifier: string): StoredSession => ({
  clientIdentifier,
  principalName: undefined,
  sessionExpiryInterval: 100,
  disconnectedAt: undefined,
  will: undefined,
});

/** What a snapshot is that was written while the log went on: it tells of the end, and the log tells all of it once more. */
describe('a log that is read over a snapshot which knows its end already', () => {
  test('leaves a session that was made anew under its name, while the snapshot was written', () => {
    const state = new StoreState();
    state.session(9, session('a'));
    state.session(5, session('a'));
    state.sessionGone(5);
    state.session(9, session('a'));
    expect(state.sessions.get('a')?.number).toBe(9);
    expect(state.sessions.size).toBe(1);
  });

  test('leaves a session whose name an earlier one had, which waits under another', () => {
    const state = new StoreState();
    state.session(5, session('orphan'));
    state.session(9, session('a'));
    state.session(5, session('a'));
    state.sessionRenamed(5, 'orphan');
    state.session(9, session('a'));
    expect([...state.sessions].map(([name, { number }]) => [name, number]).sort()).toEqual([
      ['a', 9],
      ['orphan', 5],
    ]);
  });
});
