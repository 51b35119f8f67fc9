/** NATS server, whose MQTT 3.1.1 side keeps its sessions in JetStream. */
import { pathOf } from './describe-peer.js';
import { findProgram, type Peer, peersFolder } from './find-program.js';
import { type RunningBroker, startBrokerProcess } from './running-broker.js';

/** The NATS server, from the PATH or from the folder that `scripts/fetch-nats.sh` fills. */
export function findNats(): Peer {
  return findProgram({
    name: 'NATS',
    hint: 'bash scripts/fetch-nats.sh (on Debian)',
    files: ['nats-server'],
    variable: 'PETREL_NATS',
    folders: [peersFolder],
  });
}

/** Starts NATS on loopback with MQTT and MQTT over WebSocket. `config`: more lines of its configuration; `mqtt`: of its MQTT part. */
export function startNats(
  options: { readonly config?: string; readonly mqtt?: string; readonly port?: number } = {},
): Promise<RunningBroker> {
  return startBrokerProcess({
    command: pathOf(findNats()),
    port: options.port,
    configure: ({ port, webSocketPort, folder }) => `
server_name: petrel_test
listen: "127.0.0.1:-1"
jetstream { store_dir: ${JSON.stringify(folder)} }
mqtt {
  listen: "127.0.0.1:${port}"
  ${options.mqtt ?? ''}
}
websocket { listen: "127.0.0.1:${webSocketPort}", no_tls: true }
${options.config ?? ''}
`,
    ready: { line: /Server is ready/ },
  });
}
