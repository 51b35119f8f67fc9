/**
 * The options of server and client: MQTT.js's names as the stock transport takes them, and Petrel's own. Both become
 * the options of a service, once; the caller's object is only read.
 */
import type { MqttOptions } from '@nestjs/microservices';
import type { ClientOptions } from '@petrel/client';
import { UsageError } from '@petrel/protocol';
import {
  type ServiceSettings,
  type SubscribeOptions,
  serviceSettingNames,
  withReceiveMaximum,
} from '@petrel/service';
import { connectionFromMqttJs, mqttJsNames } from './mqtt-js-options.js';

/** What the stock transport calls `options`, with MQTT.js's names. */
export type StockMqttOptions = NonNullable<MqttOptions['options']>;

/** The options that only NestJS has. */
export interface NestSettings {
  /** Writes outgoing packets instead of Petrel: `{ pattern, data, id? }` of a client, `{ response, err, … }` of a server. */
  readonly serializer?: StockMqttOptions['serializer'];
  /** Reads incoming packets instead of Petrel, from the parsed JSON or the text. */
  readonly deserializer?: StockMqttOptions['deserializer'];
  /** Subscription options of all handlers, short as in MQTT.js or long. Default `{ qos: 1 }`. */
  readonly subscribeOptions?: StockSubscribeOptions & SubscribeOptions;
  /** User Properties of every message that the client sends. */
  readonly userProperties?: Readonly<Record<string, string | string[]>>;
  /** Attempts to connect before `listen()` fails; -1 = keep trying. Of servers, and of the first connection only. Default -1. */
  readonly maxConnectionAttempts?: number;
  /** A connection of its own. Default false: a server and the clients of this process that have the same options share one. */
  readonly ownConnection?: boolean;
}

/** The short names of MQTT.js for subscription options. */
export interface StockSubscribeOptions {
  readonly qos?: 0 | 1 | 2;
  /** No Local. */
  readonly nl?: boolean;
  /** Retain As Published. */
  readonly rap?: boolean;
  /** Retain Handling, 0–2. */
  readonly rh?: number;
}

type StockConnection = Omit<StockMqttOptions, keyof NestSettings | keyof ClientOptions>;
type Connection = Omit<ClientOptions, keyof StockMqttOptions | 'initialConnectAttempts'>;
type Shared = {
  readonly [Name in keyof ClientOptions & keyof StockMqttOptions]?:
    | ClientOptions[Name]
    | StockMqttOptions[Name];
};

/** Options of `MqttServer` and `MqttClient`; see docs/guides/nestjs.md for the table. */
export type PetrelMqttOptions = StockConnection & Connection & Shared & NestSettings & ServiceSettings;

/** Options taken apart by who reads them. */
export interface ResolvedOptions {
  readonly connection: ClientOptions;
  readonly service: ServiceSettings;
  readonly nest: NestSettings;
}

const defaultUrl = 'mqtt://localhost:1883';
/** The names of NestJS's own options. */
export const nestNames = [
  'serializer',
  'deserializer',
  'subscribeOptions',
  'userProperties',
  'maxConnectionAttempts',
  'ownConnection',
] as const satisfies (keyof NestSettings)[];
/** Takes the options apart; throws UsageError for an option that cannot be honoured. Unknown names are refused by the client. */
export function resolveOptions(options: PetrelMqttOptions = {}): ResolvedOptions {
  if (typeof options !== 'object' || options === null) {
    throw new UsageError(`options must be an object, got ${String(options)}`);
  }
  const given: Record<string, unknown> = { ...options };
  const nest = take(given, nestNames) as NestSettings;
  const service = take(given, serviceSettingNames) as ServiceSettings;
  assertNestSettings(nest);
  const mqttJs = take(given, mqttJsNames);
  if (given.url === undefined && given.urls === undefined && given.stream === undefined)
    given.url = defaultUrl;
  const { clock } = service;
  const stated = {
    ...given,
    ...connectionFromMqttJs(mqttJs, given),
    ...(clock && { clock }),
  } as ClientOptions;
  const connection = withReceiveMaximum(stated, service);
  const keepSubscriptions = service.keepSubscriptions ?? connection.cleanStart === false;
  return Object.freeze({
    connection: Object.freeze(connection),
    // A client among stock peers must be understood by them; who knows better says so.
    service: Object.freeze({
      envelope: 'auto' as const,
      ...service,
      keepSubscriptions,
    }),
    nest: Object.freeze(nest),
  });
}

/** Subscription options by their long names. */
export function toSubscribeOptions(options: StockSubscribeOptions & SubscribeOptions = {}): SubscribeOptions {
  const { qos, nl, rap, rh } = options;
  const { noLocal = nl, retainAsPublished = rap, retainHandling = rh } = options;
  if (qos !== undefined && ![0, 1, 2].includes(qos)) {
    throw new UsageError(`option "qos" must be 0, 1 or 2, got ${JSON.stringify(qos)}`);
  }
  if (retainHandling !== undefined && ![0, 1, 2].includes(retainHandling)) {
    throw new UsageError(
      `option "retainHandling" (rh) must be 0, 1 or 2, got ${JSON.stringify(retainHandling)}`,
    );
  }
  return {
    ...(qos === undefined ? {} : { qos }),
    ...(noLocal === undefined ? {} : { noLocal }),
    ...(retainAsPublished === undefined ? {} : { retainAsPublished }),
    ...(retainHandling === undefined ? {} : { retainHandling: retainHandling as 0 | 1 | 2 }),
  };
}

function assertNestSettings(settings: NestSettings): void {
  const { maxConnectionAttempts: attempts, subscribeOptions, ownConnection = false } = settings;
  if (attempts !== undefined && attempts !== -1 && !(Number.isInteger(attempts) && attempts >= 1)) {
    throw new UsageError(
      `option "maxConnectionAttempts" must be -1 or an integer from 1, got ${String(attempts)}`,
    );
  }
  if (typeof ownConnection !== 'boolean') {
    throw new UsageError(`option "ownConnection" must be a boolean, got ${JSON.stringify(ownConnection)}`);
  }
  toSubscribeOptions(subscribeOptions);
}

/** Moves the named fields out of `from`; absent ones stay absent, so that their defaults count. */
function take(from: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  const taken: Record<string, unknown> = {};
  for (const name of names) {
    if (from[name] !== undefined) taken[name] = from[name];
    delete from[name];
  }
  return taken;
}
