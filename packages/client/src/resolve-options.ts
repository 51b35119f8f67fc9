/** Checks the user's options once, completes them and freezes the result; nothing behind it looks at the originals. */
import {
  assertPropertyNames,
  assertTopicName,
  type ConnectProperties,
  largestPacketSize,
  type ProtocolVersion,
  propertiesSize,
  UsageError,
  utf8Size,
  type Will,
} from '@petrel/protocol';
import type { AuthenticationMethod } from './authentication/authentication-method.js';
import { type Clock, systemClock } from './clock.js';
import { type Endpoint, resolveEndpoints } from './endpoint.js';
import { OptionReader } from './option-reader.js';
import type { ClientOptions, ValueOrFunction } from './options.js';
import { toPayload } from './payload.js';
import { type ReconnectPolicy, resolveReconnect } from './reconnect.js';
import type { SessionStore } from './session-store.js';
import type { Platform } from './transport.js';

/** Every option with its value. */
export interface ResolvedOptions {
  readonly endpoints: readonly Endpoint[];
  /** Versions to try, in this order. */
  readonly protocolVersions: readonly ProtocolVersion[];
  readonly clientIdentifier: string;
  readonly cleanStart: boolean;
  readonly sessionExpiryInterval: number;
  readonly keepAlive: number;
  readonly pingTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly userName: ValueOrFunction<string | undefined>;
  readonly password: ValueOrFunction<string | Uint8Array | undefined>;
  readonly authentication: AuthenticationMethod | undefined;
  readonly will: Will | undefined;
  readonly receiveMaximum: number;
  readonly onReceiveMaximumExceeded: 'warn' | 'disconnect';
  readonly maximumPacketSize: number;
  readonly topicAliasMaximum: number;
  readonly automaticTopicAliases: boolean;
  readonly properties: ConnectProperties;
  readonly followServerReference: boolean;
  readonly reconnect: ReconnectPolicy | undefined;
  readonly initialConnectAttempts: number;
  readonly offlineQueue: QueueBounds;
  readonly onSessionLost: 'resend' | 'reject';
  readonly onHandlerError: 'refuse' | 'acknowledge' | 'disconnect';
  readonly closeTimeoutMs: number;
  readonly sessionStore: SessionStore | undefined;
  readonly clock: Clock;
  readonly random: () => number;
}

/** The offline queue's bounds. */
export interface QueueBounds {
  readonly maximumMessages: number;
  readonly maximumBytes: number;
  readonly overflow: 'reject' | 'drop-oldest' | 'drop-newest';
  readonly qos0: boolean;
}

const uint16 = { minimum: 0, maximum: 0xffff };
const milliseconds = { minimum: 1, maximum: 0x7fffffff, unit: 'milliseconds' };
const unbounded = Number.MAX_SAFE_INTEGER;

/** Resolves options, or a URL in place of them; throws UsageError that names the option, the rule and the value. */
export function resolveOptions(input: string | URL | ClientOptions, platform: Platform): ResolvedOptions {
  const given = typeof input === 'string' || input instanceof URL ? { url: input } : input;
  const read = new OptionReader(given);
  const random = read.function<() => number>('random') ?? Math.random;
  const resolved: ResolvedOptions = {
    endpoints: resolveEndpoints(read, platform),
    protocolVersions: protocolVersions(read),
    clientIdentifier: clientIdentifier(read, random),
    cleanStart: read.boolean('cleanStart') ?? true,
    sessionExpiryInterval:
      read.integer('sessionExpiryInterval', { minimum: 0, maximum: 0xffffffff, unit: 'seconds' }) ?? 60,
    keepAlive: read.integer('keepAlive', { ...uint16, unit: 'seconds' }) ?? 60,
    pingTimeoutMs: read.integer('pingTimeoutMs', milliseconds) ?? 10_000,
    connectTimeoutMs: read.integer('connectTimeoutMs', milliseconds) ?? 30_000,
    userName: read.of('userName', 'a string or a function', isTextOrFunction),
    password: read.secret('password', 'a string, a Uint8Array or a function', isBytesOrFunction),
    authentication: read.of('authentication', 'an object with name and begin', isMethod),
    will: will(read),
    receiveMaximum: read.integer('receiveMaximum', { ...uint16, minimum: 1 }) ?? 1_000,
    onReceiveMaximumExceeded:
      read.oneOf('onReceiveMaximumExceeded', ['warn', 'disconnect'] as const) ?? 'warn',
    maximumPacketSize:
      read.integer('maximumPacketSize', { minimum: 1, maximum: largestPacketSize, unit: 'bytes' }) ??
      largestPacketSize,
    topicAliasMaximum: read.integer('topicAliasMaximum', uint16) ?? 0,
    automaticTopicAliases: read.boolean('automaticTopicAliases') ?? false,
    properties: connectProperties(read),
    followServerReference: read.boolean('followServerReference') ?? true,
    reconnect: resolveReconnect(read),
    initialConnectAttempts:
      read.integer('initialConnectAttempts', { minimum: 1, maximum: unbounded, infinity: true }) ?? 1,
    offlineQueue: offlineQueue(read),
    onSessionLost: read.oneOf('onSessionLost', ['resend', 'reject'] as const) ?? 'resend',
    onHandlerError:
      read.oneOf('onHandlerError', ['refuse', 'acknowledge', 'disconnect'] as const) ?? 'refuse',
    closeTimeoutMs: read.integer('closeTimeoutMs', { ...milliseconds, minimum: 0 }) ?? 5_000,
    sessionStore: read.of<SessionStore>('sessionStore', 'a SessionStore', isObject),
    clock: read.of<Clock>('clock', 'a Clock', isObject) ?? systemClock,
    random,
  };
  read.end();
  if (resolved.sessionStore !== undefined && read.raw('clientIdentifier') === undefined) {
    throw new UsageError(
      'option "sessionStore" needs a clientIdentifier: a random one never finds its session again',
    );
  }
  return Object.freeze(resolved);
}

function protocolVersions(read: OptionReader): readonly ProtocolVersion[] {
  const version = read.oneOf('protocolVersion', ['auto', 5, 4, 3] as const) ?? 'auto';
  // A server that talks a client down to an older version must not get it in without authentication.
  if (read.raw('authentication') !== undefined) {
    if (version === 'auto' || version === 5) return [5];
    throw new UsageError(`option "authentication" needs protocolVersion 5 or 'auto', got ${version}`);
  }
  return version === 'auto' ? [5, 4, 3] : [version];
}

function clientIdentifier(read: OptionReader, random: () => number): string {
  const given = read.string('clientIdentifier');
  if (given === undefined) return randomClientIdentifier(random);
  utf8Size(given); // [MQTT-3.1.3-4]
  return given;
}

const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz';

/** Letters and digits, 22 of them: what every server of every version must accept [MQTT-3.1.3-5]. */
function randomClientIdentifier(random: () => number): string {
  let text = 'petrel';
  while (text.length < 22) text += alphabet[Math.floor(random() * alphabet.length)];
  return text;
}

function will(read: OptionReader): Will | undefined {
  if (read.raw('will') === undefined) return undefined;
  const fields = read.object('will');
  const topicName = fields.string('topicName');
  if (topicName === undefined) throw new UsageError('option "will.topicName" is missing');
  assertTopicName(topicName, 'option "will.topicName"');
  const payload = toPayload(fields.of('payload', 'a string or a Uint8Array', isBytes) ?? '');
  if (payload.length > 0xffff) {
    throw new UsageError(`option "will.payload" must be at most 65535 bytes, got ${payload.length}`);
  }
  const resolved: Will = {
    topicName,
    payload,
    qos: fields.oneOf('qos', [0, 1, 2] as const) ?? 0, // [MQTT-3.1.2-12]
    retain: fields.boolean('retain') ?? false,
    properties: { ...fields.of<object>('properties', 'an object', isObject) },
  };
  fields.end();
  assertPropertyNames(resolved.properties, 'will');
  propertiesSize(resolved.properties, 'will');
  return Object.freeze(resolved);
}

function connectProperties(read: OptionReader): ConnectProperties {
  const fields = read.object('properties');
  const resolved: ConnectProperties = {
    requestResponseInformation: fields.boolean('requestResponseInformation'),
    requestProblemInformation: fields.boolean('requestProblemInformation'),
    userProperties: fields.of('userProperties', 'an array of [name, value] pairs', Array.isArray),
  };
  fields.end();
  return Object.freeze(resolved);
}

function offlineQueue(read: OptionReader): QueueBounds {
  const fields = read.object('offlineQueue');
  const bound = { minimum: 0, maximum: unbounded, infinity: true };
  const resolved: QueueBounds = {
    maximumMessages: fields.integer('maximumMessages', { ...bound, unit: 'messages' }) ?? 100_000,
    maximumBytes: fields.integer('maximumBytes', { ...bound, unit: 'bytes' }) ?? 64 * 1024 * 1024,
    overflow: fields.oneOf('overflow', ['reject', 'drop-oldest', 'drop-newest'] as const) ?? 'reject',
    qos0: fields.boolean('qos0') ?? true,
  };
  fields.end();
  return Object.freeze(resolved);
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null;
const isMethod = (value: unknown) =>
  typeof (value as AuthenticationMethod).name === 'string' &&
  typeof (value as AuthenticationMethod).begin === 'function';
const isBytes = (value: unknown) => typeof value === 'string' || value instanceof Uint8Array;
const isTextOrFunction = (value: unknown) => typeof value === 'string' || typeof value === 'function';
const isBytesOrFunction = (value: unknown) => isBytes(value) || typeof value === 'function';
