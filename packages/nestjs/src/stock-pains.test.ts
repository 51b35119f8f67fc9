/**
 * The stock transport has the pains: under the numbers of `pains.test.ts`, what is proved gone there is proved present here; this file has those
 * of messages, `stock-connection-pains.test.ts` those of connections. A test that fails after an update of NestJS is good news, and changes the guide.
 */
import { MqttRecordBuilder } from '@nestjs/microservices';
import { eventually } from '@petrel/testing';
import type { MqttClient as MqttJsClient } from 'mqtt';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { silenceNest } from './combinations.suite.js';
import {
  behaviour,
  GroupController,
  JobController,
  OverlapController,
  ParameterController,
  RequestController,
} from './pains-app.suite.js';
import { stockSetting } from './stock.suite.js';

silenceNest();

describe('the stock transport', () => {
  const stock = stockSetting();
  const { serve, client } = stock;

  /** A handler that goes on until it is told to finish. */
  function slowHandler() {
    const slow = { seen: [] as string[], finish: (): void => undefined };
    behaviour.handle = async () => {
      slow.seen.push('begun');
      await new Promise<void>((resolve) => {
        slow.finish = resolve;
      });
      slow.seen.push('finished');
    };
    return slow;
  }

  it('1: acknowledges before the handler has finished', async () => {
    const slow = slowHandler();
    const app = await serve(JobController);
    const whenAcknowledged = new Promise<string[]>((resolve) =>
      app.on('packetsend', ({ cmd }: { cmd: string }) => cmd === 'puback' && resolve([...slow.seen])),
    );
    await stock.foreign.publishAsync('jobs/1', '1', { qos: 1 });
    expect(await whenAcknowledged).not.toContain('finished');
    slow.finish();
  });

  it('2: runs any number of handlers at once', async () => {
    const finish: (() => void)[] = [];
    behaviour.handle = () => new Promise<void>((resolve) => finish.push(resolve));
    await serve(JobController, { concurrency: 7 });
    for (let n = 0; n < 200; n++) await stock.foreign.publishAsync('jobs/1', '1', { qos: 1 });
    await eventually(() => expect(finish).toHaveLength(200));
    for (const end of finish) end();
  });

  it('3: close() does not wait for handlers', async () => {
    const slow = slowHandler();
    const app = await serve(JobController);
    await stock.foreign.publishAsync('jobs/1', '1', { qos: 1 });
    await eventually(() => expect(slow.seen).toEqual(['begun']));
    await app.close();
    expect(slow.seen).toEqual(['begun']);
    slow.finish();
  });

  it('4: does not run each handler of overlapping patterns once', async () => {
    const seen: string[] = [];
    behaviour.handle = (data, _, pattern) => seen.push(`${String(data)} ${String(pattern)}`);
    await serve(OverlapController);
    await stock.foreign.publishAsync('a/b/c', '1', { qos: 1 });
    await stock.foreign.publishAsync('a/last', '2', { qos: 1 });
    await eventually(() => expect(seen).toContain('2 a/#'));
    expect(seen.filter((one) => one.startsWith('1')).sort()).not.toEqual(['1 a/#', '1 a/+/c', '1 a/b/c']);
  });

  it('5: gives a handler of requests its own replies', async () => {
    const topics: string[] = [];
    behaviour.handle = (data, context) => {
      topics.push(context.getTopic());
      return data;
    };
    await serve(RequestController);
    expect(await firstValueFrom(client().send('x/y', 1))).toBe(1);
    await eventually(() => expect(topics).toContain('x/y/reply'));
  });

  it('7: cuts foreign JSON', async () => {
    const seen: unknown[] = [];
    behaviour.handle = (data) => seen.push(data);
    await serve(JobController);
    await stock.foreign.publishAsync('jobs/1', '{"data":1,"info":2}', { qos: 1 });
    await eventually(() => expect(seen).toEqual([1]));
  });

  it('8: turns binary into text', async () => {
    const seen: unknown[] = [];
    behaviour.handle = (data) => seen.push(data);
    await serve(JobController);
    await stock.foreign.publishAsync('jobs/1', Buffer.from([0x89, 0x50, 0xff]), { qos: 1 });
    await eventually(() => expect(seen).toHaveLength(1));
    expect(Buffer.isBuffer(seen[0])).toBe(false);
  });

  it('9: takes a member "options" off the caller\'s object and off the wire, and the QoS off a record that is used again', async () => {
    const seen: unknown[] = [];
    behaviour.handle = (data) => seen.push(data);
    await serve(JobController);
    const telling = client();
    await telling.connect();
    const levels: unknown[] = [];
    telling.unwrap<MqttJsClient>().on('packetsend', (packet) => {
      if (packet.cmd === 'publish') levels.push(packet.qos);
    });
    const data = { options: { color: 'red' }, name: 'lamp' };
    const record = new MqttRecordBuilder('again').setQoS(1).build();
    for (const one of [data, record, record])
      await lastValueFrom(telling.emit('jobs/1', one), { defaultValue: undefined });
    await eventually(() => expect(seen).toEqual([{ name: 'lamp' }, 'again', 'again']));
    expect(data).toEqual({ name: 'lamp' });
    expect(levels).toEqual([0, 1, 0]);
  });

  it('10: sends a record as reply with its options, not as its data', async () => {
    behaviour.handle = () => new MqttRecordBuilder({ t: 21 }).setQoS(2).build();
    await serve(RequestController);
    expect(await firstValueFrom(client().send('x/t', 1))).not.toEqual({ t: 21 });
  });

  it('11: does not answer where an MQTT 5 program wants it', async () => {
    const seen: unknown[] = [];
    behaviour.handle = (data) => {
      seen.push(data);
      return data;
    };
    await serve(RequestController, { protocolVersion: 5 });
    await stock.foreign.subscribeAsync('my/answers', { qos: 1 });
    const answered = vi.fn();
    stock.foreign.on('message', answered);
    const properties = { responseTopic: 'my/answers', correlationData: Buffer.from([1]) };
    await stock.foreign.publishAsync('x/1', '"asked"', { qos: 1, properties });
    // Whoever asks in NestJS's own envelope afterwards is answered, so the first one would have been by then.
    expect(await firstValueFrom(client().send('x/2', 'after'))).toBe('after');
    expect(seen).toContain('asked');
    expect(answered).not.toHaveBeenCalled();
  });

  it('13: subscribes and unsubscribes around every request', async () => {
    behaviour.handle = (data) => data;
    await serve(RequestController);
    const asking = client();
    await asking.connect();
    const sent: string[] = [];
    asking.unwrap<MqttJsClient>().on('packetsend', ({ cmd }) => sent.push(cmd));
    for (let n = 0; n < 3; n++) await firstValueFrom(asking.send('x/echo', n));
    await eventually(() => expect(sent.filter((cmd) => cmd === 'unsubscribe')).toHaveLength(3));
    expect(sent.filter((cmd) => cmd === 'subscribe')).toHaveLength(3);
  });

  it('15: goes on waiting when nobody serves the pattern', async () => {
    behaviour.handle = (data) => data;
    await serve(RequestController);
    const asking = client();
    const settled = vi.fn();
    asking.send('nobody/here', 1).subscribe({ next: settled, error: settled, complete: settled });
    for (let n = 0; n < 3; n++) expect(await firstValueFrom(asking.send('x/echo', n))).toBe(n);
    expect(settled).not.toHaveBeenCalled();
  });

  it('17: "+" does not match an empty level', async () => {
    const topics: string[] = [];
    behaviour.handle = (_, context) => topics.push(context.getTopic());
    await serve(JobController);
    await stock.foreign.publishAsync('jobs/', '1', { qos: 1 });
    await stock.foreign.publishAsync('jobs/1', '1', { qos: 1 });
    await eventually(() => expect(topics).toContain('jobs/1'));
    expect(topics).toEqual(['jobs/1']);
  });

  it('18: hands no metadata to the handler, and sends no user properties by default', async () => {
    const seen: [unknown, unknown[]][] = [];
    behaviour.handle = (data, context) => seen.push([data, context.getArgs()]);
    await serve(JobController);
    const telling = client({ userProperties: { source: 'test' } });
    telling.setOnDispatchHook((packet) => {
      packet.metadata = { traceparent: '00-1-2-01' };
    });
    await lastValueFrom(telling.emit('jobs/1', 21), { defaultValue: undefined });
    await eventually(() => expect(seen).toHaveLength(1));
    const [data, args] = seen[0] ?? [];
    expect(data).toBe(21);
    // All there is besides the topic is the packet, whose raw payload the metadata are left in.
    expect(args).toHaveLength(2);
    expect(args?.[1]).not.toHaveProperty('properties');
    expect(args?.[1]).not.toHaveProperty('metadata');
  });

  it('19: cannot publish nothing, which clears a retained message', async () => {
    await expect(firstValueFrom(client().emit('state/1', undefined))).rejects.toThrow();
  });

  it('21: knows no group and no option of a handler but its QoS', async () => {
    const seen: unknown[] = [];
    behaviour.handle = (data) => seen.push(data);
    const asked: unknown[] = [];
    for (let replica = 0; replica < 2; replica++) {
      await serve(GroupController, { protocolVersion: 5 }, (app) =>
        app.on('packetsend', (packet: { cmd: string; subscriptions?: unknown[] }) => {
          if (packet.cmd === 'subscribe') asked.push(...(packet.subscriptions ?? []));
        }),
      );
    }
    await stock.foreign.publishAsync('jobs/1', '1', { qos: 1 });
    await eventually(() => expect(seen).toEqual([1, 1]));
    expect(asked).toEqual(
      [1, 1].map((qos) => expect.objectContaining({ topic: 'jobs/+', qos, nl: false, rap: false, rh: 0 })),
    );
  });

  it('22: takes a parameter for text', async () => {
    const seen = vi.fn();
    behaviour.handle = seen;
    await serve(ParameterController);
    await stock.foreign.publishAsync('sensors/hall/temperature', '21', { qos: 1 });
    await serve(JobController);
    const done = new Promise((resolve) => {
      behaviour.handle = resolve;
    });
    await stock.foreign.publishAsync('jobs/1', '1', { qos: 1 });
    await done;
    expect(seen).not.toHaveBeenCalled();
  });
});
