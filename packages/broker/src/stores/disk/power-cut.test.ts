/**
 * A disk store that is killed, or loses its power, at any moment, holds again what it held after one of its turns, and never an earlier one
 * than the last it said it owned. Small segments, so that snapshots, copies and removals are under way most of the time.
 */
import { type DiskFaults, FakeClock, SeededRandom, SimulatedFiles } from '@petrel/testing';
import { expect, test } from 'vitest';
import { silentLogger } from '../../logger.js';
import { MemoryStore } from '../memory-store.js';
import type { RestoredState, Store, StoredDelivery, StoredMessage } from '../store.js';
import { DiskStore } from './disk-store.js';
import type { Durability } from './manifest.js';

const clients = ['a', 'b', 'c'] as const;
const topics = ['t/1', 't/2', 't/3'] as const;

function openStore(files: SimulatedFiles, clock: FakeClock, durability: Durability): DiskStore {
  return new DiskStore({
    files,
    clock,
    logger: silentLogger,
    durability,
    segmentBytes: 1500,
    maximumMessages: Number.POSITIVE_INFINITY,
    maximumBytes: 1e9,
    minimumFreeBytes: 0,
  });
}

/** Everything that a store gave back, in a form that can be compared. */
async function contentOf(state: RestoredState, store: Store): Promise<string> {
  const sessions = [];
  for (const { session, subscriptions, deliveries, queued, receivedIdentifiers } of state.sessions) {
    const waiting =
      queued === undefined ? [] : await store.queueReader!.read(session.clientIdentifier, -1, 1e6, 1e9);
    const all = [...deliveries, ...waiting].sort((left, right) => left.sequence - right.sequence);
    sessions.push({
      session,
      subscriptions: [...subscriptions].sort((left, right) =>
        left.requestedFilter < right.requestedFilter ? -1 : 1,
      ),
      received: [...receivedIdentifiers].sort(),
      deliveries: all.map(({ message, ...delivery }) => ({ ...delivery, message: textOf(message) })),
    });
  }
  sessions.sort((left, right) => (left.session.clientIdentifier < right.session.clientIdentifier ? -1 : 1));
  const retained = (await retainedOf(state, store)).map(textOf).sort();
  return JSON.stringify({ sessions, retained }, inOrder);
}

async function retainedOf(state: RestoredState, store: Store): Promise<StoredMessage[]> {
  const found = [...state.retained];
  for await (const some of state.retainedInStore ?? []) {
    const messages = await store.retainedReader!.read(some.map(({ storeNumber }) => storeNumber));
    for (const { storeNumber } of some) found.push(messages.get(storeNumber) as StoredMessage);
  }
  return found;
}

/** Objects with their names in order. */
function inOrder(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
}

function textOf({ topicName, payload, qos, expiresAt, publisher, properties }: StoredMessage): string {
  return JSON.stringify([
    topicName,
    Buffer.from(payload).toString('hex'),
    qos,
    expiresAt,
    publisher,
    properties,
  ]);
}

/** Does the same to a store and to its model, with a life of its own. */
class Life {
  readonly #random: SeededRandom;
  readonly #stores: readonly Store[];
  readonly #sequences = new Map<string, number>();
  readonly #alive = new Map<string, StoredDelivery[]>();
  readonly #retained = new Map<string, StoredMessage>();
  #messages = 0;
  #lastMessage: StoredMessage = message(0, topics[0], 3);

  constructor(random: SeededRandom, stores: readonly Store[]) {
    this.#random = random;
    this.#stores = stores;
  }

  /** Goes on with what a store holds. */
  resume(model: MemoryStore, found: RestoredState, retained: readonly StoredMessage[]): void {
    for (const message of retained) this.#retained.set(message.topicName, message);
    for (const { session, deliveries } of model.open().sessions)
      this.#alive.set(session.clientIdentifier, [...deliveries]);
    for (const { session, lastSequence } of found.sessions) {
      this.#sequences.set(session.clientIdentifier, Math.max(0, lastSequence));
    }
  }

  turn(): void {
    for (let left = this.#random.integer(1, 4); left > 0; left--) this.#change();
  }

  #change(): void {
    const random = this.#random;
    const client = random.pick(clients);
    const alive = this.#alive.get(client) ?? [];
    const choice = random.integer(0, 99);
    if (choice < 8) this.#begin(client);
    else if (choice < 10) this.#end(client);
    else if (choice < 15) this.#all((store) => store.putSubscription(client, this.#subscription()));
    else if (choice < 18)
      this.#all((store) => store.deleteSubscription(client, topics[choice % 3] as string));
    else if (choice < 50) this.#publish(this.#message());
    else if (choice < 58) this.#release(client, alive);
    else if (choice < 82 && alive.length > 0) {
      const [gone] = alive.splice(random.chance(0.8) ? 0 : random.integer(0, alive.length - 1), 1);
      this.#all((store) => store.deleteDelivery(client, (gone as StoredDelivery).sequence));
    } else if (choice < 88) this.#retain(this.#lastMessage);
    else if (choice < 90) this.#clear(topics[0]);
    else if (choice < 95) this.#all((store) => store.addReceivedIdentifier(client, 1 + (choice % 3)));
    else this.#all((store) => store.deleteReceivedIdentifier(client, 1 + (choice % 3)));
  }

  #message(): StoredMessage {
    this.#messages += 1;
    this.#lastMessage = message(this.#messages, this.#random.pick(topics), this.#random.integer(0, 300));
    return this.#lastMessage;
  }

  #retain(message: StoredMessage): void {
    const replaces = this.#retained.get(message.topicName)?.storeNumber ?? 0;
    this.#all((store) => store.putRetained(message, replaces));
    this.#retained.set(message.topicName, message);
  }

  #clear(topicName: string): void {
    const storeNumber = this.#retained.get(topicName)?.storeNumber ?? 0;
    this.#retained.delete(topicName);
    this.#all((store) => store.deleteRetained(topicName, storeNumber));
  }

  #begin(client: string): void {
    const sessionExpiryInterval = this.#random.integer(1, 1000);
    if (!this.#alive.has(client)) this.#alive.set(client, []);
    this.#all((store) =>
      store.putSession({
        clientIdentifier: client,
        principalName: 'p',
        sessionExpiryInterval,
        disconnectedAt: sessionExpiryInterval % 2 === 0 ? 77.5 : undefined,
        will: undefined,
      }),
    );
  }

  #end(client: string): void {
    this.#alive.delete(client);
    this.#sequences.delete(client);
    this.#all((store) => store.deleteSession(client));
  }

  #publish(message: StoredMessage): void {
    for (const [client, alive] of this.#alive) {
      if (this.#random.chance(0.3)) continue;
      const sequence = (this.#sequences.get(client) ?? 0) + 1;
      this.#sequences.set(client, sequence);
      const added = delivery(sequence, message, this.#random.chance(0.5) ? sequence : 0);
      alive.push(added);
      this.#all((store) => store.addDelivery(client, added));
    }
  }

  #release(client: string, alive: StoredDelivery[]): void {
    const [first, ...others] = alive;
    if (first === undefined) return;
    const released = { ...first, packetIdentifier: first.sequence, released: true };
    this.#alive.set(client, [released, ...others]);
    this.#all((store) => store.updateDelivery(client, released));
  }

  #subscription() {
    return {
      requestedFilter: topics[this.#messages % topics.length] as string,
      qos: 1,
      noLocal: false,
      retainAsPublished: false,
      retainHandling: 0,
      subscriptionIdentifier: this.#messages + 1,
      awaitsRetained: this.#messages % 2 === 0,
    } as const;
  }

  #all(act: (store: Store) => void): void {
    for (const store of this.#stores) act(store);
  }
}

function message(number: number, topicName: string, padding: number): StoredMessage {
  return {
    topicName,
    payload: Buffer.from(`${number}:${'x'.repeat(padding)}`),
    qos: 1,
    retain: false,
    properties: number % 3 === 0 ? { contentType: `type ${number}` } : {},
    expiresAt: number % 5 === 0 ? number + 0.5 : undefined,
    publisher: number % 2 === 0 ? 'publisher' : undefined,
    storeNumber: 0,
  };
}

function delivery(sequence: number, of: StoredMessage, packetIdentifier: number): StoredDelivery {
  return {
    sequence,
    message: of,
    qos: 2,
    retain: sequence % 2 === 0,
    subscriptionIdentifiers: sequence % 4 === 0 ? [sequence] : [],
    sharedGroup: sequence % 7 === 0 ? 'g/t' : undefined,
    packetIdentifier,
    released: false,
  };
}

/** Gives back the retained messages. */
async function copyInto(model: Store, state: RestoredState, store: Store): Promise<StoredMessage[]> {
  for (const { session, subscriptions, deliveries, queued, receivedIdentifiers } of state.sessions) {
    const { clientIdentifier } = session;
    model.putSession(session);
    for (const subscription of subscriptions) model.putSubscription(clientIdentifier, subscription);
    for (const identifier of receivedIdentifiers) model.addReceivedIdentifier(clientIdentifier, identifier);
    const waiting = queued === undefined ? [] : await store.queueReader!.read(clientIdentifier, -1, 1e6, 1e9);
    const all = [...deliveries, ...waiting].sort((left, right) => left.sequence - right.sequence);
    for (const kept of all) model.addDelivery(clientIdentifier, kept);
  }
  const retained = await retainedOf(state, store);
  for (const kept of retained) model.putRetained(kept, 0);
  return retained;
}

/** Lets everything happen that is due, but not always to its end. */
async function turns(count: number): Promise<void> {
  for (let left = count; left > 0; left--) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** A disk that now and then fails to write or to sync, or takes its time. */
function unreliable(random: SeededRandom): DiskFaults {
  const sometimes = (): string | undefined => (random.chance(0.08) ? 'EIO' : undefined);
  const delay = async (): Promise<void> => {
    if (random.chance(0.2)) await turns(random.integer(1, 4));
  };
  return { write: sometimes, sync: sometimes, delay };
}

async function live(
  seed: number,
  durability: Durability,
  end: 'kill' | 'power',
  disk: 'sound' | 'unreliable',
): Promise<SimulatedFiles> {
  const random = new SeededRandom(seed);
  const clock = new FakeClock();
  let files = new SimulatedFiles();
  for (let life = 0; life < 4; life++) {
    const store = openStore(files, clock, durability);
    // What a restart begins with goes into the model, and the life goes on with it.
    const model = new MemoryStore();
    const kept = await store.open();
    const retained = await copyInto(model, kept, store);
    const states: string[] = [await contentOf(model.open(), model)];
    let owned = 0;
    const actor = new Life(random, [store, model]);
    actor.resume(model, kept, retained);
    if (disk === 'unreliable') files.faults = unreliable(random);
    for (let turn = random.integer(5, 80); turn > 0; turn--) {
      actor.turn();
      states.push(await contentOf(model.open(), model));
      const at = states.length - 1;
      store.commit()?.then(
        () => {
          owned = Math.max(owned, at);
        },
        () => {
          // The machine is gone, or the disk fails, and nobody was told anything.
        },
      );
      // After a failure it is tried again every second.
      if (disk === 'unreliable' && random.chance(0.2)) clock.advance(1000);
      if (random.chance(0.7)) await turns(random.integer(0, 6));
    }
    const ownedAtTheEnd = owned;
    files = end === 'kill' ? files.kill() : files.cutPower(random);
    const next = openStore(files, clock, durability);
    const found = await contentOf(await next.open(), next);
    const index = states.lastIndexOf(found);
    expect(index, `seed ${seed}, life ${life}: what is found was never there`).toBeGreaterThanOrEqual(0);
    // With "os", only the end of the process is survived.
    if (durability === 'sync' || end === 'kill') expect(index).toBeGreaterThanOrEqual(ownedAtTheEnd);
    if (random.chance(0.5)) await next.close();
    files = files.kill();
  }
  return files;
}

test.each([
  ['sync', 'power', 'sound'],
  ['sync', 'kill', 'sound'],
  ['os', 'kill', 'sound'],
  ['os', 'power', 'sound'],
  ['sync', 'power', 'unreliable'],
  ['sync', 'kill', 'unreliable'],
  ['os', 'kill', 'unreliable'],
] as const)(
  'with durability %s, the end being %s, on a disk that is %s',
  async (durability, end, disk) => {
    const lives = 12;
    for (let seed = 0; seed < lives; seed++) await live(seed, durability, end, disk);
  },
  60_000,
);
