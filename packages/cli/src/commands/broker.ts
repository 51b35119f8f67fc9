/** `petrel broker`: runs a broker until Ctrl-C. */
import { createBroker } from '@petrel/broker';
import { type Command, readArguments, readInteger, readOperands } from '../command.js';
import type { ValuePath } from '../configuration/check-value.js';
import { type LoadRequest, loadConfiguration } from '../configuration/load.js';
import { interruption } from '../terminal.js';

const options = {
  config: { type: 'string', short: 'c' },
  host: { type: 'string' },
  port: { type: 'string', short: 'p' },
  'websocket-port': { type: 'string', short: 'w' },
  'allow-anonymous': { type: 'boolean' },
  'data-folder': { type: 'string', short: 'd' },
  durability: { type: 'string' },
  verbose: { type: 'boolean', short: 'v' },
} as const;

/** What `readArguments` makes of them. */
interface BrokerArguments {
  readonly config?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly 'websocket-port'?: string | undefined;
  readonly 'allow-anonymous'?: boolean | undefined;
  readonly 'data-folder'?: string | undefined;
  readonly durability?: string | undefined;
  readonly verbose?: boolean | undefined;
}

/** The command `broker`. */
export const brokerCommand: Command = {
  summary: 'run a broker',
  help: `petrel broker [options]

Runs an MQTT 5, 3.1.1 and 3.1 broker until Ctrl-C. Without a data folder it keeps everything in memory.

  -c, --config FILE          settings in YAML; petrel config check FILE tells whether they are right
      --host ADDRESS         default 127.0.0.1; any other address needs --allow-anonymous or a configuration file
  -p, --port N               MQTT over TCP (default 1883; 0 = any free port)
  -w, --websocket-port N     MQTT over WebSocket (default: none; 0 = any free port)
      --allow-anonymous      let everybody in who can reach the address
  -d, --data-folder FOLDER   keep lasting sessions and retained messages there; nothing is acknowledged before it is on the disk
      --durability LEVEL     sync (default): survives the loss of power; os: survives the end of the process
  -v, --verbose              say what happens

What stands here wins over environment variables such as PETREL_LIMITS_MAXIMUM_CONNECTIONS, and those over the file.`,

  async run(args, terminal) {
    const { values, positionals } = readArguments(args, options);
    readOperands(positionals);
    const { configuration, options: brokerOptions } = await loadConfiguration(readRequest(values));
    const level = values.verbose ? 'debug' : (configuration.log?.level ?? 'warn');
    const broker = await createBroker({ ...brokerOptions, logger: loggerOf(level, terminal.err) });
    for (const { url } of broker.addresses) terminal.out(url);
    await interruption(terminal.interrupted);
    await broker.close();
  },
};

/** What the command line says, as settings. */
function readRequest(values: BrokerArguments): LoadRequest {
  const settings: { option: string; path: ValuePath; value: unknown }[] = [];
  const set = (option: string, path: string | ValuePath, value: unknown) => {
    if (value !== undefined) settings.push({ option: `--${option}`, path: [path].flat(), value });
  };
  const bounds = { minimum: 0, maximum: 65_535 };
  const host = values.host ?? '127.0.0.1';
  const port = readInteger('port', values.port, bounds);
  const webSocketPort = readInteger('websocket-port', values['websocket-port'], bounds);
  const given = (['port', 'host', 'websocket-port'] as const).find((name) => values[name] !== undefined);
  if (given !== undefined) {
    const webSocket = { type: 'websocket', host, port: webSocketPort };
    set(given, 'listeners', [
      { type: 'tcp', host, port: port ?? 1883 },
      ...(webSocketPort === undefined ? [] : [webSocket]),
    ]);
    set('host', ['listeners', 0, 'host'], values.host);
  }
  set('allow-anonymous', 'allowAnonymous', values['allow-anonymous']);
  set('data-folder', 'dataFolder', values['data-folder']);
  set('durability', 'durability', values.durability);
  return { file: values.config, environment: process.env, arguments: settings };
}

function loggerOf(level: 'error' | 'warn' | 'info' | 'debug', say: (line: string) => void) {
  const levels = ['error', 'warn', 'info', 'debug'] as const;
  const speak = (message: unknown) => say(message instanceof Error ? message.message : String(message));
  const isSaid = (each: (typeof levels)[number]) => levels.indexOf(each) <= levels.indexOf(level);
  const at = (each: (typeof levels)[number]) => (isSaid(each) ? speak : () => {});
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
