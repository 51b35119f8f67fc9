/** The connection options of MQTT.js in Petrel's words: one table, read by options.ts and by the guide's test. */
import type { ClientOptions } from '@petrel/client';
import { UsageError } from '@petrel/protocol';
import { toProperties } from './mqtt-js-properties.js';

type Given = Readonly<Record<string, unknown>>;
type Connection = { -readonly [Name in keyof ClientOptions]?: ClientOptions[Name] };

/** Same value, other name. */
const renamed = {
  clientId: 'clientIdentifier',
  keepalive: 'keepAlive',
  username: 'userName',
  connectTimeout: 'connectTimeoutMs',
  autoAssignTopicAlias: 'automaticTopicAliases',
} as const satisfies Record<string, keyof ClientOptions>;

/** Names of node:tls that MQTT.js takes beside its own. */
const tlsNames = [
  'ca',
  'cert',
  'key',
  'passphrase',
  'pfx',
  'servername',
  'rejectUnauthorized',
  'minVersion',
  'ciphers',
  'ALPNProtocols',
] as const;

/** Names that say where the server is. */
const addressNames = ['protocol', 'host', 'hostname', 'port', 'path', 'servers'] as const;

/** Converted one by one below. */
const converted = ['clean', 'reconnectPeriod', 'queueQoSZero', 'wsOptions', 'properties', 'will'] as const;

/** Accepted and without effect: what they tune in MQTT.js does not exist in Petrel, or is always so. */
export const withoutEffect = [
  'protocolId',
  'reschedulePings',
  'resubscribe',
  'log',
  'timerVariant',
  'writeCache',
  'objectMode',
  'encoding',
  'binary',
  'browserBufferSize',
  'browserBufferTimeout',
  'autoUseTopicAlias',
  'subscribeBatchSize',
  'messageIdProvider',
  'forceNativeWebSocket',
  'reconnectOnConnackError',
  'defaultProtocol',
] as const;

/** Refused, since ignoring them would change what the program does. */
export const refused: Readonly<Record<string, string>> = {
  incomingStore: 'use "sessionStore"',
  outgoingStore: 'use "sessionStore"',
  customHandleAcks: 'a handler that throws decides about the acknowledgement, see "onHandlerError"',
  transformWsUrl: 'give the URL as it shall be',
  createWebsocket: 'use "stream"',
  manualConnect: 'a client connects on its first use, or by connect()',
  authPacket: 'use "authentication"',
  socksProxy: 'use "stream"',
};

/** All names this file reads. `password` and `protocolVersion` mean the same on both sides. */
export const mqttJsNames: readonly string[] = [
  ...Object.keys(renamed),
  ...tlsNames,
  ...addressNames,
  ...converted,
  ...withoutEffect,
  ...Object.keys(refused),
];

/** Converts what MQTT.js's names say; `own` are the options given by Petrel's names, which go over them. */
export function connectionFromMqttJs(given: Given, own: Given): Connection {
  const connection: Record<string, unknown> = {};
  for (const [name, why] of Object.entries(refused)) {
    if (given[name] !== undefined)
      throw new UsageError(`option "${name}" of MQTT.js has no counterpart: ${why}`);
  }
  for (const [name, target] of Object.entries(renamed)) {
    if (given[name] !== undefined && own[target] === undefined) connection[target] = given[name];
  }
  const tls = pick(given, tlsNames);
  if (Object.keys(tls).length > 0) connection.tls = { ...tls, ...(own.tls as object | undefined) };
  return { ...connection, ...session(given, own), ...flow(given, own), ...address(given, own) };
}

function session(given: Given, own: Given): Connection {
  const connection: Connection = {};
  if (given.clean !== undefined) {
    connection.cleanStart = given.clean as boolean;
    // Without a number, an MQTT 3.1.1 session lasts for ever [MQTT-3.1.2-4], and that is what `clean: false` asked for.
    if (given.clean === false && own.sessionExpiryInterval === undefined)
      connection.sessionExpiryInterval = 0xffff_ffff;
  }
  if (given.properties !== undefined) Object.assign(connection, connectProperties(given.properties as Given));
  if (given.will !== undefined) connection.will = will(given.will as Given);
  return connection;
}

function connectProperties(properties: Given): Connection {
  const { sessionExpiryInterval, receiveMaximum, maximumPacketSize, topicAliasMaximum, ...rest } = properties;
  const { authenticationMethod, authenticationData, userProperties, ...flags } = rest;
  if (authenticationMethod !== undefined || authenticationData !== undefined) {
    throw new UsageError('option "properties.authenticationMethod" has no counterpart: use "authentication"');
  }
  const limits = { sessionExpiryInterval, receiveMaximum, maximumPacketSize, topicAliasMaximum };
  const pairs = Array.isArray(userProperties) ? { userProperties } : toProperties({ userProperties });
  return { ...pick(limits, Object.keys(limits)), properties: { ...flags, ...pairs } };
}

function will({
  topic,
  topicName = topic,
  payload,
  qos,
  retain,
  properties,
}: Given): NonNullable<ClientOptions['will']> {
  const known = pick({ topicName, payload, qos, retain }, ['topicName', 'payload', 'qos', 'retain']);
  return {
    ...(known as { topicName: string }),
    ...(properties === undefined ? {} : { properties: toProperties(properties as Given) }),
  };
}

function flow(given: Given, own: Given): Connection {
  const connection: Connection = {};
  const { reconnectPeriod, queueQoSZero, wsOptions } = given;
  if (reconnectPeriod !== undefined && own.reconnect === undefined) {
    // MQTT.js waits the same time again and again; here it is where the backoff begins.
    connection.reconnect =
      reconnectPeriod === 0
        ? false
        : { minDelayMs: reconnectPeriod as number, maxDelayMs: Math.max(30_000, Number(reconnectPeriod)) };
  }
  if (queueQoSZero !== undefined)
    connection.offlineQueue = { qos0: queueQoSZero as boolean, ...(own.offlineQueue as object) };
  if (wsOptions !== undefined) {
    const { headers } = wsOptions as { headers?: Record<string, string> };
    if (headers !== undefined) connection.webSocket = { headers, ...(own.webSocket as object) };
  }
  return connection;
}

/** `servers` are the URLs; `protocol`, `host`, `port` and `path` go over what the URL says. */
function address(given: Given, own: Given): Connection {
  const { protocol, host = given.hostname, port, path, servers } = given;
  if (
    protocol === undefined &&
    host === undefined &&
    port === undefined &&
    path === undefined &&
    servers === undefined
  ) {
    return {};
  }
  const base = new URL(String(own.url ?? 'mqtt://localhost:1883'));
  const scheme = protocol === undefined ? base.protocol : `${String(protocol)}:`;
  const url = (parts: Given): string => {
    const user =
      base.username === '' ? '' : `${base.username}${base.password === '' ? '' : `:${base.password}`}@`;
    const at = parts.host === undefined ? base.hostname : String(parts.host);
    const on = parts.port === undefined ? base.port : String(parts.port);
    const behind = path === undefined ? base.pathname + base.search : String(path).replace(/^(?!\/)/, '/');
    const over = parts.protocol === undefined ? scheme : `${String(parts.protocol)}:`;
    return `${over}//${user}${at}${on === '' ? '' : `:${on}`}${behind === '/' ? '' : behind}`;
  };
  if (!Array.isArray(servers)) return { url: url({ host, port }) };
  return { url: undefined, urls: servers.map((server: Given) => url(server)) };
}

function pick(from: Given, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    names.filter((name) => from[name] !== undefined).map((name) => [name, from[name]]),
  );
}
