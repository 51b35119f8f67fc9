/** What an MQTT microservice in NestJS is known to do, in every pairing of transports and brokers. */
import { type INestApplicationContext, type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type ClientProxy, ClientsModule, MqttRecordBuilder } from '@nestjs/microservices';
import { eventually } from '@petrel/testing';
import { connectAsync, type MqttClient as MqttJsClient } from 'mqtt';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  clientOptions,
  combinations,
  createClient,
  describeBroker,
  nameOf,
  serverOptions,
  silenceNest,
  startBroker,
  startServer,
  stockSubscriptions,
  type TestBroker,
} from './combinations.suite.js';
import { FeatureModule, journal, type Seen } from './feature-app.suite.js';

silenceNest();

for (const combination of combinations) {
  describeBroker(combination.broker, nameOf(combination), () => {
    const { server, client: clientSide, broker: kind } = combination;
    let broker: TestBroker;
    let app: INestMicroservice;
    let client: ClientProxy;
    let foreign: MqttJsClient;

    beforeAll(async () => {
      broker = await startBroker(kind);
      const { url } = broker;
      app = await startServer(server, FeatureModule, { url, subscribeOptions: { qos: 2 } });
      client = createClient(clientSide, { url });
      await client.connect();
      foreign = await connectAsync(url);
    });

    afterAll(async () => {
      await client?.close();
      await app?.close();
      await foreign?.endAsync();
      await broker?.stop();
    });

    const ask = (pattern: unknown, data: unknown): Promise<unknown> =>
      firstValueFrom(client.send(pattern, data));
    const failure = (pattern: unknown, data: unknown): Promise<unknown> =>
      ask(pattern, data).then(
        () => expect.fail('the request must fail'),
        (error: unknown) => error,
      );
    const seenOn = (topic: string, count = 1): Promise<Seen[]> =>
      eventually(() => {
        const seen = journal.on(topic).filter(({ data }) => JSON.stringify(data)?.includes(mark));
        expect(seen).toHaveLength(count);
        return seen;
      });
    // The journal is one for all pairings: what belongs to this test says so.
    let mark = '';
    const marked = (value: string): string => (mark = `${value} ${Math.random()}`);

    it('@MessagePattern with @Payload() data: number[], the returned value is the reply', async () => {
      expect(await ask('sum', [1, 2, 3])).toBe(6);
    });

    // The stock client ends the reply subscription of a request that has just begun when another one ends, and never makes
    // it again: both that request and all later ones of its pattern hang.
    if (clientSide === 'petrel') {
      it('many requests at once get each their own reply', async () => {
        const asked = Array.from({ length: 50 }, (_, index) => [index, index]);
        expect(await Promise.all(asked.map((data) => ask('sum', data)))).toEqual(
          asked.map(([a = 0]) => a * 2),
        );
      });
    }

    it.each([
      ['text'],
      ['123'],
      [''],
      [0],
      [false],
      [{ nested: { list: [1, null] } }],
      [[]],
      [{ data: 1, info: 2 }],
    ])('%j arrives as it was sent and comes back', async (data) => {
      expect(await ask('echo', data)).toEqual(data);
    });

    it('a promise is awaited', async () => {
      expect(await ask('later', 'x')).toBe('x');
    });

    it('a returned Observable is a stream of replies', async () => {
      expect(await lastValueFrom(client.send('stream', 4).pipe(toArray()))).toEqual([0, 1, 2, 3]);
      expect(await lastValueFrom(client.send('stream/slow', 3).pipe(toArray()))).toEqual([0, 1, 2]);
    });

    it('a stream that fails delivers what came before', async () => {
      const seen: unknown[] = [];
      const stream = client.send('stream/failing', 1);
      const error = await new Promise((resolve) =>
        stream.subscribe({ next: (value) => seen.push(value), error: resolve }),
      );
      expect(seen).toEqual([1]);
      expect(error).toEqual({ status: 'error', message: 'torn' });
    });

    it('null is a reply', async () => {
      expect(await ask('gives-null', 1)).toBeNull();
    });

    it.each(['nothing', 'empty'])('%s is none: the Observable completes without a value', async (pattern) => {
      expect(await lastValueFrom(client.send(pattern, 1).pipe(toArray()))).toEqual([]);
    });

    it('an exception reaches the caller as an internal server error, without its text', async () => {
      expect(await failure('throws', 1)).toEqual({ status: 'error', message: 'Internal server error' });
    });

    it('an RpcException reaches the caller as it was thrown', async () => {
      expect(await failure('rejects', 1)).toEqual({ status: 'error', message: 'denied' });
      expect(await failure('rejects/object', 1)).toEqual({ code: 'NO_ROOM', rooms: ['hall'] });
    });

    it('filters, pipes, guards and interceptors do their work', async () => {
      expect(await failure('filtered', 1)).toEqual({ status: 'error', filtered: 'caught by the filter' });
      expect(await ask('piped', { value: 21 })).toBe(42);
      expect(await failure('piped', { value: 'x' })).toEqual({ status: 'error', message: 'not a number' });
      expect(await ask('guarded', { admin: true })).toBe('welcome');
      expect(await failure('guarded', { admin: false })).toEqual({
        status: 'error',
        message: 'Forbidden resource',
      });
      expect(await ask('intercepted', 1)).toEqual({ wrapped: 1 });
    });

    it('patterns may be objects and arrays', async () => {
      expect(await ask({ cmd: 'ping', area: 'test' }, 1)).toBe('pong');
      expect(await ask('first', 1)).toBe('first');
      expect(await ask('second', 1)).toBe('second');
    });

    it('request patterns may have wildcards', async () => {
      expect(await ask('rooms/hall/average/day', 1)).toBe('rooms/hall/average/day');
      expect(await ask('tree/a/b', 1)).toBe('tree/a/b');
    });

    it('request-scoped providers see the request', async () => {
      expect(await ask('scoped', { n: 1 })).toBe('scoped {"n":1}');
    });

    it('a record as data sets the QoS of the request, which the handler sees', async () => {
      for (const qos of [0, 1, 2] as const)
        expect(await ask('qos', new MqttRecordBuilder('x').setQoS(qos).build())).toBe(qos);
    });

    // Stock NestJS sends such a record as the object that it is.
    if (server === 'petrel') {
      it('a record as reply is its data', async () => {
        expect(await ask('record', 1)).toEqual({ from: 'record' });
      });
    }

    it('emit reaches @EventPattern, and resolves', async () => {
      const data = [1, 2, marked('event')];
      await lastValueFrom(client.emit('notifications', data), { defaultValue: undefined });
      const [seen] = await seenOn('notifications');
      expect(seen?.data).toEqual(data);
    });

    it('@Ctx() gives topic and packet: topic, payload, qos, retain, dup', async () => {
      const data = { t: marked('context') };
      client.emit('sensors/hall/temperature/1', new MqttRecordBuilder(data).setQoS(1).build());
      const [seen] = await seenOn('sensors/hall/temperature/1');
      expect(seen).toMatchObject({ handler: 'temperature', data, topic: 'sensors/hall/temperature/1' });
      const { payload, ...packet } = seen!.packet;
      expect(packet).toMatchObject({
        cmd: 'publish',
        topic: 'sensors/hall/temperature/1',
        qos: 1,
        retain: false,
        dup: false,
      });
      expect(Buffer.isBuffer(payload) && payload.toString()).toContain(data.t);
    });

    it.each([0, 1, 2] as const)('QoS %d of a record is seen by the handler', async (qos) => {
      const data = marked(`qos ${qos}`);
      client.emit('logs/qos', new MqttRecordBuilder(data).setQoS(qos).build());
      expect((await seenOn('logs/qos'))[0]?.packet.qos).toBe(qos);
    });

    it('the extras of a handler go over subscribeOptions', async () => {
      client.emit('at-most-once', new MqttRecordBuilder(marked('extras')).setQoS(2).build());
      expect((await seenOn('at-most-once'))[0]?.packet.qos).toBe(0);
    });

    it('wildcards match what MQTT says they match', async () => {
      const data = marked('wildcards');
      for (const topic of ['sensors/a/temperature/1', 'sensors/a/humidity/1', 'logs', 'logs/a/b'])
        client.emit(topic, data);
      for (const topic of ['sensors/a/temperature/1', 'logs', 'logs/a/b']) await seenOn(topic);
      await seenOn('sensors/a/humidity/1', 0);
    });

    it('every handler of an event runs', async () => {
      client.emit('shared-event', marked('shared'));
      expect((await seenOn('shared-event', 2)).map(({ handler }) => handler).sort()).toEqual([
        'first',
        'second',
      ]);
    });

    it('an event handler may return an Observable', async () => {
      client.emit('observable', marked('observable'));
      await seenOn('observable');
    });

    it('a handler that throws on an event disturbs nothing', async () => {
      client.emit('fails', marked('fails'));
      await seenOn('fails');
      expect(await ask('sum', [1, 1])).toBe(2);
    });

    it('a payload that is not JSON arrives as text', async () => {
      await foreign.publishAsync('logs/foreign', marked('{ not json'), { qos: 1 });
      expect((await seenOn('logs/foreign'))[0]?.data).toBe(mark);
    });

    it('JSON of a foreign program arrives as data', async () => {
      const data = { celsius: 21.5, at: marked('foreign') };
      await foreign.publishAsync('logs/json', JSON.stringify(data), { qos: 1 });
      expect((await seenOn('logs/json'))[0]?.data).toEqual(data);
    });

    it('a reply that nobody waits for disturbs nothing', async () => {
      await foreign.publishAsync(
        'sum/reply',
        JSON.stringify({ id: 'nobody', response: 1, isDisposed: true }),
        { qos: 1 },
      );
      await foreign.publishAsync('sum', JSON.stringify({ pattern: 'sum', data: [1], id: 'gone' }), {
        qos: 1,
      });
      expect(await ask('sum', [2, 2])).toBe(4);
    });

    it('nil patterns and data are refused', async () => {
      await expect(ask('sum', null)).rejects.toThrow(/invalid data or message pattern/);
      await expect(ask(undefined, 1)).rejects.toThrow(/invalid data or message pattern/);
      await expect(firstValueFrom(client.emit('notifications', undefined))).rejects.toThrow(
        /invalid data or message pattern/,
      );
    });

    it('setRetain keeps the message for a server that comes later, which sees retain', async () => {
      const data = marked('retained');
      const topic = `logs/retained/${Math.random()}`;
      await lastValueFrom(client.emit(topic, new MqttRecordBuilder(data).setQoS(1).setRetain(true).build()), {
        defaultValue: undefined,
      });
      await eventually(() => expect(journal.on(topic).length).toBe(1));
      const late = await startServer(server, FeatureModule, {
        url: broker.url,
        subscribeOptions: { qos: 2 },
      });
      await eventually(() =>
        expect(journal.on(topic).map(({ packet }) => packet.retain)).toEqual([false, true]),
      );
      await late.close();
    });

    it('properties of a record reach the handler on MQTT 5', async () => {
      const options = { url: broker.url, protocolVersion: 5 as const, subscribeOptions: { qos: 1 as const } };
      const other = await startServer(server, FeatureModule, options);
      const sender = createClient(clientSide, { ...options, userProperties: { always: 'yes' } });
      const topic = `logs/properties/${Math.random()}`;
      const properties = { userProperties: { trace: 'abc' }, messageExpiryInterval: 60 };
      await sender.connect();
      sender.emit(topic, new MqttRecordBuilder('x').setQoS(1).setProperties(properties).build());
      const seen = await eventually(() => {
        const found = journal.on(topic).find(({ packet }) => packet.properties !== undefined);
        expect(found).toBeDefined();
        return found;
      });
      expect(seen?.packet.properties).toMatchObject({
        userProperties: { trace: 'abc', always: 'yes' },
        messageExpiryInterval: expect.any(Number),
      });
      await sender.close();
      await other.close();
    });

    it('a hybrid application serves over HTTP and MQTT, with an injected client', async () => {
      const app = await hybrid([
        ClientsModule.register([{ name: 'MATH_SERVICE', ...clientOptions(clientSide, { url: broker.url }) }]),
      ]);
      expect(await firstValueFrom(app.get<ClientProxy>('MATH_SERVICE').send('later', 7))).toBe(7);
      await app.close();
    });

    it('ClientsModule.registerAsync injects a client whose options were waited for', async () => {
      const useFactory = async () => clientOptions(clientSide, { url: broker.url });
      const app = await hybrid([ClientsModule.registerAsync([{ name: 'MATH_SERVICE', useFactory }])]);
      expect(await firstValueFrom(app.get<ClientProxy>('MATH_SERVICE').send('sum', [3, 4]))).toBe(7);
      await app.close();
    });

    async function hybrid(
      imports: NonNullable<Parameters<typeof Module>[0]['imports']>,
    ): Promise<INestApplicationContext> {
      @Module({ imports: [FeatureModule, ...imports] })
      class HybridModule {}
      const application = await NestFactory.create(HybridModule, { logger: false, abortOnError: false });
      application.enableShutdownHooks();
      const microservice = application.connectMicroservice(
        serverOptions(server, { url: broker.url, subscribeOptions: { qos: 1 } }),
      );
      const granted = server === 'stock' ? stockSubscriptions(microservice as never) : undefined;
      await application.startAllMicroservices();
      await granted;
      await application.listen(0, '127.0.0.1');
      return application;
    }
  });
}
