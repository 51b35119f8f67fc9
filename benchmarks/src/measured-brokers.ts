/** The brokers that can be compared: where they are, what they can do, and how each is started on the core of the measured. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findMosquitto, findNats, type Peer, serverCertificate } from '@petrel/testing';
import type { Transport } from './load-generator.js';
import { cores, launchPinnedOnFreePort } from './pinned-process.js';

/** Where a broker is to listen, and a folder for its files, which has the certificate. */
interface Place {
  readonly port: number;
  readonly transport: Transport;
  readonly folder: string;
  /** For the Node that runs Petrel. */
  readonly nodeArguments: readonly string[];
}

/** One of those who are compared. */
export interface MeasuredBroker {
  /** As the command line calls it. */
  readonly name: string;
  /** As people call it. */
  readonly title: string;
  /** Protocol Versions: 4 is MQTT 3.1.1. */
  readonly versions: readonly (4 | 5)[];
  readonly transports: readonly Transport[];
  readonly maximumQoS: 0 | 1 | 2;
  /** Default true. */
  readonly sharesSubscriptions?: boolean;
  /** Cannot do what a broker does: only pairs and fans with fixed topics. */
  readonly isForwarder?: boolean;
  /** Why it is not here; undefined when it is. */
  readonly missing?: string | undefined;
  command(place: Place): { readonly command: string; readonly args: readonly string[] };
}

/** A broker that runs for one measurement. */
export interface RunningMeasuredBroker {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

const all: readonly Transport[] = ['tcp', 'tls', 'websocket'];

/** All of them; `baseline` is another checkout's `packages/broker/dist/index.js`, measured beside this one. */
export function measuredBrokers(baseline?: string): readonly MeasuredBroker[] {
  const mosquitto = findMosquitto();
  const nats = findNats();
  return [
    petrel('petrel', 'Petrel'),
    ...(baseline === undefined ? [] : [petrel('baseline', 'Petrel (baseline)', baseline)]),
    {
      name: 'mosquitto',
      title: 'Mosquitto',
      versions: [4, 5],
      transports: all,
      maximumQoS: 2,
      missing: missing(mosquitto),
      command: (place) => ({ command: mosquitto.path ?? '', args: ['-c', mosquittoFile(place)] }),
    },
    { ...aedes('aedes', 'Aedes 1.2'), versions: [4] },
    { ...aedes('aedes-beta', 'Aedes 2 beta'), versions: [4, 5], sharesSubscriptions: false },
    {
      name: 'nats',
      title: 'NATS',
      versions: [4],
      transports: all,
      maximumQoS: 2,
      missing: missing(nats),
      command: (place) => ({ command: nats.path ?? '', args: ['-c', natsFile(place)] }),
    },
    {
      name: 'forwarder',
      title: 'plain forwarder',
      versions: [4],
      transports: ['tcp'],
      maximumQoS: 0,
      isForwarder: true,
      command: ({ port }) => nodeScript('forwarder', [String(port)]),
    },
  ];
}

/** Starts one and waits until it accepts connections. */
export async function startMeasuredBroker(
  broker: MeasuredBroker,
  {
    transport = 'tcp',
    nodeArguments = [],
  }: { transport?: Transport; nodeArguments?: readonly string[] } = {},
): Promise<RunningMeasuredBroker> {
  const folder = mkdtempSync(join(tmpdir(), 'petrel-bench-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  writeFileSync(join(folder, 'cert.pem'), serverCertificate.cert);
  writeFileSync(join(folder, 'key.pem'), serverCertificate.key);
  try {
    const { launched, port } = await launchPinnedOnFreePort(
      (port) => broker.command({ port, transport, folder, nodeArguments }),
      cores.measured,
    );
    return {
      port,
      pid: launched.pid,
      async stop() {
        await launched.stop();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

function petrel(name: string, title: string, module?: string): MeasuredBroker {
  return {
    name,
    title,
    versions: [4, 5],
    transports: all,
    maximumQoS: 2,
    command: ({ port, transport, folder, nodeArguments }) =>
      nodeScript(
        'petrel',
        [String(port), transport, folder, ...(module === undefined ? [] : [module])],
        nodeArguments,
      ),
  };
}

function aedes(name: string, title: string): Omit<MeasuredBroker, 'versions'> {
  return {
    name,
    title,
    transports: all,
    maximumQoS: 2,
    command: ({ port, transport, folder }) => nodeScript('aedes', [String(port), transport, folder, name]),
  };
}

function nodeScript(name: string, args: readonly string[], nodeArguments: readonly string[] = []) {
  const script = fileURLToPath(new URL(`brokers/${name}.js`, import.meta.url));
  return { command: process.execPath, args: [...nodeArguments, script, ...args] };
}

function missing(peer: Peer): string | undefined {
  return peer.path === undefined ? peer.hint : undefined;
}

/** Without its limits on what waits for a client, and without Nagle's algorithm, which would be measured instead of it. */
function mosquittoFile({ port, transport, folder }: Place): string {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const lines = [
    'allow_anonymous true',
    'log_dest none',
    'max_inflight_messages 0',
    'max_queued_messages 0',
    'set_tcp_nodelay true',
    // Started by root, it would turn into a user who cannot read the certificate.
    ...(process.getuid?.() === 0 ? ['user root'] : []),
    // Version 2.0.11 does not start with a WebSocket listener alone.
    ...(transport === 'websocket' ? [`listener 0 ${join(folder, 'socket')}`] : []),
    `listener ${port} 127.0.0.1`,
    ...(transport === 'websocket' ? ['protocol websockets'] : []),
    ...(transport === 'tls' ? [`certfile ${cert}`, `keyfile ${key}`] : []),
  ];
  return writeConfiguration(folder, lines);
}

/** Its MQTT side keeps sessions and retained messages in JetStream, so that has to be there. */
function natsFile({ port, transport, folder }: Place): string {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const mqttPort = transport === 'websocket' ? -1 : port;
  const tls =
    transport === 'tls' ? `tls { cert_file: ${JSON.stringify(cert)}, key_file: ${JSON.stringify(key)} }` : '';
  return writeConfiguration(folder, [
    'server_name: bench',
    'listen: "127.0.0.1:-1"',
    `jetstream { store_dir: ${JSON.stringify(folder)} }`,
    `mqtt { listen: "127.0.0.1:${mqttPort}"\n ${tls} }`,
    ...(transport === 'websocket' ? [`websocket { listen: "127.0.0.1:${port}", no_tls: true }`] : []),
  ]);
}

function writeConfiguration(folder: string, lines: readonly string[]): string {
  const file = join(folder, 'broker.conf');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}
