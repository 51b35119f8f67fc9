/** Reads the options of a connection into those of the client, and connects. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Client, type ClientOptions, connect, type TlsOptions } from '@petrel/client';
import { type Packet, UsageError } from '@petrel/protocol';
import { readInteger, readQoS } from './command.js';
import { type ConnectionArguments, protocolNames } from './connection-options.js';
import { type GivenProperties, readProperties } from './property-arguments.js';
import type { Terminal } from './terminal.js';
import { visibleText } from './visible-text.js';

const tlsVersions: ReadonlyMap<string, 'TLSv1.2' | 'TLSv1.3'> = new Map([
  ['tlsv1.2', 'TLSv1.2'],
  ['tlsv1.3', 'TLSv1.3'],
]);

const seconds = { minimum: 0, maximum: 0xffff, unit: 'seconds' };

/** The options of the client; throws UsageError for a value that is none or a file that cannot be read. */
export async function readConnection(values: ConnectionArguments): Promise<ClientOptions> {
  const protocol = values.protocol ?? 'auto';
  const protocolVersion = protocolNames.get(protocol);
  if (protocolVersion === undefined) {
    const hint = /^(mqtts?|wss?)$/.test(protocol)
      ? '; a transport is chosen by "--tls", "--ws" or "--url"'
      : '';
    throw new UsageError(`option "--protocol" must be 5, 3.1.1, 3.1 or auto, got "${protocol}"${hint}`);
  }
  const clientIdentifier = readClientIdentifier(values);
  const cleanStart = values['disable-clean-session'] !== true;
  if (!cleanStart && clientIdentifier === undefined)
    throw new UsageError(
      'option "--disable-clean-session" needs "--client-identifier": whose session is it?',
    );
  const { connect: properties, will } = readProperties(values.property);
  return {
    url: readUrl(values),
    protocolVersion,
    userName: values['user-name'],
    password: values.password ?? process.env.PETREL_PASSWORD,
    clientIdentifier,
    cleanStart,
    keepAlive: readInteger('keep-alive', values['keep-alive'], seconds),
    ...connectOptions(properties),
    sessionExpiryInterval: readSessionExpiry(values) ?? properties.sessionExpiryInterval,
    will: readWill(values, will),
    tls: await readTls(values),
  };
}

/** Connects; gives up with Ctrl-C. What goes wrong later and, if asked, every packet is told on standard error. */
export async function connectClient(values: ConnectionArguments, terminal: Terminal): Promise<Client> {
  const client = await connect(await readConnection(values), { signal: terminal.interrupted });
  client.on('error', (error) => terminal.err(error.message));
  client.on('status', (status) => {
    if (status === 'reconnecting') terminal.err('the connection is lost; trying again');
  });
  if (values.debug) {
    const { server, clientIdentifier } = client;
    const session = server?.sessionPresent ? 'a session that was there' : 'a new session';
    terminal.err(
      `${server?.url} speaks MQTT version ${server?.protocolVersion}; "${clientIdentifier}" has ${session}`,
    );
    client.on('packetSend', (packet) => terminal.err(`> ${described(packet)}`));
    client.on('packetReceive', (packet) => terminal.err(`< ${described(packet)}`));
  }
  return client;
}

/** No payload: it may be a secret, and long. */
function described(packet: Packet): string {
  const identifier =
    'packetIdentifier' in packet && packet.packetIdentifier !== 0 ? ` ${packet.packetIdentifier}` : '';
  if (packet.type !== 'publish') return `${packet.type.toUpperCase()}${identifier}`;
  const { topicName, qos, retain, dup, payload } = packet;
  const flags = `QoS ${qos}${retain ? ', retain' : ''}${dup ? ', dup' : ''}`;
  return `PUBLISH${identifier} ${visibleText(JSON.stringify(topicName))} ${flags}, ${payload.length} bytes`;
}

/** The client has options for what some properties say. */
function connectOptions(properties: GivenProperties['connect']): Partial<ClientOptions> {
  const { sessionExpiryInterval, receiveMaximum, maximumPacketSize, topicAliasMaximum, ...others } =
    properties;
  return { receiveMaximum, maximumPacketSize, topicAliasMaximum, properties: others };
}

function readClientIdentifier(values: ConnectionArguments): string | undefined {
  const { 'client-identifier': whole, 'id-prefix': prefix } = values;
  if (whole !== undefined && prefix !== undefined)
    throw new UsageError('option "--id-prefix" is in place of "--client-identifier": give one of them');
  return prefix === undefined ? whole : `${prefix}${process.pid}`;
}

const forEver = 0xffff_ffff;

/** Who leaves a session there, and does not say for how long, wants to find it again. */
function readSessionExpiry(values: ConnectionArguments): number | undefined {
  const given = values['session-expiry-interval'];
  if (given === '-1' || given === '∞') return forEver;
  const interval = readInteger('session-expiry-interval', given, { ...seconds, maximum: forEver });
  return interval ?? (values['disable-clean-session'] ? forEver : undefined);
}

function isTls(values: ConnectionArguments): boolean {
  const { tls, cafile, cert } = values;
  const others = [values['tls-version'], values['tls-alpn'], values.ciphers];
  return tls === true || [cafile, cert, ...others].some((each) => each !== undefined);
}

function readUrl(values: ConnectionArguments): string {
  const { url, host, port, ws, unix } = values;
  const others = (['unix', 'host', 'port', 'ws'] as const).filter((name) => values[name] !== undefined);
  const portNumber = readInteger('port', port, { minimum: 1, maximum: 65_535 });
  if (url !== undefined) {
    if (others.length > 0)
      throw new UsageError(
        `option "--url" has all in it that "--${others[0]}" says: give it or "--host" and "--port"`,
      );
    return splitUrl(url).server;
  }
  if (unix !== undefined) {
    if (others.length > 1) throw new UsageError(`option "--unix" and "--${others[1]}" exclude each other`);
    return `mqtt+unix://${encodeURI(resolve(unix))}`;
  }
  const isSecure = isTls(values);
  if (others.length === 0 && !isSecure)
    return splitUrl(process.env.PETREL_URL ?? 'mqtt://127.0.0.1:1883').server;
  const name = host ?? '127.0.0.1';
  const address = name.includes(':') ? `[${name}]` : name;
  if (ws) return `${isSecure ? 'wss' : 'ws'}://${address}${port === undefined ? '' : `:${portNumber}`}/mqtt`;
  const isMqtts = isSecure || portNumber === 8883;
  return `${isMqtts ? 'mqtts' : 'mqtt'}://${address}:${portNumber ?? (isMqtts ? 8883 : 1883)}`;
}

/** In mosquitto_pub the path of a URL is the topic; the paths of ws and of a Unix domain socket are not. */
export function splitUrl(url: string): { readonly server: string; readonly topic?: string } {
  const [, server, topic] = /^((?:mqtts?|tcp|tls|ssl):\/\/[^/]*)\/(.+)$/.exec(url) ?? [];
  if (server === undefined || topic === undefined) return { server: url };
  try {
    return { server, topic: decodeURIComponent(topic) };
  } catch (cause) {
    throw new UsageError(`option "--url": the topic "${topic}" is badly encoded`, { cause });
  }
}

function readWill(values: ConnectionArguments, properties: GivenProperties['will']): ClientOptions['will'] {
  const topicName = values['will-topic'];
  const others = (['will-payload', 'will-qos', 'will-retain'] as const).find(
    (name) => values[name] !== undefined,
  );
  if (topicName === undefined) {
    if (Object.keys(properties).length > 0) throw new UsageError('option "-D will" needs "--will-topic"');
    if (others === undefined) return undefined;
    throw new UsageError(`option "--${others}" needs "--will-topic"`);
  }
  return {
    topicName,
    payload: values['will-payload'] ?? '',
    qos: readQoS(values['will-qos'], 'will-qos') ?? 0,
    retain: values['will-retain'] ?? false,
    properties,
  };
}

async function readTls(values: ConnectionArguments): Promise<TlsOptions> {
  const { cafile, cert, key, ciphers, insecure, 'tls-version': version, 'tls-alpn': alpn } = values;
  if ((cert === undefined) !== (key === undefined))
    throw new UsageError('options "--cert" and "--key" need each other');
  const minVersion = version === undefined ? undefined : tlsVersions.get(version.toLowerCase());
  if (version !== undefined && minVersion === undefined)
    throw new UsageError(
      `option "--tls-version" must be one of ${[...tlsVersions.keys()].join(', ')}, got "${version}"`,
    );
  return {
    ...(cafile === undefined ? {} : { ca: await readPem('cafile', cafile) }),
    ...(cert === undefined ? {} : { cert: await readPem('cert', cert) }),
    ...(key === undefined ? {} : { key: await readPem('key', key) }),
    ...(ciphers === undefined ? {} : { ciphers }),
    ...(minVersion === undefined ? {} : { minVersion }),
    ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
    ...(insecure ? { rejectUnauthorized: false } : {}),
  };
}

async function readPem(option: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new UsageError(`option "--${option}": ${(cause as Error).message}`, { cause });
  }
}
