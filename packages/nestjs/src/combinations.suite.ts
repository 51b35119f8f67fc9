/** Every pairing that has to work: {Petrel, stock NestJS} as server × as client × {Petrel, Mosquitto} as broker. */
import { type INestMicroservice, Logger, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type ClientProxy,
  ClientProxyFactory,
  type MicroserviceOptions,
  type MqttOptions,
  Transport,
} from '@nestjs/microservices';
import { createBroker } from '@petrel/broker';
import { describePeer, findMosquitto, startMosquitto } from '@petrel/testing';
import { describe } from 'vitest';
import { MqttClient } from './mqtt-client.js';
import { MqttServer } from './mqtt-server.js';
import type { PetrelMqttOptions } from './options.js';

export type Side = 'petrel' | 'stock';
export type BrokerKind = 'petrel' | 'mosquitto';

export interface Combination {
  readonly server: Side;
  readonly client: Side;
  readonly broker: BrokerKind;
}

/** A broker that can go away and come back at the same address. */
export interface TestBroker {
  readonly url: string;
  stop(): Promise<void>;
  /** Another broker at the same address, without any memory. */
  restart(): Promise<void>;
}

const sides: readonly Side[] = ['petrel', 'stock'];
export const brokerKinds: readonly BrokerKind[] = ['petrel', 'mosquitto'];

export const combinations: readonly Combination[] = brokerKinds.flatMap((broker) =>
  sides.flatMap((server) => sides.map((client) => ({ server, client, broker }))),
);

export function nameOf({ server, client, broker }: Combination): string {
  return `${client} client → ${broker} broker → ${server} server`;
}

/** A suite over a broker; a foreign one that is missing is a visible skip, or a failure where it must not be. */
export function describeBroker(kind: BrokerKind, name: string, define: () => void): void {
  if (kind === 'petrel') describe(name, define);
  else describePeer(findMosquitto(), name, define);
}

export async function startBroker(kind: BrokerKind): Promise<TestBroker> {
  return kind === 'petrel' ? startPetrel() : startForeign();
}

async function startPetrel(): Promise<TestBroker> {
  let broker = await createBroker({ listeners: [{ type: 'tcp', port: 0 }], allowAnonymous: true });
  const [address] = broker.addresses;
  if (address === undefined) throw new Error('the broker has no address');
  return {
    url: `mqtt://${address.host}:${address.port}`,
    stop: () => broker.destroy(),
    restart: async () => {
      await broker.destroy();
      broker = await createBroker({ listeners: [{ type: 'tcp', port: address.port }], allowAnonymous: true });
    },
  };
}

async function startForeign(): Promise<TestBroker> {
  let broker = await startMosquitto();
  const { port } = broker;
  return {
    url: `mqtt://127.0.0.1:${port}`,
    stop: async () => void (await broker.stop()),
    restart: async () => {
      await broker.stop();
      broker = await startMosquitto({ port });
    },
  };
}

/** Options that both transports take. */
export type SharedOptions = NonNullable<MqttOptions['options']> & PetrelMqttOptions;

/** The microservice options of one side, as an application would write them. */
export function serverOptions(side: Side, options: SharedOptions): MicroserviceOptions {
  return side === 'stock' ? { transport: Transport.MQTT, options } : { strategy: new MqttServer(options) };
}

/** The client options of one side, as an application would write them that runs in another process than the server. */
export function clientOptions(side: Side, options: SharedOptions) {
  return side === 'stock'
    ? { transport: Transport.MQTT as const, options }
    : { customClass: MqttClient, options: { ownConnection: true, ...options } as Record<string, unknown> };
}

export function createClient(side: Side, options: SharedOptions): ClientProxy {
  return ClientProxyFactory.create(clientOptions(side, options));
}

/** Starts a microservice, prepared by the test, and waits until its subscriptions are in place, which stock NestJS does not do. */
export async function startServer(
  side: Side,
  module: Type,
  options: SharedOptions,
  prepare?: (app: INestMicroservice) => void,
) {
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(module, {
    ...serverOptions(side, options),
    logger: false,
    abortOnError: false,
  });
  prepare?.(app);
  const granted = side === 'stock' ? stockSubscriptions(app) : undefined;
  await app.listen();
  await granted;
  return app;
}

interface StockEvents {
  on(event: string, listener: (packet: { cmd: string }) => void): void;
  getTransportServer(): unknown;
}

/** Resolves after as many SUBACK packets as there are handlers. */
export function stockSubscriptions(app: StockEvents): Promise<void> {
  return new Promise((resolve) => {
    let granted = 0;
    app.on('packetreceive', ({ cmd }) => {
      if (cmd !== 'suback') return;
      const { messageHandlers } = app.getTransportServer() as { messageHandlers: Map<string, unknown> };
      if (++granted === messageHandlers.size) resolve();
    });
  });
}

/** Errors are part of these tests; their logs are noise. */
export function silenceNest(): void {
  Logger.overrideLogger(false);
}
