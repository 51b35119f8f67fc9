/** The configuration file as a tree of rules: every setting of `petrel broker`, with what it may be, its default and what it is for. */
import { accessRule } from './access-rules.js';
import { authenticationRule } from './authentication-rules.js';
import { bridgesRule } from './bridge-rules.js';
import { limitRules } from './limit-rules.js';
import { boolean, choice, integer, list, object, oneOf, path, required, text, type ValueOf } from './rule.js';

const portFields = {
  port: required(
    integer('0 = any free one. MQTT has 1883, and 8883 with TLS.', { minimum: 0, maximum: 65_535 }),
  ),
  host: text(
    'Address or name. Anything but a loopback address needs `authentication`, or `allowAnonymous: true`.',
    {
      default: '127.0.0.1',
    },
  ),
  proxies: list(
    'Addresses and networks of proxies in front of the listener, which then must speak the PROXY protocol, version 1 or 2: clients have the address that it tells. Anybody else is cut off. Default: none.',
    text('An address or a network.'),
  ),
};

const serverCertificate = object('A certificate for server names of its own.', {
  serverNames: required(
    list('Names that clients ask for.', text('Such as `mqtt.example.com` or `*.example.com`.')),
  ),
  key: required(path('Private key in PEM.')),
  cert: required(path('Certificate chain in PEM.')),
  passphraseFile: path('File with the passphrase of the key, where it has one.'),
});

const tlsFields = {
  key: path('Private key in PEM.'),
  cert: path('Certificate chain in PEM, that of the server first.'),
  passphraseFile: path('File with the passphrase of the key, where it has one; a line end is ignored.'),
  ca: path('Authorities that sign the certificates of clients, in PEM; with `requestCert`.'),
  requestCert: boolean('Demands a client certificate that `ca` signed.', false),
  crl: path(
    'Revocation lists in PEM, of every authority in `ca`: client certificates in them are refused. Default: none.',
  ),
  certificates: list(
    'Other certificates, by the name that a client asks for (SNI). Default: none.',
    serverCertificate,
    {
      maximumItems: 1_000,
    },
  ),
  minVersion: oneOf('The oldest version of TLS.', ['TLSv1.2', 'TLSv1.3'], 'TLSv1.2'),
};

const listener = choice('Where clients connect.', 'type', {
  tcp: object('MQTT over TCP.', portFields),
  tls: object('MQTT over TLS.', {
    ...portFields,
    ...tlsFields,
    key: required(tlsFields.key),
    cert: required(tlsFields.cert),
  }),
  websocket: object('MQTT over WebSocket; over TLS (wss) where `key` and `cert` are given.', {
    ...portFields,
    ...tlsFields,
    path: text('The path of the URL, such as `/mqtt`. Default: any.', {
      pattern: /^\/[^?#\s]*$/,
      form: 'a path such as "/mqtt"',
    }),
    origins: list(
      'Origins whose pages may connect, such as `https://app.example.com`; `*` = all. Default: pages of this machine and, unless the listener is a local one, pages of the same host.',
      text('An origin.'),
    ),
  }),
  unix: object('MQTT over a Unix domain socket.', {
    path: required(path('The socket file; made by the broker.')),
  }),
});

/** The whole file. */
export const configurationRule = object('The configuration of `petrel broker`.', {
  listeners: list(
    'Where clients connect. Default: `{ type: tcp, port: 1883 }`, which only this machine reaches.',
    listener,
    {
      maximumItems: 64,
    },
  ),
  allowAnonymous: boolean(
    'Lets clients in that no method of authentication knows, from wherever the listeners can be reached.',
    false,
  ),
  authentication: authenticationRule,
  access: accessRule,
  bridges: bridgesRule,
  admin: object(
    'HTTP for operators: `/health`, `/ready`, `/metrics`, and an API that shows and ends sessions, and shows and publishes messages. Default: none.',
    {
      port: integer('0 = any free one.', { minimum: 0, maximum: 65_535, default: 9883 }),
      host: text(
        'Address or name. The token travels in the clear: another one than this machine is for a network that is yours.',
        {
          default: '127.0.0.1',
        },
      ),
      tokenFile: required(
        path(
          'File with the token, of at least 16 characters, that everything but `/health` and `/ready` asks for; a line end is ignored.',
        ),
      ),
      publicMetrics: boolean('Answers `/metrics` without the token.', false),
    },
  ),
  health: object(
    'HTTP for a supervisor such as Kubernetes: `/health` and `/ready`, and nothing else, without a token. Default: none.',
    {
      port: integer('0 = any free one.', { minimum: 0, maximum: 65_535, default: 9884 }),
      host: text('Address or name.', { default: '127.0.0.1' }),
    },
  ),
  dataFolder: path(
    'Keeps lasting sessions and retained messages there; nothing is acknowledged before it is on the disk. Default: none, all is in memory.',
  ),
  durability: oneOf(
    'What an acknowledged message survives: `sync` the loss of power, `os` the end of the process. Needs `dataFolder`.',
    ['sync', 'os'],
    'sync',
  ),
  sysTopicsIntervalMs: integer('Between two updates of the topics under `$SYS/broker/`; 0 = none.', {
    minimum: 0,
    maximum: 0x7fffffff,
    unit: 'milliseconds',
    default: 10_000,
  }),
  limits: limitRules(),
  tracing: object(
    'Sends spans of messages to an OpenTelemetry collector, over OTLP/HTTP; never a payload. Needs packages that `config check` names. Default: none.',
    {
      url: required(
        text('Where the collector takes traces, such as `http://127.0.0.1:4318/v1/traces`.', {
          pattern: /^https?:\/\/[^\s/]+\/\S*$/,
          form: 'a URL such as "http://127.0.0.1:4318/v1/traces"',
        }),
      ),
      serviceName: text('What the broker is called in traces.', { default: 'petrel' }),
      sampleOneIn: integer(
        'One of so many messages has spans. A message whose publisher sent the context of a trace follows the decision made there.',
        { minimum: 1, maximum: 1_000_000, default: 100 },
      ),
      maximumMessagesPerSecond: integer(
        'Messages that are looked at for it, per second, whatever their publishers decided.',
        { minimum: 1, maximum: 1_000_000, default: 1_000 },
      ),
    },
  ),
  pidFile: path('Has the number of the process while the broker runs, for `kill -HUP`. Default: none.'),
  log: object('What the broker says.', {
    level: oneOf('The least that is said.', ['error', 'warn', 'info', 'debug'], 'warn'),
    format: oneOf('Lines for people, or JSON for programs.', ['text', 'json'], 'text'),
    auditFile: path(
      'Who came, who went, who was refused what and what was changed over HTTP, as lines of JSON that are added to this file; SIGHUP opens it anew. Default: none.',
    ),
  }),
});

/** What a checked configuration is. */
export type Configuration = ValueOf<typeof configurationRule>;
