/**
 * What every session store has to do, as plain cases: what was observed and what was expected are data, so that they can also run in a page of a
 * browser, where there is no test runner. Each case gets a store of its own.
 */
import type { SessionStore, StoredMessage } from '../session-store.js';

/** One case; `observe` returns what JSON can carry. */
export interface SessionStoreCase {
  readonly name: string;
  observe(store: SessionStore): Promise<unknown>;
  readonly expected: unknown;
}

function message(sequence: number, change: Partial<StoredMessage> = {}): StoredMessage {
  return {
    sequence,
    topicName: `topic/${sequence}`,
    payload: Uint8Array.of(sequence & 0xff, 0, 255),
    qos: 1,
    retain: false,
    properties: {},
    packetIdentifier: 0,
    released: false,
    ...change,
  };
}

/** Bytes as arrays, so that JSON and comparisons see them. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, each: unknown) => (each instanceof Uint8Array ? [...each] : each)),
  );
}

/** What a client finds that comes later. */
async function found(store: SessionStore, clientIdentifier = 'device'): Promise<unknown> {
  const session = await store.open(clientIdentifier);
  const { messages, received } = session;
  await session.close();
  return plain({ messages, received });
}

const full = message(7, {
  topicName: 'Küche/☕',
  qos: 2,
  retain: true,
  packetIdentifier: 65_535,
  released: true,
  properties: {
    payloadFormatIndicator: 1,
    messageExpiryInterval: 4_294_967_295,
    contentType: 'text/plain',
    responseTopic: 'answers',
    correlationData: Uint8Array.of(0, 1, 2),
    userProperties: [
      ['a', '1'],
      ['a', '2'],
    ],
  },
});

export const sessionStoreCases: readonly SessionStoreCase[] = [
  {
    name: 'a new session is empty',
    observe: (store) => found(store),
    expected: { messages: [], received: [] },
  },
  {
    name: 'every field of a message comes back',
    async observe(store) {
      const session = await store.open('device');
      session.put(full);
      session.put(message(8, { payload: new Uint8Array(0), topicName: 'empty' }));
      await session.commit();
      await session.close();
      return found(store);
    },
    expected: plain({
      messages: [full, message(8, { payload: new Uint8Array(0), topicName: 'empty' })],
      received: [],
    }),
  },
  {
    name: 'messages come back in the order of their sequence, however they were put',
    async observe(store) {
      const session = await store.open('device');
      for (const sequence of [300, 2, 70_000, 256, 1]) session.put(message(sequence));
      await session.commit();
      session.put(message(3));
      await session.close();
      const { messages } = (await found(store)) as { messages: StoredMessage[] };
      return messages.map(({ sequence }) => sequence);
    },
    expected: [1, 2, 3, 256, 300, 70_000],
  },
  {
    name: 'the last state of a message counts, and none once it has ended',
    async observe(store) {
      const session = await store.open('device');
      session.put(message(1));
      session.put(message(2));
      session.put(message(3));
      await session.commit();
      session.put(message(1, { packetIdentifier: 9 }));
      session.put(message(2, { packetIdentifier: 10 }));
      session.remove(2);
      session.remove(3);
      session.put(message(4));
      session.remove(4);
      await session.commit();
      await session.close();
      return found(store);
    },
    expected: plain({ messages: [message(1, { packetIdentifier: 9 })], received: [] }),
  },
  {
    name: 'received identifiers stay until they are released',
    async observe(store) {
      const session = await store.open('device');
      for (const packetIdentifier of [1, 65_535, 300]) session.putReceived(packetIdentifier);
      await session.commit();
      session.removeReceived(1);
      await session.close();
      const { received } = (await found(store)) as { received: number[] };
      return received.sort((left, right) => left - right);
    },
    expected: [300, 65_535],
  },
  {
    name: 'sessions do not see each other, however alike their Client Identifiers are',
    async observe(store) {
      const names = ['device', 'device/', 'DEVICE', '../device', 'd'.repeat(4_000), 'Gerät\u{1F600}'];
      for (const [index, name] of names.entries()) {
        const session = await store.open(name);
        session.put(message(index + 1));
        await session.close();
      }
      const seen = [];
      for (const name of names) {
        const { messages } = (await found(store, name)) as { messages: StoredMessage[] };
        seen.push(messages.map(({ sequence }) => sequence));
      }
      return seen;
    },
    expected: [[1], [2], [3], [4], [5], [6]],
  },
  {
    name: 'a commit has nothing to do when there is nothing new',
    async observe(store) {
      const session = await store.open('device');
      const before = session.commit();
      session.put(message(1));
      await session.commit();
      const after = session.commit();
      await session.close();
      return [before === undefined, after === undefined];
    },
    expected: [true, true],
  },
  {
    name: 'many messages, put and ended while others are written, leave what is left',
    async observe(store) {
      const session = await store.open('device');
      const commits: Promise<void>[] = [];
      for (let sequence = 1; sequence <= 3_000; sequence++) {
        session.put(message(sequence, { payload: new Uint8Array(1_000) }));
        if (sequence > 10) session.remove(sequence - 10);
        const commit = sequence % 100 === 0 ? session.commit() : undefined;
        if (commit !== undefined) commits.push(commit);
        if (sequence % 500 === 0) await Promise.all(commits);
      }
      await session.close();
      const { messages } = (await found(store)) as { messages: StoredMessage[] };
      return messages.map(({ sequence }) => sequence);
    },
    expected: [2_991, 2_992, 2_993, 2_994, 2_995, 2_996, 2_997, 2_998, 2_999, 3_000],
  },
];
