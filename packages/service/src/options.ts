/** What a service can be told, each option with its unit and its default; checked and completed once. */
import { type ClientOptions, type Clock, systemClock } from '@petrel/client';
import { type QoS, UsageError } from '@petrel/protocol';
import { assertCount, assertMilliseconds, assertOneOf } from './assert-option.js';
import type { OnConnectionLost } from './call.js';
import { assertCodecs, type PayloadCodec, withCodecs } from './content-types.js';
import {
  type DeliveryPolicy,
  defaultDeliveryPolicy,
  deliveryPolicyNames,
  type ResolvedDeliveryPolicy,
  resolveDeliveryPolicy,
} from './delivery-policy.js';
import type { Report } from './delivery-runner.js';
import { type Dialect, petrelDialect } from './dialect.js';
import { assertGroup } from './endpoint.js';
import type { Envelope } from './exchange.js';
import type { Observer } from './observer.js';

/** The options of the service itself, beside those of its connection. */
export interface ServiceSettings extends DeliveryPolicy {
  /** What the service is called, for those who look for it: letters, digits, `-` and `_`. Default: it has no name. */
  readonly name?: string | undefined;
  /** Version of the service, for those who look for it. Default `0.0.0`. */
  readonly version?: string | undefined;
  /** One sentence about the service, for those who look for it. Default empty. */
  readonly description?: string | undefined;
  /**
   * What goes out for peers that have not been met: `native`: MQTT 5 properties and the plain data. `nest`: the envelope
   * of stock NestJS. `auto`: what both understand, until an answer tells which the peer is. Understood are always all.
   * Default `native`.
   */
  readonly envelope?: Envelope | undefined;
  /** Answers those who look for services. Default: where it has a `name`. */
  readonly discovery?: boolean | undefined;
  /** First levels of the topics of discovery. Default `petrel/services`. */
  readonly discoveryPrefix?: string | undefined;
  /** Milliseconds that a request waits for its first answer; 0 = for ever. Default 30,000. */
  readonly requestTimeoutMs?: number | undefined;
  /**
   * QoS of requests, 0–2, and with it of their answers. From 1 on, a request outlives a lost connection and a killed replica, and the
   * server tells at once when nobody serves its topic; 0 is faster and has neither. Default 1.
   */
  readonly requestQos?: QoS | undefined;
  /**
   * What becomes of requests whose connection is lost before an answer came. `fail`: they fail at once, RequestLostError. `resend`: they
   * are sent again on the next connection, so that a handler may run twice. A stream that has begun always fails. Default `fail`.
   */
  readonly onConnectionLost?: OnConnectionLost | undefined;
  /** First levels of the topic of the private inbox. Default `petrel/inbox`. */
  readonly inboxPrefix?: string | undefined;
  /**
   * First levels of the topics by which requests are cancelled and streams slowed down; `false`: neither is done, nor listened to.
   * Default `petrel/control`.
   */
  readonly controlPrefix?: string | false | undefined;
  /** Answers of `requestStream` that may be on their way or wait to be read, from 1. Default 256. */
  readonly streamWindow?: number | undefined;
  /** Milliseconds that `close()` gives to handlers in work. Default 10,000. */
  readonly drainTimeoutMs?: number | undefined;
  /** Subscriptions stay at the server on `close()`, for the next process that continues the session. Default: `!cleanStart`. */
  readonly keepSubscriptions?: boolean | undefined;
  /** ShareName of all handlers: the replicas of a service that share it get each message once. Default none. */
  readonly group?: string | undefined;
  /** What a refused subscription does: `fail` rejects `on` and `respond`; `warn` tells `onWarning` and goes on. Default `fail`. */
  readonly onRefusedSubscription?: 'fail' | 'warn' | undefined;
  /** Hears what the service can go on without, such as a refused subscription where that is to be a warning. Default: `console.warn`. */
  readonly onWarning?: ((warning: Error) => void) | undefined;
  /** Sends the stack of a handler's error to its caller, as `details.stack`; it shows how a program is made. Default false. */
  readonly errorStacks?: boolean | undefined;
  /** Hears what no caller can be told, such as a failed event handler. Default: `console.error`. */
  readonly onError?: Report | undefined;
  /** Whoever watches messages, such as metrics and traces. Default none. */
  readonly observers?: readonly Observer[] | undefined;
  /** Payloads beyond JSON, text and bytes, by Content Type, such as `messagePack` and `cbor`. Needs MQTT 5. Default none. */
  readonly codecs?: readonly PayloadCodec[] | undefined;
  /** Content Type of one of the codecs: what events, requests and answers are written as that name none themselves. Default: JSON, text or bytes. */
  readonly contentType?: string | undefined;
  /** Another way to write and read messages than Petrel's. */
  readonly dialect?: Dialect | undefined;
  /** The source of time, of the connection too; for tests. */
  readonly clock?: Clock | undefined;
}

/** Options of `createService`: those of the connection (see `@petrel/client`) and those of the service. */
export type ServiceOptions = ClientOptions & ServiceSettings;

/** Checked settings without gaps. */
export interface ResolvedServiceSettings {
  readonly name: string | undefined;
  readonly version: string;
  readonly description: string;
  /** First levels of the topics of discovery; undefined where there is none. */
  readonly discoveryPrefix: string | undefined;
  readonly envelope: Envelope;
  readonly requestTimeoutMs: number;
  readonly requestQos: QoS;
  readonly onConnectionLost: OnConnectionLost;
  readonly inboxPrefix: string;
  readonly controlPrefix: string | undefined;
  readonly streamWindow: number;
  readonly errorStacks: boolean;
  readonly drainTimeoutMs: number;
  readonly keepSubscriptions: boolean;
  readonly group: string | undefined;
  readonly onRefusedSubscription: 'fail' | 'warn';
  readonly onWarning: (warning: Error) => void;
  readonly onError: Report;
  readonly observers: readonly Observer[];
  readonly dialect: Dialect;
  readonly clock: Clock;
  readonly policy: ResolvedDeliveryPolicy;
}

const largestReceiveMaximum = 65_535;
const envelopes: readonly unknown[] = ['auto', 'native', 'nest'];

/** Completes and checks settings; throws UsageError naming option, rule and value. Reads the object, never writes to it. */
export function resolveServiceSettings(settings: ServiceSettings): ResolvedServiceSettings {
  const { envelope = 'native', requestTimeoutMs = 30_000, inboxPrefix = 'petrel/inbox' } = settings;
  const { requestQos = 1, onConnectionLost = 'fail' } = settings;
  const { name, version = '0.0.0', description = '', observers = [], clock = systemClock } = settings;
  const { drainTimeoutMs = 10_000, onError = reportToConsole, dialect = petrelDialect } = settings;
  if (!envelopes.includes(envelope)) {
    throw new UsageError(
      `option "envelope" must be "auto", "native" or "nest", got ${JSON.stringify(envelope)}`,
    );
  }
  if (name !== undefined && !/^[A-Za-z0-9_-]+$/.test(name)) {
    throw new UsageError(
      `option "name" must consist of letters, digits, "-" and "_", got ${JSON.stringify(name)}`,
    );
  }
  const { group, onRefusedSubscription = 'fail', onWarning = console.warn } = settings;
  const { codecs = [], contentType } = settings;
  assertCodecs(codecs, contentType);
  assertGroup(group);
  assertOneOf('onRefusedSubscription', onRefusedSubscription, ['fail', 'warn']);
  assertMilliseconds('requestTimeoutMs', requestTimeoutMs);
  assertOneOf('requestQos', requestQos, [0, 1, 2]);
  assertOneOf('onConnectionLost', onConnectionLost, ['fail', 'resend']);
  assertMilliseconds('drainTimeoutMs', drainTimeoutMs);
  assertTopicPrefix('inboxPrefix', inboxPrefix);
  const { controlPrefix = 'petrel/control', streamWindow = 256 } = settings;
  if (controlPrefix !== false) assertTopicPrefix('controlPrefix', controlPrefix);
  assertCount('streamWindow', streamWindow, 1);
  const { errorStacks = false } = settings;
  assertOneOf('errorStacks', errorStacks, [true, false]);
  const { discovery = name !== undefined, discoveryPrefix = 'petrel/services' } = settings;
  assertTopicPrefix('discoveryPrefix', discoveryPrefix);
  if (discovery && name === undefined) {
    throw new UsageError('option "discovery" needs the option "name": it is what others find a service by');
  }
  return Object.freeze({
    name,
    version,
    description,
    discoveryPrefix: discovery ? discoveryPrefix : undefined,
    envelope,
    requestTimeoutMs,
    requestQos,
    onConnectionLost,
    inboxPrefix,
    controlPrefix: controlPrefix === false ? undefined : controlPrefix,
    streamWindow,
    errorStacks,
    drainTimeoutMs,
    keepSubscriptions: settings.keepSubscriptions ?? false,
    group,
    onRefusedSubscription,
    onWarning,
    onError,
    observers: Object.freeze([...observers]),
    dialect: codecs.length === 0 ? dialect : withCodecs(dialect, codecs, contentType),
    clock,
    policy: resolveDeliveryPolicy(settings, defaultDeliveryPolicy),
  });
}

/** The names of the options of a service, beside those of its connection. */
export const serviceSettingNames = [
  'name',
  'version',
  'description',
  'discovery',
  'discoveryPrefix',
  'envelope',
  'requestTimeoutMs',
  'requestQos',
  'onConnectionLost',
  'inboxPrefix',
  'controlPrefix',
  'streamWindow',
  'errorStacks',
  'drainTimeoutMs',
  'keepSubscriptions',
  'group',
  'onRefusedSubscription',
  'onWarning',
  'onError',
  'observers',
  'codecs',
  'contentType',
  'dialect',
  'clock',
  ...deliveryPolicyNames,
] as const satisfies readonly (keyof ServiceSettings)[];

/** Takes the options of the connection and of the service apart; neither object is the caller's. */
export function splitServiceOptions(options: ServiceOptions): {
  client: ClientOptions;
  settings: ServiceSettings;
} {
  const names: readonly string[] = serviceSettingNames;
  const given = Object.entries(options);
  // What was not given must be missing, not undefined, for its default to count.
  const own = given.filter(([name, value]) => names.includes(name) && value !== undefined);
  // The clock is that of both.
  const rest = given.filter(([name]) => !names.includes(name) || name === 'clock');
  const settings = Object.fromEntries(own) as ServiceSettings;
  const keepSubscriptions = settings.keepSubscriptions ?? options.cleanStart === false;
  return {
    client: withReceiveMaximum(Object.fromEntries(rest) as ClientOptions, settings),
    settings: { ...settings, keepSubscriptions },
  };
}

/**
 * Tells the server how many messages may be in work: what exceeds `concurrency` is better kept there, where another member of the
 * group can have it. Where the caller named a Receive Maximum, or no bound, nothing changes.
 */
export function withReceiveMaximum(
  client: ClientOptions,
  { concurrency = Infinity }: ServiceSettings,
): ClientOptions {
  if (client.receiveMaximum !== undefined || !(Number.isInteger(concurrency) && concurrency > 0))
    return client;
  return { ...client, receiveMaximum: Math.min(concurrency, largestReceiveMaximum) };
}

function assertTopicPrefix(option: string, prefix: string): void {
  if (typeof prefix === 'string' && prefix !== '' && !/[+#\0]/.test(prefix)) return;
  const got = JSON.stringify(prefix);
  throw new UsageError(`option "${option}" must be a topic without wildcards [MQTT-4.7.0-1], got ${got}`);
}

function reportToConsole(
  error: unknown,
  { topicName }: { readonly topicName: string },
  topicFilter: string,
): void {
  console.error(`handler of "${topicFilter}" failed on a message to "${topicName}":`, error);
}
