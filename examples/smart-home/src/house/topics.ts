/**
 * The topics of the house, and nothing else: who publishes each, and whether the broker retains it.
 * Every process and the page build and read topics here, so a topic is spelled once.
 */

/** Quantities that devices of this house measure; the third level of `sensors/<room>/<quantity>/<probe>`. */
export const quantities = ['temperature', 'humidity', 'load', 'memory'] as const;
export type Quantity = (typeof quantities)[number];

/** Room name of the computer that runs the example. */
export const thisComputer = 'this-computer';

/** Where the recording measures the weather. */
export const outside = 'outside';

/** Device → everybody: one reading, QoS 1. */
export const sensorTopic = (room: string, stream: string) => `sensors/${room}/${stream}`;
/** Device → everybody, retained, and its will: {@link DeviceStatus}. */
export const deviceStatusTopic = (room: string) => `devices/${room}/status`;
/** Service → device: {@link Receipt}. */
export const receiptTopic = (room: string) => `receipts/${room}`;
/** Service → everybody, retained: {@link RoomClimate}. */
export const climateTopic = (room: string) => `rooms/${room}/climate`;

/** Checker → everybody, retained, and its will: {@link CheckerStatus}. */
export const checkerTopic = (name: string) => `checkers/${name}`;
/** The replicas of the checker. */
export const checkers = ['checker-1', 'checker-2'] as const;

export const topics = {
  /** Gateway → everybody, retained: `GatewayStatus`. */
  gatewayStatus: 'gateway/status',
  /** Service → gateway: `CutLink`. */
  gatewayCutLink: 'gateway/cut-link',
  /** Service → everybody, retained: `HouseLedger`. */
  ledger: 'house/ledger',
  /** Service → everybody, retained, and its will: `DeviceStatus`. */
  serviceStatus: 'house/service-status',
  /** Service → everybody, retained: `HouseSettings`. */
  settings: 'house/settings',
  /** Service → everybody: `Notification`. */
  notifications: 'notifications',
  /** Request: `AverageRequest` → `AverageAnswer`. */
  average: 'climate/average',
  /** Request: nothing → `HistoryAnswer`. */
  history: 'climate/history',
  /** Request: nothing → `Receipts`. */
  receipts: 'ledger/receipts',
  /** Request: `HumidityLimit` → `HouseSettings`. */
  humidityLimit: 'commands/humidity-limit',
  /** Request: `CutLink` → `CutLink`. */
  cutLink: 'commands/cut-link',
  /** Checker → everybody: a message on a sensor topic that is no reading, as it came, with the reason in its User Properties. */
  deadReadings: 'dead-letters/sensors',
  /** Event: the broker's process kills itself, as a crash or `kill -9` would. */
  killBroker: 'commands/kill-broker',
} as const;

/** Where a reading comes from. */
export interface SensorAddress {
  room: string;
  quantity: Quantity;
  /** `<quantity>/<probe>`: the device's name of this series of readings. */
  stream: string;
}

const name = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,39}$/u;

/**
 * Reads `sensors/<room>/<quantity>/<probe>`.
 *
 * `undefined` for any other topic, an unknown quantity, or a name that is not 1–40 letters, digits, spaces, `.`, `_` or `-`.
 */
export function parseSensorTopic(topicName: string): SensorAddress | undefined {
  const [root, room, quantity, probe, ...rest] = topicName.split('/');
  if (root !== 'sensors' || room === undefined || probe === undefined || rest.length > 0) return undefined;
  const known = quantities.find((candidate) => candidate === quantity);
  if (known === undefined || !name.test(room) || !name.test(probe)) return undefined;
  return { room, quantity: known, stream: `${known}/${probe}` };
}
