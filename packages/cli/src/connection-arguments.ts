/** The options that every command has which connects to a broker; named as fingers know them from mosquitto_pub and mosquitto_sub. */
import { readFile } from 'node:fs/promises';
import type { ClientOptions } from '@petrel/client';
import { UsageError } from '@petrel/protocol';
import { readInteger, readQoS } from './command.js';

/** For `readArguments`. */
export const connectionOptions = {
  url: { type: 'string', short: 'L' },
  host: { type: 'string', short: 'h' },
  port: { type: 'string', short: 'p' },
  'user-name': { type: 'string', short: 'u' },
  username: { type: 'string' },
  password: { type: 'string', short: 'P' },
  'client-identifier': { type: 'string', short: 'i' },
  id: { type: 'string' },
  protocol: { type: 'string', short: 'V' },
  'keep-alive': { type: 'string', short: 'k' },
  'disable-clean-session': { type: 'boolean', short: 'c' },
  'session-expiry-interval': { type: 'string', short: 'x' },
  tls: { type: 'boolean' },
  cafile: { type: 'string' },
  ca: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  insecure: { type: 'boolean' },
  'will-topic': { type: 'string' },
  'will-payload': { type: 'string' },
  'will-qos': { type: 'string' },
  'will-retain': { type: 'boolean' },
} as const;

/** For the help page of a command. */
export const connectionHelp = `Connection:
  -h, --host HOST            default 127.0.0.1
  -p, --port N               default 1883, with TLS 8883
  -L, --url URL              in place of both: mqtt, mqtts, ws, wss or mqtt+unix (default $PETREL_URL, else the above)
  -u, --user-name NAME       also --username
  -P, --password PASSWORD    better: the environment variable PETREL_PASSWORD, which other users cannot see
  -i, --client-identifier ID also --id
  -V, --protocol VERSION     5, 3.1.1, 3.1 or auto (default auto: 5, or 3.1.1 where a broker refuses 5); mqttv5 and mqttv311 too
  -k, --keep-alive S         seconds (default 60)
  -c, --disable-clean-session   go on with the session that the broker has; needs -i
  -x, --session-expiry-interval S   seconds that the broker keeps the session
      --tls                  TLS with the authorities that this machine trusts
      --cafile FILE          TLS, trusting the certificate authorities in this PEM file; also --ca
      --cert FILE            client certificate in PEM
      --key FILE             and its private key
      --insecure             accept any certificate: for experiments only
      --will-topic TOPIC     with --will-payload, --will-qos and --will-retain: what the broker publishes if the client gets lost`;

/** What `readArguments` makes of them. */
export interface ConnectionArguments {
  readonly url?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly 'user-name'?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly 'client-identifier'?: string | undefined;
  readonly id?: string | undefined;
  readonly protocol?: string | undefined;
  readonly 'keep-alive'?: string | undefined;
  readonly 'disable-clean-session'?: boolean | undefined;
  readonly 'session-expiry-interval'?: string | undefined;
  readonly tls?: boolean | undefined;
  readonly cafile?: string | undefined;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly insecure?: boolean | undefined;
  readonly 'will-topic'?: string | undefined;
  readonly 'will-payload'?: string | undefined;
  readonly 'will-qos'?: string | undefined;
  readonly 'will-retain'?: boolean | undefined;
}

const protocols: ReadonlyMap<string, 'auto' | 3 | 4 | 5> = new Map<string, 'auto' | 3 | 4 | 5>([
  ['auto', 'auto'],
  ['5', 5],
  ['mqttv5', 5],
  ['3.1.1', 4],
  ['311', 4],
  ['mqttv311', 4],
  ['3.1', 3],
  ['31', 3],
  ['mqttv31', 3],
]);

const seconds = { minimum: 0, maximum: 0xffff, unit: 'seconds' };

/** The options of the client; throws UsageError for a value that is none or a file that cannot be read. */
export async function readConnection(values: ConnectionArguments): Promise<ClientOptions> {
  const protocol = values.protocol ?? 'auto';
  const protocolVersion = protocols.get(protocol);
  if (protocolVersion === undefined) {
    throw new UsageError(`option "--protocol" must be 5, 3.1.1, 3.1 or auto, got "${protocol}"`);
  }
  const clientIdentifier = values['client-identifier'] ?? values.id;
  const cleanStart = values['disable-clean-session'] !== true;
  if (!cleanStart && clientIdentifier === undefined)
    throw new UsageError(
      'option "--disable-clean-session" needs "--client-identifier": whose session is it?',
    );
  return {
    url: readUrl(values),
    protocolVersion,
    userName: values['user-name'] ?? values.username,
    password: values.password ?? process.env.PETREL_PASSWORD,
    clientIdentifier,
    cleanStart,
    keepAlive: readInteger('keep-alive', values['keep-alive'], seconds),
    sessionExpiryInterval: readInteger('session-expiry-interval', values['session-expiry-interval'], {
      ...seconds,
      maximum: 0xffff_ffff,
    }),
    will: readWill(values),
    tls: await readTls(values),
  };
}

function readUrl(values: ConnectionArguments): string {
  const { url, host, port, tls } = values;
  const isSecure = tls === true || [values.cafile, values.ca, values.cert].some((each) => each !== undefined);
  const portNumber = readInteger('port', port, { minimum: 1, maximum: 65_535 });
  if (url !== undefined) {
    if (host !== undefined || port !== undefined)
      throw new UsageError('option "--url" has host and port in it: give it or "--host" and "--port"');
    return url;
  }
  if (host === undefined && port === undefined && !isSecure)
    return process.env.PETREL_URL ?? 'mqtt://127.0.0.1:1883';
  const name = host ?? '127.0.0.1';
  const address = `${name.includes(':') ? `[${name}]` : name}:${portNumber ?? (isSecure ? 8883 : 1883)}`;
  return `${isSecure || portNumber === 8883 ? 'mqtts' : 'mqtt'}://${address}`;
}

function readWill(values: ConnectionArguments): ClientOptions['will'] {
  const topicName = values['will-topic'];
  const others = (['will-payload', 'will-qos', 'will-retain'] as const).find(
    (name) => values[name] !== undefined,
  );
  if (topicName === undefined) {
    if (others === undefined) return undefined;
    throw new UsageError(`option "--${others}" needs "--will-topic"`);
  }
  return {
    topicName,
    payload: values['will-payload'] ?? '',
    qos: readQoS(values['will-qos'], 'will-qos') ?? 0,
    retain: values['will-retain'] ?? false,
  };
}

async function readTls(values: ConnectionArguments): Promise<NonNullable<ClientOptions['tls']>> {
  const { cert, key, insecure } = values;
  const ca = values.cafile ?? values.ca;
  if ((cert === undefined) !== (key === undefined))
    throw new UsageError('options "--cert" and "--key" need each other');
  return {
    ...(ca === undefined ? {} : { ca: await readPem('cafile', ca) }),
    ...(cert === undefined ? {} : { cert: await readPem('cert', cert) }),
    ...(key === undefined ? {} : { key: await readPem('key', key) }),
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
