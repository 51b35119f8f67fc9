/** `petrel broker`: runs a broker until Ctrl-C. */
import { rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createBroker, type Logger } from '@petrel/broker';
import { type AdminServer, type HealthServer, openAdminServer, openHealthServer } from '@petrel/broker/admin';
import { AuditLog } from '../audit-log.js';
import { type Command, readInteger, readOperands } from '../command.js';
import type { ValuePath } from '../configuration/check-value.js';
import { type LoadedConfiguration, type LoadRequest, loadConfiguration } from '../configuration/load.js';
import { ConfigurationError } from '../errors.js';
import { createLog } from '../log.js';
import { readArguments } from '../read-arguments.js';
import { RunningConfiguration } from '../reload.js';
import { RunningBridges } from '../running-bridges.js';
import { interruption } from '../terminal.js';
import { openTracing } from '../tracing.js';

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
  options,
  values: { config: 'file', 'data-folder': 'folder', durability: ['sync', 'os'] },
  help: `petrel broker [options]

Runs an MQTT 5, 3.1.1 and 3.1 broker until Ctrl-C. Without a data folder it keeps everything in memory. SIGHUP reads the configuration
again: rules, passwords, certificates, limits and the log level change while clients stay; a bad one changes nothing.

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
    const request = readRequest(values);
    const loaded = await loadConfiguration(request);
    const running = new RunningConfiguration(request, loaded);
    const bridges = new RunningBridges(loaded.bridges);
    const { stillValid } = running;
    const authenticate = running.authenticate && bridges.authenticate(running.authenticate);
    const logger = createLog({
      level: () => (values.verbose ? 'debug' : (running.current.log?.level ?? 'warn')),
      format: loaded.configuration.log?.format ?? 'text',
      say: terminal.err,
    });
    const audit = await openAudit(loaded, logger);
    const { tracing: traced } = loaded.configuration;
    const tracing = traced && (await openTracing(traced, logger));
    const broker = await createBroker({
      ...loaded.options,
      hooks: {
        ...loaded.options.hooks,
        ...(authenticate && { authenticate }),
        ...(stillValid && { stillValid }),
      },
      observers: [audit?.observer, tracing?.observer].filter((each) => each !== undefined),
      logger,
    });
    bridges.start(broker, logger);
    const reload = async () => {
      try {
        await running.reload(broker);
      } catch (error) {
        logger.answer('warn', `${(error as Error).message}\nthe configuration stays as it was`);
        throw error;
      }
      if (running.adminToken !== undefined) admin?.changeToken(running.adminToken);
      logger.answer('info', 'the configuration was read again');
    };
    let admin: AdminServer | undefined;
    let health: HealthServer | undefined;
    let pidFile: string | undefined;
    try {
      admin =
        loaded.admin &&
        (await openAdminServer(broker, { ...loaded.admin, reload, onAction: audit?.onAction }));
      health = loaded.configuration.health && (await openHealthServer(broker, loaded.configuration.health));
      pidFile = await writePidFile(loaded);
    } catch (error) {
      // A broker whose operator or supervisor cannot look at it, or find it, does not start.
      await Promise.all([bridges.close(), admin?.close(), health?.close()]);
      await broker.destroy();
      throw error;
    }
    for (const { url } of broker.addresses) terminal.out(url);
    if (admin !== undefined) terminal.out(admin.url);
    if (health !== undefined) terminal.out(health.url);
    const stopReloading = terminal.onHangup(() => {
      audit?.reopen();
      // What is wrong with it was said.
      reload().catch(() => {});
    });
    await interruption(terminal.interrupted);
    stopReloading();
    await Promise.all([bridges.close(), admin?.close(), health?.close()]);
    await broker.close();
    await Promise.all([audit?.close(), tracing?.close()]);
    if (pidFile !== undefined) await rm(pidFile, { force: true });
  },
};

/** Where nobody can write down who comes, nobody comes. */
async function openAudit(
  { configuration, folder }: LoadedConfiguration,
  logger: Logger,
): Promise<AuditLog | undefined> {
  const file = configuration.log?.auditFile;
  return file === undefined
    ? undefined
    : AuditLog.open(resolve(folder, file), (error) => logger.error(error));
}

/** The file that was written, if there is to be one. */
async function writePidFile({
  configuration,
  folder,
  placeOf,
}: LoadedConfiguration): Promise<string | undefined> {
  if (configuration.pidFile === undefined) return undefined;
  const file = resolve(folder, configuration.pidFile);
  try {
    await writeFile(file, `${process.pid}\n`);
  } catch (cause) {
    const message = `"pidFile" cannot be written: ${(cause as Error).message}`;
    throw new ConfigurationError([{ ...placeOf(['pidFile']), path: 'pidFile', message }]);
  }
  return file;
}

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
