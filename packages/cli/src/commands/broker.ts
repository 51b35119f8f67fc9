/** `petrel broker`: runs a broker until Ctrl-C. */
import { createBroker, ListenError, type ListenerOptions } from '@petrel/broker';
import { UsageError } from '@petrel/protocol';
import { type Command, readArguments, readInteger, readOperands } from '../command.js';
import { interruption } from '../terminal.js';

const options = {
  host: { type: 'string' },
  port: { type: 'string', short: 'p' },
  'websocket-port': { type: 'string', short: 'w' },
  'allow-anonymous': { type: 'boolean' },
  'data-folder': { type: 'string', short: 'd' },
  durability: { type: 'string' },
  verbose: { type: 'boolean', short: 'v' },
} as const;

/** The command `broker`. */
export const brokerCommand: Command = {
  summary: 'run a broker',
  help: `petrel broker [options]

Runs an MQTT 5, 3.1.1 and 3.1 broker until Ctrl-C. Without a data folder it keeps everything in memory.

      --host ADDRESS         default 127.0.0.1; any other address needs --allow-anonymous
  -p, --port N               MQTT over TCP (default 1883; 0 = any free port)
  -w, --websocket-port N     MQTT over WebSocket (default: none; 0 = any free port)
      --allow-anonymous      let everybody in who can reach the address
  -d, --data-folder FOLDER   keep lasting sessions and retained messages there; nothing is acknowledged before it is on the disk
      --durability LEVEL     sync (default): survives the loss of power; os: survives the end of the process
  -v, --verbose              say what happens`,

  async run(args, terminal) {
    const { values, positionals } = readArguments(args, options);
    readOperands(positionals);
    const bounds = { minimum: 0, maximum: 65_535 };
    const host = values.host ?? '127.0.0.1';
    const listeners: ListenerOptions[] = [
      { type: 'tcp', host, port: readInteger('port', values.port, bounds) ?? 1883 },
    ];
    const webSocketPort = readInteger('websocket-port', values['websocket-port'], bounds);
    if (webSocketPort !== undefined) listeners.push({ type: 'websocket', host, port: webSocketPort });

    const { durability } = values;
    if (durability !== undefined && durability !== 'sync' && durability !== 'os')
      throw new UsageError(`option "--durability" must be sync or os, got "${durability}"`);
    const say = (message: unknown) =>
      terminal.err(message instanceof Error ? message.message : String(message));
    const quiet = values.verbose ? say : () => {};
    const broker = await createBroker({
      listeners,
      allowAnonymous: values['allow-anonymous'] ?? false,
      dataFolder: values['data-folder'],
      durability,
      logger: { debug: quiet, info: quiet, warn: say, error: say },
    }).catch((error: unknown) => {
      throw inWordsOfOptions(error, host);
    });
    for (const { url } of broker.addresses) terminal.out(url);
    await interruption(terminal.interrupted);
    await broker.close();
  },
};

/** The broker speaks of its own options, which a command line does not have. */
function inWordsOfOptions(error: unknown, host: string): unknown {
  if (!(error instanceof ListenError) || error.code !== 'PETREL_LISTEN_EXPOSED') return error;
  return new UsageError(
    `option "--host": ${host} can be reached from other machines; --allow-anonymous lets everybody in who can`,
    { cause: error },
  );
}
