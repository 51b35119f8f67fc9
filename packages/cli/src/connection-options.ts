/** The options that every command has which connects to a broker; named as fingers know them from mosquitto_pub and mosquitto_sub. */
import type { Candidates } from './command.js';
import type { Spellings } from './read-arguments.js';

/** For `readArguments`. */
export const connectionOptions = {
  url: { type: 'string', short: 'L' },
  host: { type: 'string', short: 'h' },
  port: { type: 'string', short: 'p' },
  ws: { type: 'boolean' },
  unix: { type: 'string' },
  'user-name': { type: 'string', short: 'u' },
  password: { type: 'string', short: 'P' },
  'client-identifier': { type: 'string', short: 'i' },
  'id-prefix': { type: 'string', short: 'I' },
  protocol: { type: 'string', short: 'V' },
  'keep-alive': { type: 'string', short: 'k' },
  'disable-clean-session': { type: 'boolean', short: 'c' },
  'session-expiry-interval': { type: 'string', short: 'x' },
  property: { type: 'string', short: 'D', multiple: true },
  debug: { type: 'boolean', short: 'd' },
  nodelay: { type: 'boolean' },
  tls: { type: 'boolean' },
  cafile: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  ciphers: { type: 'string' },
  'tls-version': { type: 'string' },
  'tls-alpn': { type: 'string' },
  insecure: { type: 'boolean' },
  'will-topic': { type: 'string' },
  'will-payload': { type: 'string' },
  'will-qos': { type: 'string' },
  'will-retain': { type: 'boolean' },
} as const;

/** What `readArguments` makes of them. */
export interface ConnectionArguments {
  readonly url?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly ws?: boolean | undefined;
  readonly unix?: string | undefined;
  readonly 'user-name'?: string | undefined;
  readonly password?: string | undefined;
  readonly 'client-identifier'?: string | undefined;
  readonly 'id-prefix'?: string | undefined;
  readonly protocol?: string | undefined;
  readonly 'keep-alive'?: string | undefined;
  readonly 'disable-clean-session'?: boolean | undefined;
  readonly 'session-expiry-interval'?: string | undefined;
  readonly property?: readonly string[] | undefined;
  readonly debug?: boolean | undefined;
  readonly tls?: boolean | undefined;
  readonly cafile?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly ciphers?: string | undefined;
  readonly 'tls-version'?: string | undefined;
  readonly 'tls-alpn'?: string | undefined;
  readonly insecure?: boolean | undefined;
  readonly 'will-topic'?: string | undefined;
  readonly 'will-payload'?: string | undefined;
  readonly 'will-qos'?: string | undefined;
  readonly 'will-retain'?: boolean | undefined;
}

/** What can be written for `--protocol`. */
export const protocolNames: ReadonlyMap<string, 'auto' | 3 | 4 | 5> = new Map<string, 'auto' | 3 | 4 | 5>([
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

/** For completion. */
export const qosValues = ['0', '1', '2'] as const;

/** What completes to their values. */
export const connectionValues: Readonly<Record<string, Candidates>> = {
  unix: 'file',
  protocol: [...protocolNames.keys()],
  property: ['connect', 'publish', 'will'],
  cafile: 'file',
  cert: 'file',
  key: 'file',
  'tls-version': ['tlsv1.2', 'tlsv1.3'],
  'will-qos': qosValues,
};

/** For the help page of a command. */
export const connectionHelp = `Connection:
  -h, --host HOST            default 127.0.0.1
  -p, --port N               default 1883, with TLS 8883
      --ws                   over WebSocket, at /mqtt of that host; default port 80, with TLS 443
      --unix PATH            a Unix domain socket in place of host and port
  -L, --url URL              in place of all these: mqtt, mqtts, ws, wss or mqtt+unix (default $PETREL_URL, else the above)
  -u, --user-name NAME       also --username
  -P, --password PASSWORD    also --pw; better: the environment variable PETREL_PASSWORD, which other users cannot see
  -i, --client-identifier ID also --id
  -I, --id-prefix PREFIX     the Client Identifier is this and the number of the process
  -V, --protocol VERSION     5, 3.1.1, 3.1 or auto (default auto: 5, or 3.1.1 where a broker refuses 5); mqttv5 and mqttv311 too
  -k, --keep-alive S         seconds (default 60)
  -c, --disable-clean-session   go on with the session that the broker has, and leave it there; needs -i
  -x, --session-expiry-interval S   seconds that the broker keeps the session, -1 for ever (default: 60, with -c for ever)
  -D, --property PACKET NAME VALUE   a property of MQTT 5, such as -D publish content-type text/plain,
                             -D connect user-property site 7 or -D will will-delay-interval 5; may be repeated
  -d, --debug                say which packets come and go
      --nodelay              as in mosquitto_pub; small packets never wait here
      --tls                  TLS with the well-known authorities
      --cafile FILE          TLS, trusting the certificate authorities in this PEM file; also --ca
      --cert FILE            client certificate in PEM
      --key FILE             and its private key
      --ciphers LIST         as OpenSSL writes it
      --tls-version VERSION  the oldest to take: tlsv1.2 or tlsv1.3 (default tlsv1.2)
      --tls-alpn PROTOCOL    what to ask for by ALPN
      --insecure             accept any certificate: for experiments only
      --will-topic TOPIC     with --will-payload, --will-qos and --will-retain: what the broker publishes if the client gets lost`;

/** Names of mosquitto_pub and of MQTT.js, and what they have that is not here. */
export const connectionSpellings = {
  aliases: {
    hostname: 'host',
    username: 'user-name',
    pw: 'password',
    id: 'client-identifier',
    'client-id': 'client-identifier',
    clientId: 'client-identifier',
    'protocol-version': 'protocol',
    keepalive: 'keep-alive',
    'no-clean': 'disable-clean-session',
    ca: 'cafile',
    'will-message': 'will-payload',
  },
  absent: {
    A: 'the routes of this machine choose the address to connect from',
    S: 'name the server by "--host" and "--port"; SRV records are not looked up',
    quiet: 'what would be silenced goes to standard error: 2>/dev/null',
    capath: 'put the authorities into one file for "--cafile": cat DIR/*.pem > ca.pem',
    'tls-use-os-certs': 'give "--cafile" the file of this system, such as /etc/ssl/certs/ca-certificates.crt',
    psk: 'Node.js clients prove themselves by certificates: "--cert" and "--key"',
    'psk-identity': 'Node.js clients prove themselves by certificates: "--cert" and "--key"',
    keyform: 'keys are PEM files',
    'tls-engine': 'keys are PEM files',
    'tls-engine-kpass-sha1': 'keys are PEM files',
    proxy:
      'open a tunnel, such as ssh -L 1883:BROKER:1883 HOST, and connect to "--port" 1883 of this machine',
  },
  arity: {
    // PACKET NAME VALUE, and a User Property has a name of its own.
    property: ([, name]: readonly string[]) => (name === 'user-property' ? 4 : 3),
  },
} as const satisfies Spellings;

/** Those of a command that connects, and its own. */
export function spellings(own: Omit<Spellings, 'arity'> = {}): Spellings {
  const { aliases, absent, arity } = connectionSpellings;
  return { aliases: { ...aliases, ...own.aliases }, absent: { ...absent, ...own.absent }, arity };
}
