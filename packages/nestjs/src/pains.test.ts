/** What users of the stock MQTT transport suffer from, one test each, by the numbers of the guide's table. */
import type { Type } from '@nestjs/common';
import { MqttRecordBuilder, RpcException } from '@nestjs/microservices';
import { eventually } from '@petrel/testing';
import { connectAsync, type MqttClient as MqttJsClient } from 'mqtt';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import {
  brokerKinds,
  describeBroker,
  type SharedOptions,
  silenceNest,
  startBroker,
  startServer,
  type TestBroker,
} from './combinations.suite.js';
import { MqttClient } from './mqtt-client.js';
import {
  behaviour,
  DeadLetterController,
  EverythingController,
  JobController,
  moduleOf,
  OverlapController,
  ParameterController,
  PropertyController,
  RequestController,
} from './pains-app.suite.js';

silenceNest();

interface Closable {
  close(): unknown;
}

function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

for (const kind of brokerKinds)
  describeBroker(kind, `over the ${kind} broker`, () => {
    let broker: TestBroker;
    let foreign: MqttJsClient;
    const open: Closable[] = [];

    beforeEach(async () => {
      broker = await startBroker(kind);
      foreign = await connectAsync(broker.url, { protocolVersion: 5 });
    });

    afterEach(async () => {
      await foreign.endAsync(true);
      for (const one of open.splice(0).reverse()) await one.close();
      await broker.stop();
    });

    async function serve(controller: Type, options: Partial<SharedOptions> = {}) {
      const app = await startServer('petrel', moduleOf(controller), { url: broker.url, ...options });
      open.push(app);
      return app;
    }

    async function connectClient(options: Partial<SharedOptions> = {}): Promise<MqttClient> {
      // As in another process.
      const client = new MqttClient({ url: broker.url, ownConnection: true, ...options });
      open.push(client);
      await client.connect();
      return client;
    }

    it('1: a message is acknowledged after its handler; a crash before that loses nothing', async () => {
      const session = {
        clientId: 'worker',
        clean: false,
        drainTimeoutMs: 1,
        subscribeOptions: { qos: 1 as const },
      };
      const seen: unknown[] = [];
      behaviour.handle = (data) => {
        seen.push(data);
        return seen.length === 1 ? new Promise(() => undefined) : undefined;
      };
      const app = await serve(JobController, session);
      await foreign.publishAsync('jobs/1', '"important"', { qos: 1 });
      await eventually(() => expect(seen).toEqual(['important']));
      // A crash: the process is gone before the handler has come to its end.
      app.unwrap<{ destroy(): void }>().destroy();
      await serve(JobController, session);
      await eventually(() => expect(seen).toEqual(['important', 'important']));
    });

    it('1: what fails is tried again, and then kept as a dead letter with the reason', async () => {
      const attempts: number[] = [];
      behaviour.handle = (_, context) => {
        attempts.push(context.getAttempt());
        throw new RpcException({ code: 'TOO_MANY', message: 'too many' });
      };
      await serve(DeadLetterController);
      await foreign.subscribeAsync('dead/orders', { qos: 1 });
      const letter = new Promise<Record<string, unknown>>((resolve) =>
        foreign.once('message', (_, payload, { properties }) =>
          resolve({ payload: payload.toString(), ...properties?.userProperties }),
        ),
      );
      await foreign.publishAsync('orders/7', '1000', { qos: 1 });
      expect(await letter).toMatchObject({
        payload: '1000',
        'dead-letter-reason': 'too many',
        'dead-letter-code': 'TOO_MANY',
        'dead-letter-attempts': '2',
        'dead-letter-topic': 'orders/7',
      });
      expect(attempts).toEqual([1, 2]);
    });

    it('2: no more handlers run at once than "concurrency" says', async () => {
      let running = 0;
      let most = 0;
      let done = 0;
      behaviour.handle = async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        done++;
      };
      // With a Receive Maximum of 7 Mosquitto would send seven and wait for the delayed TCP acknowledgement, 40 ms each time.
      await serve(JobController, { concurrency: 7, receiveMaximum: 100, subscribeOptions: { qos: 1 } });
      // As many at a time as every broker keeps for a client that is busy.
      for (let burst = 0; burst < 20; burst++) {
        await Promise.all(Array.from({ length: 100 }, () => foreign.publishAsync('jobs/1', '1', { qos: 1 })));
        await eventually(() => expect(done).toBe((burst + 1) * 100));
      }
      expect(most).toBe(7);
    });

    it('3: close() lets handlers finish and acknowledges them', async () => {
      const { opened, open: finish } = gate();
      const seen: string[] = [];
      behaviour.handle = async () => {
        seen.push('begun');
        await opened;
        seen.push('finished');
      };
      const app = await serve(JobController);
      await foreign.publishAsync('jobs/1', '1', { qos: 1 });
      await eventually(() => expect(seen).toEqual(['begun']));
      const acknowledged = vi.fn();
      app.on('packetsend', (packet: { cmd: string }) => packet.cmd === 'puback' && acknowledged());
      const closed = app.close();
      finish();
      await closed;
      expect(seen).toEqual(['begun', 'finished']);
      expect(acknowledged).toHaveBeenCalledOnce();
    });

    it.each([4, 5])(
      '4: each handler of overlapping patterns runs once per message (MQTT %d)',
      async (protocolVersion) => {
        const seen: unknown[] = [];
        behaviour.handle = (data, _, pattern) => seen.push(`${String(data)} ${String(pattern)}`);
        await serve(OverlapController, { protocolVersion: protocolVersion as 4 | 5 });
        await foreign.publishAsync('a/b/c', '1', { qos: 1 });
        await foreign.publishAsync('a/x/c', '2', { qos: 1 });
        await foreign.publishAsync('a/last', '3', { qos: 1 });
        await eventually(() => expect(seen).toContain('3 a/#'));
        expect(seen.sort()).toEqual(['1 a/#', '1 a/+/c', '1 a/b/c', '2 a/#', '2 a/+/c', '3 a/#']);
      },
    );

    it.each([4, 5])(
      '5: a handler of requests does not get its own replies (MQTT %d)',
      async (protocolVersion) => {
        const topics: string[] = [];
        behaviour.handle = (data, context) => {
          topics.push(context.getTopic());
          return data;
        };
        await serve(RequestController, { protocolVersion: protocolVersion as 4 | 5 });
        const client = await connectClient({ protocolVersion: protocolVersion as 4 | 5 });
        for (const data of [1, 2]) expect(await firstValueFrom(client.send('x/y', data))).toBe(data);
        expect(topics).toEqual(['x/y', 'x/y']);
      },
    );

    it('7: foreign JSON arrives uncut, and is not taken for a request', async () => {
      const seen: unknown[] = [];
      behaviour.handle = (data) => seen.push(data);
      await serve(JobController);
      const answered = vi.fn();
      await foreign.subscribeAsync('jobs/+/reply');
      foreign.on('message', answered);
      const payloads = [
        { data: 1, info: 2 },
        { id: 'a', data: 1 },
        { pattern: 'p', data: { x: 1 } },
        { response: 1, id: 'b' },
      ];
      for (const payload of payloads)
        await foreign.publishAsync('jobs/1', JSON.stringify(payload), { qos: 1 });
      await eventually(() => expect(seen).toEqual(payloads));
      expect(answered).not.toHaveBeenCalled();
    });

    it('8: binary arrives as the bytes it is, and comes back as them', async () => {
      const seen: unknown[] = [];
      behaviour.handle = (data) => {
        seen.push(data);
        return data;
      };
      const bytes = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0xff, 0x00]);
      await serve(JobController);
      await foreign.publishAsync('jobs/1', bytes, { qos: 1 });
      const client = await connectClient();
      client.emit('jobs/1', bytes);
      await eventually(() => expect(seen).toEqual([bytes, bytes]));
      await serve(RequestController);
      expect(await firstValueFrom(client.send('x/1', bytes))).toEqual(bytes);
      expect(seen.every((data) => Buffer.isBuffer(data))).toBe(true);
    });

    it('9: what the caller hands in stays as it is, and a record can be used again', async () => {
      const seen: [unknown, unknown][] = [];
      behaviour.handle = (data, context) => seen.push([data, context.getPacket().qos]);
      await serve(JobController, { subscribeOptions: { qos: 2 } });
      const client = await connectClient();
      const data = Object.freeze({ options: { color: 'red' }, data: 'x' });
      const record = Object.freeze(new MqttRecordBuilder('again').setQoS(1).build());
      client.emit('jobs/1', data);
      client.emit('jobs/1', record);
      client.emit('jobs/1', record);
      await eventually(() => expect(seen).toHaveLength(3));
      expect(seen).toEqual([
        [{ options: { color: 'red' }, data: 'x' }, 0],
        ['again', 1],
        ['again', 1],
      ]);
      expect(record.options).toEqual({ qos: 1 });
    });

    it('10: a record as reply is its data, published as it says', async () => {
      behaviour.handle = () =>
        new MqttRecordBuilder({ t: 21 })
          .setQoS(2)
          .setProperties({ userProperties: { unit: 'C' } })
          .build();
      await serve(RequestController);
      const client = await connectClient();
      const replies: { qos: number; properties: { userProperties: [string, string][] } }[] = [];
      client.on('packetreceive', (packet) => {
        if ((packet as { cmd?: string }).cmd === 'publish') replies.push(packet as never);
      });
      expect(await firstValueFrom(client.send('x/t', 1))).toEqual({ t: 21 });
      expect(replies[0]?.properties.userProperties).toContainEqual(['unit', 'C']);
    });

    it('11: any MQTT 5 program can ask, by Response Topic and Correlation Data', async () => {
      behaviour.handle = (data) => (data as number[]).reduce((total, value) => total + value);
      await serve(RequestController);
      await foreign.subscribeAsync('my/answers', { qos: 1 });
      const answer = new Promise((resolve) =>
        foreign.once('message', (topic, payload, { properties }) =>
          resolve({ topic, payload: payload.toString(), properties }),
        ),
      );
      const correlationData = Buffer.from([1, 2, 3]);
      const properties = { responseTopic: 'my/answers', correlationData };
      await foreign.publishAsync('x/sum', '[1,2,3]', { qos: 1, properties });
      expect(await answer).toMatchObject({
        topic: 'my/answers',
        payload: '6',
        properties: { correlationData, contentType: 'application/json' },
      });
    });

    it('11: any MQTT 5 program can be asked, with the plain data where the client is told so', async () => {
      await foreign.subscribeAsync('sum', { qos: 1 });
      foreign.on('message', (_, payload, { properties }) => {
        const numbers = JSON.parse(payload.toString()) as number[];
        const { responseTopic = '', correlationData = Buffer.alloc(0) } = properties ?? {};
        const total = numbers.reduce((sum, value) => sum + value);
        foreign.publish(responseTopic, JSON.stringify(total), { properties: { correlationData } });
      });
      const client = await connectClient({ envelope: 'native' });
      expect(await firstValueFrom(client.send('sum', [1, 2, 3]))).toBe(6);
    });

    it('12, 13: a requester gets its own replies only, with no SUBSCRIBE or UNSUBSCRIBE per request', async () => {
      behaviour.handle = (data) => data;
      await serve(RequestController);
      const [one, other] = [await connectClient(), await connectClient()];
      for (const client of [one, other]) await firstValueFrom(client.send('x/echo', 0));
      const packets: string[] = [];
      one.on('packetreceive', (packet) => packets.push((packet as { cmd?: string }).cmd ?? ''));
      one.on('packetsend', (packet) => packets.push((packet as { cmd?: string }).cmd ?? ''));
      for (let n = 1; n <= 5; n++) {
        expect(await firstValueFrom(one.send('x/echo', n))).toBe(n);
        expect(await firstValueFrom(other.send('x/echo', -n))).toBe(-n);
      }
      const after = packets.filter((packet) => packet !== 'unsubscribe' && packet !== 'unsuback');
      // PUBLISH out and in, PUBACK of the request: nothing else but the end of the reply topic that only stock peers need.
      expect(after.filter((packet) => packet === 'publish')).toHaveLength(10);
      expect(new Set(after)).toEqual(new Set(['publish', 'puback']));
      expect(packets.filter((packet) => packet === 'unsubscribe').length).toBeLessThanOrEqual(1);
    });

    it('14: a request that nobody answers fails after "requestTimeoutMs"', async () => {
      await foreign.subscribeAsync('silent', { qos: 1 });
      const client = await connectClient({ requestTimeoutMs: 50 });
      await expect(firstValueFrom(client.send('silent', 1))).rejects.toMatchObject({
        code: 'PETREL_REQUEST_TIMEOUT',
      });
    });

    it('15: a request that nobody serves fails at once', async () => {
      const client = await connectClient({ requestTimeoutMs: 0 });
      await expect(firstValueFrom(client.send('nobody/here', 1))).rejects.toMatchObject({
        code: 'PETREL_NO_RESPONDER',
      });
    });

    it('17: + matches an empty level, and # does not match topics that begin with $', async () => {
      const topics: string[] = [];
      behaviour.handle = (_, context) => topics.push(context.getTopic());
      await serve(JobController);
      await serve(EverythingController);
      await foreign.publishAsync('jobs/', '1', { qos: 1 });
      await eventually(() => expect(topics).toEqual(['jobs/', 'jobs/']));
    });

    it('18: User Properties, metadata and topic reach the handler', async () => {
      const seen: unknown[] = [];
      behaviour.handle = (data, context, unit, topic) =>
        seen.push([data, unit, topic, context.getMetadata()]);
      await serve(PropertyController);
      const client = await connectClient({ userProperties: { source: 'test' } });
      client.setOnDispatchHook((packet) => {
        packet.metadata = { traceparent: '00-1-2-01' };
      });
      const record = new MqttRecordBuilder(21).setProperties({ userProperties: { unit: 'C' } }).build();
      await lastValueFrom(client.emit('p/1', record), { defaultValue: undefined });
      const metadata = { source: 'test', unit: 'C', traceparent: '00-1-2-01' };
      await eventually(() => expect(seen).toEqual([[21, 'C', 'p/1', metadata]]));
    });

    it('19: a retained message can be cleared', async () => {
      const client = await connectClient();
      const record = new MqttRecordBuilder('on').setQoS(1).setRetain(true).build();
      for (const topic of ['state/1', 'state/2'])
        await lastValueFrom(client.emit(topic, record), { defaultValue: undefined });
      await client.clearRetained('state/1');
      const empty = new MqttRecordBuilder(new Uint8Array(0)).setQoS(1).setRetain(true).build();
      await lastValueFrom(client.emit('state/2', empty), { defaultValue: undefined });
      await lastValueFrom(client.emit('state/3', record), { defaultValue: undefined });
      const topics: string[] = [];
      foreign.on('message', (topic) => topics.push(topic));
      await foreign.subscribeAsync('state/+', { qos: 1 });
      await eventually(() => expect(topics).toEqual(['state/3']));
    });

    it('21: of the servers of a group, one gets each message', async () => {
      const seen: unknown[] = [];
      behaviour.handle = (data) => seen.push(data);
      for (let replica = 0; replica < 2; replica++) await serve(JobController, { group: 'workers' });
      for (let n = 0; n < 10; n++) await foreign.publishAsync('jobs/1', String(n), { qos: 1 });
      await eventually(() => expect(seen.length).toBeGreaterThanOrEqual(10));
      expect(seen.map(Number).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    });

    it('22: the levels of a topic have names', async () => {
      const seen: unknown[] = [];
      behaviour.handle = (data, _, room, all) => seen.push([data, room, all]);
      await serve(ParameterController);
      await foreign.publishAsync('sensors/hall/temperature/1', '21', { qos: 1 });
      await eventually(() => expect(seen).toEqual([[21, 'hall', { room: 'hall', rest: 'temperature/1' }]]));
    });
  });
