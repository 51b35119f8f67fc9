/** Eclipse Mosquitto, the broker and its command line clients. */
import { pathOf } from './describe-peer.js';
import { findProgram, type Peer } from './find-program.js';
import { type RunningBroker, startBrokerProcess } from './running-broker.js';

/** The Mosquitto broker. */
export function findMosquitto(): Peer {
  return findProgram({
    name: 'Mosquitto',
    hint: 'apt-get install mosquitto',
    files: ['mosquitto'],
    variable: 'PETREL_MOSQUITTO',
    folders: ['/usr/sbin', '/usr/local/sbin'],
  });
}

/** One of Mosquitto's command line clients. */
export function findMosquittoClient(program: 'mosquitto_pub' | 'mosquitto_sub' | 'mosquitto_rr'): Peer {
  return findProgram({
    name: program,
    hint: 'apt-get install mosquitto-clients',
    files: [program],
    variable: `PETREL_${program.toUpperCase()}`,
  });
}

/**
 * Starts Mosquitto on loopback with one MQTT and one WebSocket listener, nothing on disk.
 *
 * `config`: more lines of mosquitto.conf, before the listeners. `allowAnonymous`: default true. `port`: default a
 * free one; give the old one to start it again after `stop`.
 */
export function startMosquitto(
  options: { readonly config?: string; readonly allowAnonymous?: boolean; readonly port?: number } = {},
): Promise<RunningBroker> {
  return startBrokerProcess({
    command: pathOf(findMosquitto()),
    port: options.port,
    configure: ({ port, webSocketPort }) => `
persistence false
log_dest stderr
${
  // Started by root, it would otherwise turn into a user who cannot read its own configuration.
  process.getuid?.() === 0 ? 'user root' : ''
}
${options.config ?? ''}
allow_anonymous ${options.allowAnonymous ?? true}
listener ${port} 127.0.0.1
listener ${webSocketPort} 127.0.0.1
protocol websockets
`,
  });
}
