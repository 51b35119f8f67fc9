import { expect, test } from 'vitest';
import type { StoredMessage } from '../session-store.js';
import { BatchedSession, type SessionChanges } from './batched-session.js';

const message = (sequence: number, released = false): StoredMessage => ({
  sequence,
  topicName: 'a',
  payload: new Uint8Array(0),
  qos: 2,
  retain: false,
  properties: {},
  packetIdentifier: 1,
  released,
});

/** A session whose writes the test settles. */
function slow() {
  const writes: {
    sequences: number[];
    changes: SessionChanges;
    resolve(): void;
    reject(error: Error): void;
  }[] = [];
  const order: string[] = [];
  const session = new BatchedSession({
    messages: [],
    received: [],
    write: (changes) =>
      new Promise((resolve, reject) =>
        writes.push({ sequences: [...changes.messages.keys()], changes, resolve, reject }),
      ),
    close: () => {
      order.push('closed');
      return Promise.resolve();
    },
  });
  return { session, writes, order };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('what comes while one write runs is the next', async () => {
  const { session, writes } = slow();
  session.put(message(1));
  const first = session.commit();
  await turn();
  session.put(message(2));
  const second = session.commit();
  session.put(message(3));
  const third = session.commit();
  await turn();
  expect(writes.map(({ sequences }) => sequences)).toEqual([[1]]);
  expect(second).toBe(third);
  writes[0]?.resolve();
  await first;
  await turn();
  expect(writes.map(({ sequences }) => sequences)).toEqual([[1], [2, 3]]);
  writes[1]?.resolve();
  await second;
  expect(session.commit()).toBeUndefined();
});

test('a commit during a write without anything new waits for that write', async () => {
  const { session, writes } = slow();
  session.put(message(1));
  await turn();
  expect(writes).toHaveLength(1);
  const commit = session.commit();
  expect(commit).toBeInstanceOf(Promise);
  writes[0]?.resolve();
  await commit;
});

test('what could not be written is written again, with what is newer', async () => {
  const { session, writes } = slow();
  session.put(message(1));
  session.put(message(2));
  session.putReceived(5);
  const failed = session.commit();
  await turn();
  session.put(message(2, true));
  session.remove(3);
  const next = session.commit();
  writes[0]?.reject(new Error('disk full'));
  await expect(failed).rejects.toThrow('disk full');
  await turn();
  expect(writes[1]?.changes.messages).toEqual(
    new Map([
      [2, message(2, true)],
      [3, undefined],
      [1, message(1)],
    ]),
  );
  expect(writes[1]?.changes.received).toEqual(new Map([[5, true]]));
  writes[1]?.resolve();
  await next;
});

test('closing writes what is left, and closes even when that fails', async () => {
  const { session, writes, order } = slow();
  session.put(message(1));
  const closed = session.close();
  await turn();
  expect([writes.length, order]).toEqual([1, []]);
  writes[0]?.reject(new Error('disk full'));
  await expect(closed).rejects.toThrow('disk full');
  expect(order).toEqual(['closed']);
});
