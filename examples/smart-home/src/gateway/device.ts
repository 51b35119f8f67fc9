/**
 * One MQTT device of the house: measures, keeps what it measures until the service confirms it, and sends it over a link that
 * may be cut. The receipts decide what it forgets; MQTT's session and QoS 1 make that it seldom has to send twice.
 *
 * With a store it may be killed, too: a reading belongs to the store before take() settles, and the next process sends it.
 */
import { type Client, createClient, type SessionStore } from '@petrel/client';
import type { DeviceCounts, DeviceStatus, NumberedReading, Reading, Receipt } from '../house/messages.js';
import { deviceStatusTopic, receiptTopic, sensorTopic } from '../house/topics.js';
import type { Link } from './link.js';
import { Outbox } from './outbox.js';

export interface DeviceOptions {
  room: string;
  link: Link;
  /** The service's last word on this device's streams, from before this process began. */
  receivedUpTo: Receipt['receivedUpTo'];
  /** Keeps what this process cannot send any more, if it is killed; without one, readings live in memory. */
  store?: SessionStore;
}

const sessionExpiryInterval = 3_600;
/** A device behind a cut link cannot say goodbye. */
const closeGraceMs = 1_000;
/** What one stream of a device with a store may have on its way: all that it keeps. */
const capacity = 20_000;
const status = (state: DeviceStatus['state']) => JSON.stringify({ state } satisfies DeviceStatus);

export class Device {
  readonly room: string;
  readonly link: Link;
  readonly #client: Client;
  readonly #outboxes = new Map<string, Outbox>();
  #receivedUpTo: Receipt['receivedUpTo'];
  readonly #hasStore: boolean;

  constructor({ room, link, receivedUpTo, store }: DeviceOptions) {
    this.room = room;
    this.link = link;
    this.#receivedUpTo = receivedUpTo;
    this.#hasStore = store !== undefined;
    const statusTopic = deviceStatusTopic(room);
    this.#client = createClient({
      stream: () => link.open(),
      clientIdentifier: clientIdentifierOf(room),
      protocolVersion: 5,
      keepAlive: 15,
      sessionExpiryInterval,
      reconnect: { minDelayMs: 200, maxDelayMs: 1_500 },
      // The outbox keeps everything, so the client need not, unless it has a store that outlives the outbox.
      ...(store === undefined
        ? { offlineQueue: { maximumMessages: 1_000 }, onSessionLost: 'reject' }
        : { offlineQueue: { maximumMessages: 10 * capacity }, onSessionLost: 'resend', sessionStore: store }),
      will: { topicName: statusTopic, payload: status('offline'), qos: 1, retain: true },
    });
    this.#client.on('connect', ({ sessionPresent }) => {
      // A broker that has forgotten this device has forgotten what it sent, too.
      if (!sessionPresent) for (const outbox of this.#outboxes.values()) outbox.rewind();
      this.#publish(statusTopic, status('online'), true);
      this.#sendAll();
    });
    this.#client
      .subscribe(receiptTopic(room), { qos: 1 }, (message) => this.#acceptReceipt(message.json() as Receipt))
      .catch((error: unknown) => console.error(`${room}: no receipts:`, error));
  }

  get counts(): DeviceCounts {
    const counts: DeviceCounts = { link: this.link.state, taken: 0, waiting: 0, dropped: 0 };
    for (const outbox of this.#outboxes.values()) {
      counts.taken += outbox.taken;
      counts.waiting += outbox.waiting;
      counts.dropped += outbox.dropped;
    }
    return counts;
  }

  /** Measures: the reading is kept, and sent when the link is there. With a store it settles when the reading is in it. */
  async take(stream: string, reading: Reading): Promise<void> {
    this.#outbox(stream).take(reading);
    await this.#sendDue();
  }

  /** The first readings are numbered behind these. */
  continueBehind(numbers: Receipt['receivedUpTo']): void {
    this.#receivedUpTo = numbers;
  }

  /** Settles when the broker has everything that an earlier process left in the store. */
  async sendLeft(): Promise<void> {
    // It goes behind everything that waits.
    await this.#client.publish(deviceStatusTopic(this.room), status('online'), { qos: 1, retain: true });
  }

  /** Looks at the clock; call it a few times a second. */
  tick(now: number): void {
    // What is in the store is sent when the link is back, and need not go into it again.
    if (this.#client.status === 'connected') for (const outbox of this.#outboxes.values()) outbox.tick(now);
    this.#sendAll();
  }

  async close(): Promise<void> {
    this.#publish(deviceStatusTopic(this.room), status('offline'), true);
    await this.#client.close({ graceMs: closeGraceMs });
    this.link.close();
  }

  #outbox(stream: string): Outbox {
    let outbox = this.#outboxes.get(stream);
    if (outbox === undefined) {
      const firstSequence = (this.#receivedUpTo[stream] ?? 0) + 1;
      outbox = new Outbox(this.#hasStore ? { firstSequence, capacity, window: capacity } : { firstSequence });
      this.#outboxes.set(stream, outbox);
    }
    return outbox;
  }

  #acceptReceipt({ receivedUpTo }: Receipt): void {
    const now = Date.now();
    for (const [stream, sequence] of Object.entries(receivedUpTo)) {
      this.#outboxes.get(stream)?.confirm(sequence, now);
    }
    this.#sendAll();
  }

  #sendAll(): void {
    this.#sendDue().catch((error: unknown) => console.error(`${this.room}: the store fails:`, error));
  }

  /** A store takes readings at any time, a link only while it is there. */
  async #sendDue(): Promise<void> {
    if (!this.#hasStore && this.#client.status !== 'connected') return;
    const now = Date.now();
    const stored: Promise<unknown>[] = [];
    for (const [stream, outbox] of this.#outboxes) {
      const topicName = sensorTopic(this.room, stream);
      for (let reading = outbox.next(now); reading !== undefined; reading = outbox.next(now)) {
        const payload = JSON.stringify(reading satisfies NumberedReading);
        if (this.#hasStore)
          stored.push(this.#client.publish(topicName, payload, { qos: 1, until: 'stored' }));
        else this.#publish(topicName, payload);
      }
    }
    await Promise.all(stored);
  }

  #publish(topicName: string, payload: string, retain = false): void {
    // Whether it arrived is for the receipt to say: a publish that fails has left the reading where it was, in the outbox.
    this.#client.publish(topicName, payload, { qos: 1, retain }).catch(() => {});
  }
}

/** By which a store finds what an earlier process of this device left. */
export function clientIdentifierOf(room: string): string {
  return `device-${room}`;
}
