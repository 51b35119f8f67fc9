/** The options of the command, read once. */
import { parseArgs } from 'node:util';
import type { Target } from './server/target.js';
import type { TestedVersion } from './statements.js';

/** What the command was asked to do. */
export interface CommandOptions {
  readonly help: boolean;
  readonly target?: Target;
  /** The key of a client to test instead of a broker. */
  readonly client?: string | undefined;
  readonly name?: string | undefined;
  readonly only?: string | undefined;
  readonly version?: TestedVersion | undefined;
  /** File for the JSON; "-" is standard output, instead of the table. */
  readonly json?: string | undefined;
}

/** A command line that cannot be understood; the message names option, value and rule. */
export class CommandLineError extends Error {
  override readonly name = 'CommandLineError';
}

export const usage = `Tests a broker against every normative statement of MQTT 5.0 and 3.1.1 that binds a server, or a client against the others.

  npm run conformance -- --url mqtt://127.0.0.1:1883

  --url <url>                mqtt:, mqtts:, ws: or wss:; may hold user:password@
  --websocket-url <url>      a WebSocket listener of the same broker, for section 6 (default: --url if it is one)
  --limited-url <url>        a listener of the same broker that announces Maximum QoS 0 and Retain Available 0
  --denied-topic <name>      a topic that nobody may publish or subscribe to
  --refused-user <name>      a User Name that is refused with any password
  --refused-client-id <id>   a Client Identifier that is refused
  --scram <user:password>    what the broker accepts by SCRAM-SHA-256 in AUTH packets
  --client petrel|mqtt-js    test a client instead, against the statements that bind clients
  --version 5|311            test one version only
  --only <id>                test one statement only, such as MQTT-3.3.1-5
  --trace                    print every packet, as "test.connection --> sent" and "<-- received"; best with --only
  --json <file>              also write the result as JSON; "-" writes it to standard output instead of the table
  --name <name>              name of the broker in the result (default: its host and port)
  --timeout <ms>             how long each expectation waits before it fails (default: 3000)
  --report                   test every broker and client that is installed and write docs/reference/conformance.md

The exit code is 0 when no statement failed, 1 when one did, 2 when the test could not be run.
`;

/** Reads the arguments behind the command; throws CommandLineError. */
export function readCommandOptions(args: readonly string[]): CommandOptions & { readonly report: boolean } {
  const { values } = parse(args);
  const { help = false, report = false, name, only, json } = values;
  if (help || report) return { help, report };
  const selection = { only, json, version: readVersion(values.version) };
  if (values.client !== undefined) return { help, report, client: values.client, ...selection };
  if (values.url === undefined)
    throw new CommandLineError(
      'option "--url" is missing: the broker to test, such as mqtt://127.0.0.1:1883',
    );
  const url = readUrl('--url', values.url);
  const webSocketUrl =
    values['websocket-url'] === undefined ? undefined : readUrl('--websocket-url', values['websocket-url']);
  return {
    help,
    report,
    ...selection,
    name: name ?? url.host,
    target: {
      url,
      webSocketUrl: webSocketUrl ?? (url.protocol.startsWith('ws') ? url : undefined),
      limitedUrl:
        values['limited-url'] === undefined ? undefined : readUrl('--limited-url', values['limited-url']),
      userName: url.username === '' ? undefined : decodeURIComponent(url.username),
      password: url.password === '' ? undefined : Buffer.from(decodeURIComponent(url.password)),
      deniedTopic: values['denied-topic'],
      refusedUserName: values['refused-user'],
      refusedClientIdentifier: values['refused-client-id'],
      scram: readScram(values.scram),
      timeoutMs: readTimeout(values.timeout),
      trace: values.trace === true ? (line) => process.stderr.write(`${line}\n`) : undefined,
    },
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean' },
        report: { type: 'boolean' },
        trace: { type: 'boolean' },
        client: text,
        url: text,
        'websocket-url': text,
        'limited-url': text,
        'denied-topic': text,
        'refused-user': text,
        'refused-client-id': text,
        scram: text,
        version: text,
        only: text,
        json: text,
        name: text,
        timeout: text,
      },
    });
  } catch (cause) {
    throw new CommandLineError((cause as Error).message, { cause });
  }
}

function readUrl(option: string, value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !['mqtt:', 'mqtts:', 'ws:', 'wss:'].includes(url.protocol)) {
    throw new CommandLineError(
      `option "${option}" must be a URL that begins with mqtt:, mqtts:, ws: or wss:, got ${value}`,
    );
  }
  return url;
}

function readVersion(value: string | undefined): TestedVersion | undefined {
  if (value === undefined) return undefined;
  if (value === '5') return 5;
  if (value === '311' || value === '3.1.1') return 4;
  throw new CommandLineError(`option "--version" must be 5 or 311, got ${value}`);
}

function readScram(value: string | undefined): Target['scram'] {
  if (value === undefined) return undefined;
  const colon = value.indexOf(':');
  if (colon < 1)
    throw new CommandLineError(
      `option "--scram" must be <user>:<password>, got ${colon === 0 ? 'no user' : 'no colon'}`,
    );
  return { userName: value.slice(0, colon), password: value.slice(colon + 1) };
}

function readTimeout(value: string | undefined): number {
  const timeoutMs = Number(value ?? 3000);
  if (!Number.isInteger(timeoutMs) || timeoutMs < 100 || timeoutMs > 60_000) {
    throw new CommandLineError(
      `option "--timeout" must be an integer 100–60000 (milliseconds), got ${value}`,
    );
  }
  return timeoutMs;
}
