/** What every store must do; each implementation runs this against itself. */
import { describe, expect, test } from 'vitest';
import type {
  RestoredSession,
  RestoredState,
  Store,
  StoredDelivery,
  StoredMessage,
  StoredSession,
  StoredSubscription,
} from './store.js';

/** How the suite makes a store, and opens what it holds a second time. */
export interface StoreHarness {
  /** An empty store. */
  create(): Store | Promise<Store>;
  /** Another store on what this one, closed, has left. */
  reopen(store: Store): Store | Promise<Store>;
}

const message = (topicName: string, fields: Partial<StoredMessage> = {}): StoredMessage => ({
  topicName,
  payload: Uint8Array.of(1, 2, 3),
  qos: 1,
  retain: false,
  properties: {},
  expiresAt: undefined,
  publisher: undefined,
  ...fields,
});

const session = (clientIdentifier: string, fields: Partial<StoredSession> = {}): StoredSession => ({
  clientIdentifier,
  principalName: undefined,
  sessionExpiryInterval: 10,
  disconnectedAt: undefined,
  will: undefined,
  ...fields,
});

const subscription = (
  requestedFilter: string,
  fields: Partial<StoredSubscription> = {},
): StoredSubscription => ({
  requestedFilter,
  qos: 1,
  noLocal: false,
  retainAsPublished: true,
  retainHandling: 2,
  subscriptionIdentifier: 9,
  awaitsRetained: false,
  ...fields,
});

const delivery = (sequence: number, fields: Partial<StoredDelivery> = {}): StoredDelivery => ({
  sequence,
  message: message('a'),
  qos: 1,
  retain: false,
  subscriptionIdentifiers: [],
  sharedGroup: undefined,
  packetIdentifier: 0,
  released: false,
  ...fields,
});

/** A store may keep queued deliveries until they are asked for. */
async function withQueues(sessions: Iterable<RestoredSession>, store: Store): Promise<RestoredSession[]> {
  return Promise.all(
    [...sessions].map(async ({ queued, ...restored }) => {
      if (queued === undefined) return restored;
      const { clientIdentifier } = restored.session;
      const waiting = await store.queueReader!.read(clientIdentifier, -1, 1000, 1e9);
      expect(waiting).toHaveLength(queued.messages);
      const deliveries = [...restored.deliveries, ...waiting];
      return { ...restored, deliveries: deliveries.sort((left, right) => left.sequence - right.sequence) };
    }),
  );
}

/** A store may keep retained messages until they are asked for. */
async function withRetained(state: RestoredState, store: Store): Promise<StoredMessage[]> {
  const found = [...state.retained];
  for await (const some of state.retainedInStore ?? []) {
    const messages = await store.retainedReader!.read(some.map(({ storeNumber }) => storeNumber));
    for (const { topicName, storeNumber, expiresAt, sizeBytes } of some) {
      const message = messages.get(storeNumber) as StoredMessage;
      expect({ topicName, expiresAt }).toEqual({
        topicName: message.topicName,
        expiresAt: message.expiresAt,
      });
      expect(sizeBytes).toBeGreaterThan(message.payload.length);
      found.push(message);
    }
  }
  return found;
}

/** Runs the suite for one kind of store. */
export function describeStore(name: string, harness: StoreHarness): void {
  /** Writes, closes, and gives back what is found again. */
  async function kept(write: (store: Store) => void): Promise<RestoredState> {
    const store = await harness.create();
    await store.open();
    write(store);
    await store.commit();
    await store.close();
    const reopened = await harness.reopen(store);
    const state = await reopened.open();
    const retained = await withRetained(state, reopened);
    return { retained, sessions: await withQueues(state.sessions, reopened) };
  }

  describe(name, () => {
    test('an empty one holds nothing', async () => {
      const { sessions, retained } = await kept(() => {});
      expect([...sessions]).toEqual([]);
      expect([...retained]).toEqual([]);
    });

    test('keeps a session with all it contains', async () => {
      const whole = session('c', {
        principalName: 'anna',
        sessionExpiryInterval: 0xffffffff,
        disconnectedAt: 1_700_000_000_000,
        will: {
          topicName: 'w',
          payload: Uint8Array.of(0, 255),
          qos: 2,
          retain: true,
          properties: { contentType: 'x', userProperties: [['a', 'b']], correlationData: Uint8Array.of(7) },
          willDelayInterval: 5,
        },
      });
      const sent = delivery(3, {
        qos: 2,
        packetIdentifier: 65_535,
        released: true,
        subscriptionIdentifiers: [1, 268_435_455],
      });
      const queued = delivery(4, {
        message: message('ü/x', { expiresAt: 5, publisher: 'p', retain: true }),
        sharedGroup: 'g/a/+',
      });
      const { sessions } = await kept((store) => {
        store.putSession(whole);
        store.putSubscription('c', subscription('$share/g/a/+', { awaitsRetained: true }));
        store.addDelivery('c', sent);
        store.addDelivery('c', queued);
        store.addReceivedIdentifier('c', 1);
        store.addReceivedIdentifier('c', 65_535);
      });
      expect([...sessions]).toEqual([
        {
          session: whole,
          subscriptions: [subscription('$share/g/a/+', { awaitsRetained: true })],
          deliveries: [sent, queued],
          lastSequence: 4,
          receivedIdentifiers: [1, 65_535],
        },
      ]);
    });

    test('putSession replaces what is known and leaves the rest', async () => {
      const { sessions } = await kept((store) => {
        store.putSession(session('c'));
        store.putSubscription('c', subscription('a'));
        store.putSession(session('c', { sessionExpiryInterval: 99 }));
      });
      expect([...sessions]).toMatchObject([
        { session: { sessionExpiryInterval: 99 }, subscriptions: [{ requestedFilter: 'a' }] },
      ]);
    });

    test('a delivery is updated and deleted by its sequence; the others keep their order', async () => {
      const { sessions } = await kept((store) => {
        store.putSession(session('c'));
        for (const sequence of [1, 2, 3, 10, 11]) store.addDelivery('c', delivery(sequence));
        store.updateDelivery('c', delivery(2, { packetIdentifier: 8 }));
        store.deleteDelivery('c', 3);
        store.deleteDelivery('c', 77);
        store.updateDelivery('c', delivery(3, { packetIdentifier: 9 }));
      });
      const [restored] = [...sessions];
      expect(
        restored?.deliveries.map(({ sequence, packetIdentifier }) => [sequence, packetIdentifier]),
      ).toEqual([
        [1, 0],
        [2, 8],
        [10, 0],
        [11, 0],
      ]);
    });

    test('subscriptions and identifiers are replaced and deleted', async () => {
      const { sessions } = await kept((store) => {
        store.putSession(session('c'));
        store.putSubscription('c', subscription('a', { qos: 0 }));
        store.putSubscription('c', subscription('a', { qos: 2 }));
        store.putSubscription('c', subscription('b'));
        store.deleteSubscription('c', 'b');
        store.addReceivedIdentifier('c', 5);
        store.deleteReceivedIdentifier('c', 5);
      });
      expect([...sessions]).toMatchObject([
        { subscriptions: [{ requestedFilter: 'a', qos: 2 }], receivedIdentifiers: [] },
      ]);
    });

    test('a deleted session takes everything with it, and may be made anew', async () => {
      const { sessions } = await kept((store) => {
        store.putSession(session('c'));
        store.putSubscription('c', subscription('a'));
        store.addDelivery('c', delivery(1));
        store.deleteSession('c');
        store.addDelivery('c', delivery(2));
        store.putSession(session('c'));
      });
      expect([...sessions]).toEqual([
        {
          session: session('c'),
          subscriptions: [],
          deliveries: [],
          lastSequence: -1,
          receivedIdentifiers: [],
        },
      ]);
    });

    test('keeps the last retained message of each topic', async () => {
      const { retained } = await kept((store) => {
        const first = message('a', { payload: Uint8Array.of(1), storeNumber: 0 });
        const other = message('b', { storeNumber: 0 });
        store.putRetained(first, 0);
        store.putRetained(message('a', { payload: Uint8Array.of(2), retain: true }), first.storeNumber!);
        store.putRetained(other, 0);
        store.deleteRetained('b', other.storeNumber!);
        store.deleteRetained('never', 0);
      });
      expect([...retained]).toMatchObject([{ topicName: 'a', payload: Uint8Array.of(2), retain: true }]);
    });

    test('close may be called twice', async () => {
      const store = await harness.create();
      await store.open();
      await store.close();
      await store.close();
    });
  });
}
