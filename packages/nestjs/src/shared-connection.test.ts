/** A server and the clients of its options go in and out by one connection. */
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import type { Client } from '@petrel/client';
import { eventually } from '@petrel/testing';
import { connectAsync, type MqttClient as MqttJsClient } from 'mqtt';
import { firstValueFrom } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  brokerKinds,
  describeBroker,
  silenceNest,
  startBroker,
  type TestBroker,
} from './combinations.suite.js';
import { MqttClient } from './mqtt-client.js';
import { MqttServer } from './mqtt-server.js';
import type { PetrelMqttOptions } from './options.js';
import { behaviour, JobController, moduleOf, RequestController } from './pains-app.suite.js';

silenceNest();

for (const kind of brokerKinds)
  describeBroker(kind, `over the ${kind} broker`, () => {
    let broker: TestBroker;
    let foreign: MqttJsClient;
    const open: { close(): unknown }[] = [];

    beforeEach(async () => {
      broker = await startBroker(kind);
      foreign = await connectAsync(broker.url, { protocolVersion: 5 });
      behaviour.handle = (data) => data;
    });

    afterEach(async () => {
      await foreign.endAsync(true);
      for (const one of open.splice(0).reverse()) await one.close();
      await broker.stop();
    });

    async function serve(options: PetrelMqttOptions = {}, controller: Type = RequestController) {
      const server = new MqttServer({ url: broker.url, ...options });
      const app = await NestFactory.createMicroservice<MicroserviceOptions>(moduleOf(controller), {
        strategy: server,
        logger: false,
      });
      open.push(app);
      await app.listen();
      return server;
    }

    function client(options: PetrelMqttOptions = {}): MqttClient {
      const one = new MqttClient({ url: broker.url, ...options });
      open.push(one);
      return one;
    }

    const ask = (one: MqttClient, data: unknown) => firstValueFrom(one.send<unknown>('x/echo', data));

    it('pain 20: a server and clients of the same options have one connection, also by one Client Identifier', async () => {
      const options = { clientId: 'house', keepalive: 30 };
      const [one, other] = [client(options), client({ ...options })];
      await one.connect();
      const server = await serve(options);
      await other.connect();
      expect(one.unwrap()).toBe(server.unwrap());
      expect(other.unwrap()).toBe(server.unwrap());
      expect(await Promise.all([ask(one, 1), ask(other, 2)])).toEqual([1, 2]);
      expect(server.health().clientIdentifier).toBe('house');
    });

    it('other options, and "ownConnection", make another connection', async () => {
      const server = await serve();
      for (const options of [{ keepalive: 30 }, { ownConnection: true }, { userName: 'somebody' }]) {
        const one = client(options);
        expect(await ask(one, 1)).toBe(1);
        expect(one.unwrap()).not.toBe(server.unwrap());
      }
    });

    it('two servers have two, and of a group one gets each message', async () => {
      const seen: unknown[] = [];
      behaviour.handle = (data) => seen.push(data);
      const servers = [
        await serve({ group: 'g' }, JobController),
        await serve({ group: 'g' }, JobController),
      ];
      expect(servers[0]?.unwrap()).not.toBe(servers[1]?.unwrap());
      for (let n = 0; n < 4; n++) await foreign.publishAsync('jobs/1', String(n), { qos: 1 });
      await eventually(() => expect(seen.toSorted()).toEqual([0, 1, 2, 3]));
    });

    it('one Client Identifier for two connections is refused with the options that keep them apart, and ends nobody', async () => {
      const server = await serve({ clientId: 'house', keepalive: 30 });
      await expect(client({ clientId: 'house' }).connect()).rejects.toMatchObject({
        code: 'PETREL_INVALID_ARGUMENT',
        message: expect.stringMatching(
          /"house" for two, whose options differ in "keepAlive" \[MQTT-3\.1\.4-3\]/,
        ),
      });
      await expect(serve({ clientId: 'house', keepalive: 30 })).rejects.toThrow(/"house" for two/);
      expect(await ask(client(), 1)).toBe(1);
      expect(server.health().connection).toBe('connected');
    });

    it('who closes leaves the others the connection; the last one ends it', async () => {
      const [one, other] = [client(), client()];
      await Promise.all([one.connect(), other.connect()]);
      const server = await serve();
      const shared: Client = server.unwrap();
      expect(await ask(one, 1)).toBe(1);
      const statuses: string[] = [];
      const ended: string[] = [];
      one.status.subscribe((status) => statuses.push(status));
      one.on('end', () => ended.push('one'));
      other.on('end', () => ended.push('other'));
      await one.close();
      expect(statuses).toEqual(['connected', 'closed']);
      expect(ended).toEqual(['one']);
      expect(await ask(other, 2)).toBe(2);
      await server.close();
      expect(shared.status).toBe('connected');
      await expect(ask(other, 3)).rejects.toMatchObject({ code: 'PETREL_NO_RESPONDER' });
      await other.close();
      expect(shared.status).toBe('closed');
      expect(ended).toEqual(['one', 'other']);
    });

    it('a server that closes before a client loses nothing of a session that goes on', async () => {
      const session = { clientId: 'worker', clean: false, subscribeOptions: { qos: 1 as const } };
      const seen: unknown[] = [];
      behaviour.handle = (data) => seen.push(data);
      const telling = client(session);
      await telling.connect();
      const server = await serve(session, JobController);
      await foreign.publishAsync('jobs/1', '1', { qos: 1 });
      await eventually(() => expect(seen).toEqual([1]));
      const shared: Client = server.unwrap();
      await server.close();
      const received = new Promise((resolve) => shared.on('message', resolve));
      await foreign.publishAsync('jobs/1', '2', { qos: 1 });
      await received;
      await telling.close();
      expect(seen).toEqual([1]);
      await serve(session, JobController);
      await eventually(() => expect(seen).toEqual([1, 2]));
    });

    it('a lost connection is lost and found by all', async () => {
      const server = await serve({ reconnectPeriod: 1 });
      const one = client({ reconnectPeriod: 1 });
      expect(await ask(one, 1)).toBe(1);
      const connected = Promise.all(
        [server, one].map((part) => new Promise<void>((resolve) => part.on('connect', resolve))),
      );
      await broker.restart();
      await connected;
      await eventually(async () => expect(await ask(one, 2)).toBe(2));
    });
  });
