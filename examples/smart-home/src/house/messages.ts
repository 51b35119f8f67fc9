/** The payloads of the house, all JSON. Times are milliseconds since 1970 on the clock of whoever measured. */
import type { Quantity } from './topics.js';

/** One reading. A stranger's device may send the bare number instead. */
export interface Reading {
  /** °C, or %: relative humidity, of all cores, of memory. */
  value: number;
  /** When it was measured; the arrival decides where a device has no clock. */
  time: number;
}

/** A reading of a device that keeps its readings until the service has them. */
export interface NumberedReading extends Reading {
  /** 1, 2, 3 … within one stream of one device. */
  sequence: number;
  /** The oldest sequence number this device still keeps; what lies below was received or is gone for ever. */
  keepsFrom: number;
}

export interface DeviceStatus {
  state: 'online' | 'offline';
}

/** For each stream of a room: every sequence number up to and including this one has been received. */
export interface Receipt {
  receivedUpTo: Record<string, number>;
}

/** The receipts of all rooms. */
export type Receipts = Record<string, Receipt['receivedUpTo']>;

/** What one replica of the checker has done since it started. */
export interface CheckerStatus {
  state: 'online' | 'offline';
  /** Readings that it found in order. */
  checked: number;
  /** Calls that failed; a message that is no reading fails several times before it becomes a dead letter. */
  failedCalls: number;
}

export interface GatewayStatus {
  /** Time in the recording, ms. */
  houseTime: number;
  /** Minutes of the house in one second. */
  speed: number;
  devices: Record<string, DeviceCounts>;
}

export interface DeviceCounts {
  link: 'up' | 'cut';
  /** Readings measured so far. */
  taken: number;
  /** Readings kept, because no receipt names them yet. */
  waiting: number;
  /** Readings thrown away because the device's memory was full. */
  dropped: number;
}

export interface HouseLedger {
  /** Different readings received. */
  received: number;
  /** Readings that arrived once more. */
  duplicates: number;
  /** Sequence numbers that are overdue: a later one is here, and the device still keeps them. */
  missing: number;
  /** Sequence numbers that never arrived and that no device keeps any more. */
  lost: number;
  /** Readings of guests: devices that do not number theirs. */
  unnumbered: number;
  /** Messages on a sensor topic that were not a reading. */
  unreadable: number;
}

export interface Spread {
  now: number;
  /** Over the last 24 hours of the room's clock. */
  average: number;
  minimum: number;
  maximum: number;
}

/** What the service knows about one room: one {@link Spread} for each quantity, over all its probes. */
export interface RoomClimate {
  room: string;
  time: number;
  climate: Partial<Record<Quantity, Spread>>;
}

export type NotificationKind = 'humid' | 'window' | 'frost' | 'hot';

export interface Notification {
  id: string;
  kind: NotificationKind;
  state: 'raised' | 'cleared';
  room: string;
  value: number;
  time: number;
  text: string;
}

export interface HouseSettings {
  /** % relative humidity above which a room counts as too humid. */
  humidityLimit: number;
}

export interface HumidityLimit {
  percent: number;
}

export interface CutLink {
  room: string;
  seconds: number;
}

export interface AverageRequest {
  /** Names of rooms; empty = all but outside and the computer. */
  rooms: string[];
}

export interface AverageAnswer {
  rooms: RoomClimate[];
  /** Mean of the rooms' 24-hour averages, for each quantity that one of them measures. */
  average: Partial<Record<Quantity, number>>;
}

export interface SeriesHistory {
  room: string;
  stream: string;
  /** Sequence number of the last point; 0 where the device does not number. */
  sequence: number;
  points: [time: number, value: number][];
}

export interface HistoryAnswer {
  series: SeriesHistory[];
  /** Newest first. */
  notifications: Notification[];
}
