/** What a service can be told, each option with its unit and its default; checked and completed once. */
import { type ClientOptions, type Clock, systemClock } from '@petrel/client';
import { UsageError } from '@petrel/protocol';
import {
  type DeliveryPolicy,
  defaultDeliveryPolicy,
  type ResolvedDeliveryPolicy,
  resolveDeliveryPolicy,
} from './delivery-policy.js';
import { type Dialect, petrelDialect } from './dialect.js';
import type { Envelope } from './exchange.js';
import type { Observer } from './observer.js';
import type { Report } from './router.js';

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
  /** First levels of the topic of the private inbox. Default `petrel/inbox`. */
  readonly inboxPrefix?: string | undefined;
  /** Milliseconds that `close()` gives to handlers in work. Default 10,000. */
  readonly drainTimeoutMs?: number | undefined;
  /** Subscriptions stay at the server on `close()`, for the next process that continues the session. Default: `!cleanStart`. */
  readonly keepSubscriptions?: boolean | undefined;
  /** Hears what no caller can be told, such as a failed event handler. Default: `console.error`. */
  readonly onError?: Report | undefined;
  /** Whoever watches messages, such as metrics and traces. Default none. */
  readonly observers?: readonly Observer[] | undefined;
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
  readonly inboxPrefix: string;
  readonly drainTimeoutMs: number;
  readonly keepSubscriptions: boolean;
  readonly onError: Report;
  readonly observers: readonly Observer[];
  readonly dialect: Dialect;
  readonly clock: Clock;
  readonly policy: ResolvedDeliveryPolicy;
}

const envelopes: readonly unknown[] = ['auto', 'native', 'nest'];

/** Completes and checks settings; throws UsageError naming option, rule and value. Reads the object, never writes to it. */
export function resolveServiceSettings(settings: ServiceSettings): ResolvedServiceSettings {
  const { envelope = 'native', requestTimeoutMs = 30_000, inboxPrefix = 'petrel/inbox' } = settings;
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
  assertMilliseconds('requestTimeoutMs', requestTimeoutMs);
  assertMilliseconds('drainTimeoutMs', drainTimeoutMs);
  assertTopicPrefix('inboxPrefix', inboxPrefix);
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
    inboxPrefix,
    drainTimeoutMs,
    keepSubscriptions: settings.keepSubscriptions ?? false,
    onError,
    observers: Object.freeze([...observers]),
    dialect,
    clock,
    policy: resolveDeliveryPolicy(settings, defaultDeliveryPolicy),
  });
}

/** Takes the options of the connection and of the service apart; neither object is the caller's. */
export function splitServiceOptions(options: ServiceOptions): {
  client: ClientOptions;
  settings: ServiceSettings;
} {
  const { envelope, requestTimeoutMs, inboxPrefix, drainTimeoutMs, keepSubscriptions, ...rest } = options;
  const { onError, dialect, acknowledge, concurrency, maximumWaiting, ...others } = rest;
  const { name, version, description, discovery, discoveryPrefix, observers, ...client } = others;
  const told = { name, version, description, discovery, discoveryPrefix, observers, clock: options.clock };
  const settings = { ...told, envelope, requestTimeoutMs, inboxPrefix, drainTimeoutMs };
  const given = Object.entries({ ...settings, onError, dialect, acknowledge, concurrency, maximumWaiting });
  // What was not given must be missing, not undefined, for its default to count.
  const kept: [string, unknown] = ['keepSubscriptions', keepSubscriptions ?? options.cleanStart === false];
  return {
    client,
    settings: Object.fromEntries([...given.filter(([, value]) => value !== undefined), kept]),
  };
}

/** Throws UsageError unless the value is a number of milliseconds, 0 or more. */
export function assertMilliseconds(option: string, value: number): void {
  if (typeof value === 'number' && value >= 0) return;
  throw new UsageError(
    `option "${option}" must be a number of milliseconds from 0, got ${JSON.stringify(value)}`,
  );
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
