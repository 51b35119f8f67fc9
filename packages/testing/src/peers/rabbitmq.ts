/** RabbitMQ with its MQTT plugins: MQTT 3.1.1 on top of a broker for AMQP. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../free-port.js';
import { launchOnFreePort } from '../launch-process.js';
import { pathOf } from './describe-peer.js';
import { findProgram, type Peer } from './find-program.js';
import { type RunningBroker, startBrokerProcess } from './running-broker.js';

/** The RabbitMQ server. */
export function findRabbitMq(): Peer {
  return findProgram({
    name: 'RabbitMQ',
    hint: 'apt-get install rabbitmq-server',
    files: ['rabbitmq-server'],
    variable: 'PETREL_RABBITMQ',
    // Debian puts a wrapper into the PATH that changes the user and writes below /var.
    foldersFirst: ['/usr/lib/rabbitmq/bin'],
  });
}

/** Erlang's register of nodes: a node that finds none starts one, which then outlives it. */
function findPortMapper(): Peer {
  return findProgram({
    name: 'epmd',
    hint: 'apt-get install erlang-base',
    files: ['epmd'],
    variable: 'PETREL_EPMD',
  });
}

/**
 * Starts a node on loopback with MQTT and MQTT over WebSocket, without AMQP, all its files in a folder of its own. It
 * takes about ten seconds: start one per test file. `config`: more lines of rabbitmq.conf.
 */
export async function startRabbitMq(
  options: { readonly config?: string; readonly port?: number } = {},
): Promise<RunningBroker> {
  const { launched: portMapper, port: portMapperPort } = await launchOnFreePort((port) => ({
    command: pathOf(findPortMapper()),
    args: ['-port', String(port), '-address', '127.0.0.1'],
  }));
  try {
    const broker = await startBrokerProcess({
      command: pathOf(findRabbitMq()),
      port: options.port,
      configure: ({ port, webSocketPort }) => `
listeners.tcp = none
mqtt.listeners.tcp.1 = 127.0.0.1:${port}
mqtt.allow_anonymous = true
web_mqtt.tcp.ip = 127.0.0.1
web_mqtt.tcp.port = ${webSocketPort}
web_mqtt.ws_path = /mqtt
log.console = true
log.file = false
${options.config ?? ''}
`,
      ready: { line: /Server startup complete/ },
      async launch({ folder }, file) {
        const plugins = join(folder, 'enabled_plugins');
        await writeFile(plugins, '[rabbitmq_mqtt, rabbitmq_web_mqtt].');
        return {
          args: ['-noinput'],
          env: {
            HOME: folder,
            ERL_EPMD_PORT: String(portMapperPort),
            ERL_EPMD_ADDRESS: '127.0.0.1',
            RABBITMQ_CONF_ENV_FILE: join(folder, 'no-environment-of-this-machine'),
            RABBITMQ_NODENAME: 'petrel@localhost',
            RABBITMQ_DIST_PORT: String(await freePort()),
            RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
            RABBITMQ_CONFIG_FILE: file,
            RABBITMQ_ENABLED_PLUGINS_FILE: plugins,
            RABBITMQ_MNESIA_BASE: join(folder, 'data'),
            RABBITMQ_LOG_BASE: join(folder, 'log'),
            RABBITMQ_LOGS: '-',
            RABBITMQ_PID_FILE: join(folder, 'pid'),
            // The process that we start then is the node itself, and no shell that waits for it.
            RABBITMQ_ALLOW_INPUT: '1',
          },
          readyTimeoutMs: 90_000,
        };
      },
    });
    return {
      ...broker,
      async stop() {
        await broker.stop();
        await portMapper.stop();
      },
    };
  } catch (error) {
    await portMapper.stop();
    throw error;
  }
}
