/** The transports of NestJS that are compared: the broker behind each, and how NestJS is told to use it. */
import { type ClientProvider, type MicroserviceOptions, Transport } from '@nestjs/microservices';
import { MqttClient, MqttServer } from '@petrel/nestjs';

/** One of those who are compared. */
export interface MeasuredTransport {
  /** As the command line calls it. */
  readonly name: string;
  /** As people call it. */
  readonly title: string;
  /** What has to run; undefined: server and client find each other without. */
  readonly broker: 'petrel' | 'mosquitto' | 'nats' | undefined;
  /** Can be measured by events that a plain MQTT program publishes. */
  readonly takesEvents: boolean;
  /** Options of the server; `qos` is that of its subscriptions. */
  server(port: number, qos: 0 | 1): MicroserviceOptions;
  client(port: number): ClientProvider;
}

const host = '127.0.0.1';

function petrel(
  name: string,
  title: string,
  broker: 'petrel' | 'mosquitto',
  requestQos: 0 | 1,
): MeasuredTransport {
  return {
    name,
    title,
    broker,
    // Of events, which it does not publish, it would only be measured twice.
    takesEvents: requestQos === 1,
    server: (port, qos) => ({
      strategy: new MqttServer({ url: `mqtt://${host}:${port}`, subscribeOptions: { qos } }),
    }),
    client: (port) => ({
      customClass: MqttClient,
      options: { url: `mqtt://${host}:${port}`, requestQos },
    }),
  };
}

/** All of them, in the order of the table. */
export const measuredTransports: readonly MeasuredTransport[] = [
  petrel('petrel', 'Petrel', 'petrel', 1),
  petrel('petrel-mosquitto', 'Petrel over Mosquitto', 'mosquitto', 1),
  // As stock MQTT sends them.
  petrel('petrel-qos0', 'Petrel, requests at QoS 0', 'petrel', 0),
  {
    name: 'stock',
    title: 'stock MQTT over Mosquitto',
    broker: 'mosquitto',
    takesEvents: true,
    server: (port, qos) => ({
      transport: Transport.MQTT,
      options: { url: `mqtt://${host}:${port}`, subscribeOptions: { qos } },
    }),
    client: (port) => ({ transport: Transport.MQTT, options: { url: `mqtt://${host}:${port}` } }),
  },
  {
    name: 'nats',
    title: 'NATS',
    broker: 'nats',
    takesEvents: false,
    server: (port) => ({ transport: Transport.NATS, options: { servers: [`nats://${host}:${port}`] } }),
    client: (port) => ({ transport: Transport.NATS, options: { servers: [`nats://${host}:${port}`] } }),
  },
  {
    name: 'tcp',
    title: 'TCP, no broker',
    broker: undefined,
    takesEvents: false,
    server: (port) => ({ transport: Transport.TCP, options: { host, port } }),
    client: (port) => ({ transport: Transport.TCP, options: { host, port } }),
  },
];

/** The transport of that name; throws when there is none. */
export function transportNamed(name: string | undefined): MeasuredTransport {
  const transport = measuredTransports.find((other) => other.name === name);
  if (transport === undefined) {
    const known = measuredTransports.map((other) => other.name).join(', ');
    throw new Error(`a transport must be one of ${known}, got ${name}`);
  }
  return transport;
}
