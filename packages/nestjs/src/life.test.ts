/** Status, events and messages while a broker comes and goes. */
import { Controller, Module } from '@nestjs/common';
import {
  type ClientProxy,
  EventPattern,
  MessagePattern,
  MqttRecordBuilder,
  Payload,
} from '@nestjs/microservices';
import { Client } from '@petrel/client';
import { eventually } from '@petrel/testing';
import { connectAsync } from 'mqtt';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  brokerKinds,
  createClient,
  describeBroker,
  silenceNest,
  startBroker,
  startServer,
  type TestBroker,
} from './combinations.suite.js';
import { MqttClient } from './mqtt-client.js';
import { MqttServer } from './mqtt-server.js';

silenceNest();

const seen: unknown[] = [];

@Controller()
class EchoController {
  @MessagePattern('echo')
  echo(@Payload() data: unknown): unknown {
    return data;
  }

  @EventPattern<string>('event')
  event(@Payload() data: unknown): void {
    seen.push(data);
  }
}

@Module({ controllers: [EchoController] })
class EchoModule {}

const fast = { reconnect: { minDelayMs: 1, maxDelayMs: 20 } };

for (const kind of brokerKinds)
  describeBroker(kind, `over the ${kind} broker`, () => {
    let broker: TestBroker;
    const open: { close(): unknown }[] = [];

    beforeEach(async () => {
      seen.length = 0;
      broker = await startBroker(kind);
    });

    afterEach(async () => {
      for (const one of open.splice(0)) await one.close();
      await broker.stop();
    });

    async function serve(): Promise<Awaited<ReturnType<typeof startServer>>> {
      const app = await startServer('petrel', EchoModule, { url: broker.url, ...fast });
      open.push(app);
      return app;
    }

    function call(): MqttClient {
      const client = createClient('petrel', { url: broker.url, ...fast }) as MqttClient;
      open.push(client);
      return client;
    }

    function statusesOf({ status }: Pick<ClientProxy, 'status'>): string[] {
      const statuses: string[] = [];
      status.subscribe((next) => statuses.push(next));
      return statuses;
    }

    it('status of a client goes through connect, broker loss, reconnect and close', async () => {
      const client = call();
      const statuses = statusesOf(client);
      expect(statuses).toEqual([]);
      await client.connect();
      expect(statuses).toEqual(['connected']);
      await broker.stop();
      await eventually(() =>
        expect(statuses.slice(0, 3)).toEqual(['connected', 'disconnected', 'reconnecting']),
      );
      await broker.restart();
      await eventually(() => expect(statuses.at(-1)).toBe('connected'));
      await client.close();
      expect(statuses.at(-1)).toBe('closed');
      expect(statuses.filter((status, index) => status === statuses[index - 1])).toEqual([]);
      expect(statusesOf(client)).toEqual(['closed']);
    });

    it('status of a server goes through connect, broker loss, reconnect and close', async () => {
      const server = new MqttServer({ url: broker.url, ...fast });
      const statuses = statusesOf(server);
      await new Promise<void>(
        (resolve, reject) => void server.listen((error) => (error ? reject(error as Error) : resolve())),
      );
      expect(statuses).toEqual(['connected']);
      await broker.stop();
      await eventually(() =>
        expect(statuses.slice(0, 3)).toEqual(['connected', 'disconnected', 'reconnecting']),
      );
      await broker.restart();
      await eventually(() => expect(statuses.at(-1)).toBe('connected'));
      await server.close();
      expect(statuses.at(-1)).toBe('closed');
    });

    it('status of the stock transport: connected, then closed and reconnecting, connected again, closed', async () => {
      const client = createClient('stock', { url: broker.url, reconnectPeriod: 20 });
      open.push(client);
      const statuses = statusesOf(client);
      await client.connect();
      await broker.restart();
      await eventually(() => expect(statuses.slice(0, 2)).toEqual(['connected', 'closed']));
      await eventually(() => expect(statuses.at(-1)).toBe('connected'));
      expect(statuses).toContain('reconnecting');
      await client.close();
      await eventually(() => expect(statuses.at(-1)).toBe('closed'));
    });

    it('status of a stock server: connected, then closed and reconnecting, connected again, closed', async () => {
      const app = await startServer('stock', EchoModule, { url: broker.url, reconnectPeriod: 20 });
      open.push(app);
      const statuses = statusesOf(app);
      expect(statuses).toEqual(['connected']);
      await broker.restart();
      await eventually(() => expect(statuses.slice(0, 2)).toEqual(['connected', 'closed']));
      await eventually(() => expect(statuses.at(-1)).toBe('connected'));
      expect(statuses).toContain('reconnecting');
      await app.close();
      await eventually(() => expect(statuses.at(-1)).toBe('closed'));
    });

    it('server and client find each other again after the broker was away', async () => {
      const app = await serve();
      const client = call();
      expect(await firstValueFrom(client.send('echo', 1))).toBe(1);
      const statuses = statusesOf(app);
      await broker.restart();
      await eventually(() => expect(statuses.filter((status) => status === 'connected')).toHaveLength(2));
      await eventually(async () => expect(await firstValueFrom(client.send('echo', 2))).toBe(2));
    });

    it('on() hears connect, close, offline, reconnect, packets and end, registered before connect', async () => {
      const client = call();
      const events: string[] = [];
      for (const event of ['connect', 'close', 'offline', 'reconnect', 'end'] as const) {
        client.on(event, () => events.push(event));
      }
      const packets: string[] = [];
      client.on('packetsend', (packet) => packets.push(`> ${(packet as unknown as { cmd: string }).cmd}`));
      client.on('packetreceive', (packet) => packets.push(`< ${(packet as unknown as { cmd: string }).cmd}`));
      await client.connect();
      expect(events).toEqual(['connect']);
      expect(packets.slice(0, 2)).toEqual(['> connect', '< connack']);
      await broker.restart();
      await eventually(() => expect(events.filter((event) => event === 'connect')).toHaveLength(2));
      expect(events.slice(1, 4).sort()).toEqual(['close', 'offline', 'reconnect']);
      await client.close();
      expect(events.slice(-2).sort()).toEqual(['close', 'end']);
    });

    it('unwrap() gives the client, and throws before there is one', async () => {
      const client = call();
      expect(() => client.unwrap()).toThrow('Not initialized. Please call the "connect" method first.');
      await client.connect();
      expect(client.unwrap()).toBeInstanceOf(Client);
      const app = await serve();
      expect(app.unwrap<Client>()).toBeInstanceOf(Client);
      expect(() => new MqttServer().unwrap()).toThrow(/Not initialized/);
    });

    it('pain 16: emit() while the broker is away is queued, and arrives', async () => {
      const client = call();
      await client.connect();
      const statuses = statusesOf(client);
      await broker.stop();
      await eventually(() => expect(statuses.at(-1)).not.toBe('connected'));
      const record = new MqttRecordBuilder('sent offline').setQoS(1).setRetain(true).build();
      const emitted = lastValueFrom(client.emit('event', record), { defaultValue: undefined });
      await broker.restart();
      await emitted;
      await serve();
      await eventually(() => expect(seen).toEqual(['sent offline']));
      expect(statuses).toContain('reconnecting');
    });

    it('a closed client connects again on its next use', async () => {
      await serve();
      const client = call();
      expect(await firstValueFrom(client.send('echo', 1))).toBe(1);
      await client.close();
      await client.close();
      expect(await firstValueFrom(client.send('echo', 2))).toBe(2);
    });

    it('pain 14: a request that waits when the client closes fails, and the next one works', async () => {
      const client = call();
      const silent = await connectAsync(broker.url);
      await silent.subscribeAsync('silent');
      const asked = firstValueFrom(client.send('silent', 1)).catch((error: unknown) => error);
      await new Promise<void>((resolve) => silent.once('message', () => resolve()));
      await client.close();
      expect(await asked).toMatchObject({ code: 'PETREL_REQUEST_CANCELLED' });
      await silent.endAsync();
    });
  });
