/** All that the service knows: rooms, ledgers and alerts. Takes readings, says what is to be announced. No Nest, no MQTT. */
import type {
  AverageAnswer,
  HistoryAnswer,
  HouseLedger,
  HouseSettings,
  Notification,
  NumberedReading,
  Receipt,
  Receipts,
} from '../house/messages.js';
import { parseReading } from '../house/parse-reading.js';
import { outside, parseSensorTopic, quantities, type SensorAddress, thisComputer } from '../house/topics.js';
import { AlertRules } from './alerts.js';
import { mean, Room, round } from './climate.js';
import { StreamLedger } from './stream-ledger.js';

const roomLimit = 60;
/** Neither is a room that people live in: the average of the house leaves them out. */
const isInside = (room: string) => room !== outside && room !== thisComputer;
const streamLimit = 8;
const notificationLimit = 30;

/** What became of a message on a sensor topic. */
export interface Taken {
  room: string;
  /** Newly raised or cleared alerts. */
  notifications: Notification[];
}

export class House {
  readonly #rooms = new Map<string, Room>();
  readonly #ledgers = new Map<string, Map<string, StreamLedger>>();
  readonly #rules = new AlertRules(65);
  readonly #notifications: Notification[] = [];
  #unnumbered = 0;
  #unreadable = 0;

  get settings(): HouseSettings {
    return { humidityLimit: this.#rules.humidityLimit };
  }

  set humidityLimit(percent: number) {
    this.#rules.humidityLimit = percent;
  }

  /** Takes one message of a sensor topic; a string says why it is none that counts. */
  take(topicName: string, payload: unknown, arrivedAt: number): Taken | string {
    const address = parseSensorTopic(topicName);
    if (address === undefined) return this.#refuse('the topic is not sensors/<room>/<quantity>/<probe>');
    const parsed = parseReading(payload, arrivedAt);
    if (parsed.kind === 'unreadable') return this.#refuse(parsed.why);
    const room = this.#room(address.room);
    const series = room?.series(address.stream, address.quantity, streamLimit);
    if (series === undefined)
      return this.#refuse(`the house takes ${roomLimit} rooms with ${streamLimit} streams each`);

    const { value, time } = parsed.reading;
    let sequence = 0;
    if (parsed.kind === 'unnumbered') this.#unnumbered++;
    else {
      if (!this.#ledger(address, parsed.reading).accept(parsed.reading))
        return { room: address.room, notifications: [] };
      sequence = parsed.reading.sequence;
    }
    series.add(time, value, sequence);
    const notifications = this.#rules.judge(address.room, address.quantity, value, time);
    this.#notifications.unshift(...notifications.toReversed());
    this.#notifications.length = Math.min(this.#notifications.length, notificationLimit);
    return { room: address.room, notifications };
  }

  climate(room: string) {
    return this.#rooms.get(room)?.climate();
  }

  /** Of the rooms named, or of all inside; throws on a room nobody has heard of. */
  average(names: readonly string[]): AverageAnswer {
    const unknown = names.find((name) => !this.#rooms.has(name));
    if (unknown !== undefined) throw new Error(`there is no room "${unknown}"`);
    const rooms = (names.length === 0 ? this.roomNames.filter(isInside) : names).map((name) =>
      this.#rooms.get(name)!.climate(),
    );
    const average: AverageAnswer['average'] = {};
    for (const quantity of quantities) {
      const values = rooms.flatMap(({ climate }) => climate[quantity]?.average ?? []);
      if (values.length > 0) average[quantity] = round(mean(values));
    }
    return { rooms, average };
  }

  history(): HistoryAnswer {
    return {
      series: [...this.#rooms.values()].flatMap((room) => room.history()),
      notifications: this.#notifications,
    };
  }

  get roomNames(): string[] {
    return [...this.#rooms.keys()];
  }

  receipt(room: string): Receipt | undefined {
    const ledgers = this.#ledgers.get(room);
    if (ledgers === undefined) return undefined;
    return {
      receivedUpTo: Object.fromEntries([...ledgers].map(([stream, ledger]) => [stream, ledger.receivedUpTo])),
    };
  }

  receipts(): Receipts {
    return Object.fromEntries(
      [...this.#ledgers.keys()].map((room) => [room, this.receipt(room)!.receivedUpTo]),
    );
  }

  ledger(): HouseLedger {
    const total: HouseLedger = {
      received: 0,
      duplicates: 0,
      missing: 0,
      lost: 0,
      unnumbered: this.#unnumbered,
      unreadable: this.#unreadable,
    };
    for (const ledgers of this.#ledgers.values()) {
      for (const { received, duplicates, missing, lost } of ledgers.values()) {
        total.received += received;
        total.duplicates += duplicates;
        total.missing += missing;
        total.lost += lost;
      }
    }
    return total;
  }

  #refuse(why: string): string {
    this.#unreadable++;
    return why;
  }

  /** Strangers name rooms as they like, so there is a bound. */
  #room(name: string): Room | undefined {
    let room = this.#rooms.get(name);
    if (room === undefined && this.#rooms.size < roomLimit) this.#rooms.set(name, (room = new Room(name)));
    return room;
  }

  #ledger({ room, stream }: SensorAddress, { keepsFrom }: NumberedReading): StreamLedger {
    let ledgers = this.#ledgers.get(room);
    if (ledgers === undefined) this.#ledgers.set(room, (ledgers = new Map()));
    let ledger = ledgers.get(stream);
    if (ledger === undefined) ledgers.set(stream, (ledger = new StreamLedger(keepsFrom)));
    return ledger;
  }
}
