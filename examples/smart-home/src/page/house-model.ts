/** What the page knows of the house: made from messages, read by the views. Knows neither MQTT nor the document. */
import type {
  CheckerStatus,
  DeviceStatus,
  GatewayStatus,
  HistoryAnswer,
  HouseLedger,
  HouseSettings,
  Notification,
  RoomClimate,
} from '../house/messages.js';
import { parseReading } from '../house/parse-reading.js';
import { checkers, checkerTopic, parseSensorTopic, type Quantity, topics } from '../house/topics.js';
import { RoomModel } from './room-model.js';

const notificationLimit = 30;
const roomLimit = 60;

/** Parts of the page that a change can concern. */
export type Part = 'rooms' | 'journey' | 'notifications' | 'settings' | 'checkers';

export class HouseModel {
  readonly rooms = new Map<string, RoomModel>();
  /** Newest first. */
  notifications: Notification[] = [];
  gateway: GatewayStatus | undefined;
  ledger: HouseLedger | undefined;
  settings: HouseSettings | undefined;
  serviceOnline = false;
  /** The replicas of the checker, by name. */
  readonly checkers = new Map<string, CheckerStatus>();
  /** Messages that came to no good, since this page came. */
  deadLetters = 0;
  /** Messages on sensor topics that came to this page. */
  arrived = 0;

  /** Takes one message; says which part of the page it changes. A message that nobody understands changes nothing. */
  accept(topicName: string, payload: unknown, arrivedAt: number): Part | undefined {
    const address = parseSensorTopic(topicName);
    if (address !== undefined) return this.#acceptReading(address, payload, arrivedAt);
    switch (topicName) {
      case topics.gatewayStatus:
        this.gateway = payload as GatewayStatus;
        for (const [room, counts] of Object.entries(this.gateway.devices)) {
          const model = this.#room(room);
          if (model !== undefined) model.counts = counts;
        }
        return 'journey';
      case topics.ledger:
        this.ledger = payload as HouseLedger;
        return 'journey';
      case topics.serviceStatus:
        this.serviceOnline = (payload as DeviceStatus).state === 'online';
        return 'journey';
      case topics.settings:
        this.settings = payload as HouseSettings;
        return 'settings';
      case topics.notifications:
        this.notifications = [payload as Notification, ...this.notifications].slice(0, notificationLimit);
        return 'notifications';
      case topics.deadReadings:
        this.deadLetters++;
        return 'checkers';
      default:
        return this.#acceptOfChecker(topicName, payload) ?? this.#acceptOfRoom(topicName, payload);
    }
  }

  /** Takes the service's memory: it fills the charts, and the holes that an absence has left in them. */
  acceptHistory({ series, notifications }: HistoryAnswer): void {
    for (const { room, stream, sequence, points } of series) {
      const address = parseSensorTopic(`sensors/${room}/${stream}`);
      if (address !== undefined) this.#room(room)?.series(address).acceptHistory(points, sequence);
    }
    this.notifications = notifications.slice(0, notificationLimit);
  }

  #acceptReading(
    address: { room: string; quantity: Quantity; stream: string },
    payload: unknown,
    arrivedAt: number,
  ): Part | undefined {
    const parsed = parseReading(payload, arrivedAt);
    if (parsed.kind === 'unreadable') return undefined;
    this.arrived++;
    const sequence = parsed.kind === 'numbered' ? parsed.reading.sequence : 0;
    const room = this.#room(address.room);
    if (room === undefined) return undefined;
    room.series(address).add(parsed.reading.time, parsed.reading.value, sequence);
    return 'rooms';
  }

  #acceptOfChecker(topicName: string, payload: unknown): Part | undefined {
    const name = checkers.find((candidate) => checkerTopic(candidate) === topicName);
    if (name === undefined) return undefined;
    this.checkers.set(name, payload as CheckerStatus);
    return 'checkers';
  }

  #acceptOfRoom(topicName: string, payload: unknown): Part | undefined {
    const [root, name = '', leaf] = topicName.split('/');
    const room = this.#room(name);
    if (room === undefined) return undefined;
    if (root === 'rooms' && leaf === 'climate') room.climate = payload as RoomClimate;
    else if (root === 'devices' && leaf === 'status')
      room.online = (payload as DeviceStatus).state === 'online';
    else return undefined;
    return 'rooms';
  }

  /** Guests name rooms as they like, but not without end. */
  #room(name: string): RoomModel | undefined {
    let room = this.rooms.get(name);
    if (room === undefined && this.rooms.size < roomLimit) {
      this.rooms.set(name, (room = new RoomModel(name)));
    }
    return room;
  }
}
