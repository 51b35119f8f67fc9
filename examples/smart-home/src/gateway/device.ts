/**
 * One MQTT device of the house: measures, keeps what it measures until the service confirms it, and sends it over a link that
 * may be cut. The receipts decide what it forgets; MQTT's session and QoS 1 make that it seldom has to send twice.
 */
import { type Client, createClient } from '@petrel/client';
import type { DeviceCounts, DeviceStatus, NumberedReading, Reading, Receipt } from '../house/messages.js';
import { deviceStatusTopic, receiptTopic, sensorTopic } from '../house/topics.js';
import type { Link } from './link.js';
import { Outbox } from './outbox.js';

export interface DeviceOptions {
  room: string;
  link: Link;
  /** The service's last word on this device's streams, from before this process began. */
  receivedUpTo: Receipt['receivedUpTo'];
}

const sessionExpiryInterval = 3_600;
/** A device behind a cut link cannot say goodbye. */
const closeGraceMs = 1_000;
const status = (state: DeviceStatus['state']) => JSON.stringify({ state } satisfies DeviceStatus);

export class Device {
  readonly room: string;
  readonly link: Link;
  readonly #client: Client;
  readonly #outboxes = new Map<string, Outbox>();
  readonly #receivedUpTo: Receipt['receivedUpTo'];

  constructor({ room, link, receivedUpTo }: DeviceOptions) {
    this.room = room;
    this.link = link;
    this.#receivedUpTo = receivedUpTo;
    const statusTopic = deviceStatusTopic(room);
    this.#client = createClient({
      stream: () => link.open(),
      clientIdentifier: `device-${room}`,
      protocolVersion: 5,
      keepAlive: 15,
      sessionExpiryInterval,
      reconnect: { minDelayMs: 200, maxDelayMs: 1_500 },
      // The outbox keeps everything, so the client need not.
      offlineQueue: { maximumMessages: 1_000 },
      onSessionLost: 'reject',
      will: { topicName: statusTopic, payload: status('offline'), qos: 1, retain: true },
    });
    this.#client.on('connect', ({ sessionPresent }) => {
      // A broker that has forgotten this device has forgotten what it sent, too.
      if (!sessionPresent) for (const outbox of this.#outboxes.values()) outbox.rewind();
      this.#publish(statusTopic, status('online'), true);
      this.#sendDue();
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

  /** Measures: the reading is kept, and sent when the link is there. */
  take(stream: string, reading: Reading): void {
    this.#outbox(stream).take(reading);
    this.#sendDue();
  }

  /** Looks at the clock; call it a few times a second. */
  tick(now: number): void {
    for (const outbox of this.#outboxes.values()) outbox.tick(now);
    this.#sendDue();
  }

  async close(): Promise<void> {
    this.#publish(deviceStatusTopic(this.room), status('offline'), true);
    await this.#client.close({ graceMs: closeGraceMs });
    this.link.close();
  }

  #outbox(stream: string): Outbox {
    let outbox = this.#outboxes.get(stream);
    if (outbox === undefined) {
      outbox = new Outbox({ firstSequence: (this.#receivedUpTo[stream] ?? 0) + 1 });
      this.#outboxes.set(stream, outbox);
    }
    return outbox;
  }

  #acceptReceipt({ receivedUpTo }: Receipt): void {
    const now = Date.now();
    for (const [stream, sequence] of Object.entries(receivedUpTo)) {
      this.#outboxes.get(stream)?.confirm(sequence, now);
    }
    this.#sendDue();
  }

  #sendDue(): void {
    if (this.#client.status !== 'connected') return;
    const now = Date.now();
    for (const [stream, outbox] of this.#outboxes) {
      const topicName = sensorTopic(this.room, stream);
      for (let reading = outbox.next(now); reading !== undefined; reading = outbox.next(now)) {
        this.#publish(topicName, JSON.stringify(reading satisfies NumberedReading));
      }
    }
  }

  #publish(topicName: string, payload: string, retain = false): void {
    // Whether it arrived is for the receipt to say: a publish that fails has left the reading where it was, in the outbox.
    this.#client.publish(topicName, payload, { qos: 1, retain }).catch(() => {});
  }
}
