/** The clients that are compared, each used in the way that is fastest for it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Client,
  connect,
  DiskSessionStore,
  MemorySessionStore,
  type SessionStore,
} from '@petrel/client';
import mqtt, { type MqttClient } from 'mqtt';
import { PlainClient } from './plain-client.js';

/** What a measurement needs of a client. */
export interface MeasuredClient {
  /** Publishes one message; `done` is called when its QoS is complete, and never inside this call at QoS 1 and 2. */
  publish(topicName: string, payload: Uint8Array, qos: 0 | 1 | 2, done: () => void): void;
  /** Subscribes; `onMessage` is called for each message. */
  subscribe(topicFilter: string, qos: 0 | 1 | 2, onMessage: (payload: Uint8Array) => void): Promise<void>;
  close(): Promise<void>;
}

/** One of those who are compared. */
export interface ClientKind {
  /** As the command line calls it. */
  readonly name: string;
  readonly title: string;
  /** Only measured when it is asked for. */
  readonly isVariant?: boolean;
  open(port: number, protocolVersion: 4 | 5): Promise<MeasuredClient>;
}

/** All of them. */
export const clientKinds: readonly ClientKind[] = [
  {
    name: 'petrel',
    title: 'Petrel',
    open: async (port, protocolVersion) =>
      petrel(await connect({ url: `mqtt://127.0.0.1:${port}`, protocolVersion })),
  },
  stored('memory-store', 'Petrel, MemorySessionStore', () => new MemorySessionStore()),
  stored(
    'disk-store-os',
    'Petrel, DiskSessionStore, `os`',
    (path) => new DiskSessionStore({ path, durability: 'os' }),
  ),
  stored('disk-store-sync', 'Petrel, DiskSessionStore, `sync`', (path) => new DiskSessionStore({ path })),
  {
    name: 'mqttjs',
    title: 'MQTT.js',
    open: async (port, protocolVersion) =>
      mqttJs(await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion })),
  },
  {
    name: 'plain',
    title: 'no client, plain bytes',
    open: (port, version) => PlainClient.open(port, version),
  },
];

/** Petrel with a store in a folder of its own; `publish` still ends with the QoS. */
function stored(name: string, title: string, storeIn: (path: string) => SessionStore): ClientKind {
  return {
    name,
    title,
    isVariant: true,
    open: async (port, protocolVersion) => {
      const path = mkdtempSync(join(tmpdir(), 'petrel-client-store-'));
      const client = await connect({
        url: `mqtt://127.0.0.1:${port}`,
        protocolVersion,
        clientIdentifier: 'benchmark',
        sessionStore: storeIn(path),
      });
      const measured = petrel(client);
      return {
        ...measured,
        close: async () => {
          await measured.close();
          rmSync(path, { recursive: true, force: true });
        },
      };
    },
  };
}

function fail(error: unknown): never {
  throw error;
}

function petrel(client: Client): MeasuredClient {
  // The caller's object is only read, so one is enough, as in a program that cares.
  const options = [{ qos: 0 }, { qos: 1 }, { qos: 2 }] as const;
  return {
    publish: (topicName, payload, qos, done) => {
      client.publish(topicName, payload, options[qos]).then(done, fail);
    },
    subscribe: async (topicFilter, qos, onMessage) => {
      await client.subscribe(topicFilter, { qos }, ({ payload }) => onMessage(payload));
    },
    close: () => client.close(),
  };
}

function mqttJs(client: MqttClient): MeasuredClient {
  const options = [{ qos: 0 }, { qos: 1 }, { qos: 2 }] as const;
  return {
    publish: (topicName, payload, qos, done) => {
      client.publish(topicName, payload as Buffer, options[qos], (error) => (error ? fail(error) : done()));
    },
    subscribe: async (topicFilter, qos, onMessage) => {
      client.on('message', (_topicName, payload) => onMessage(payload));
      await client.subscribeAsync(topicFilter, { qos });
    },
    close: () => client.endAsync(),
  };
}
