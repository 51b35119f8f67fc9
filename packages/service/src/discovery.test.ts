/** Services are found and asked over any MQTT program, of either version. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Broker, createBroker } from '@petrel/broker';
import { describePeer, eventually, findMosquittoClient } from '@petrel/testing';
import mqtt from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createService } from './create-service.js';
import { FakeNetwork } from './fake-network.suite.js';
import { ServiceMetrics } from './metrics/service-metrics.js';
import type { ServiceOptions } from './options.js';
import { Service } from './service.js';

const run = promisify(execFile);
let broker: Broker;
let port: number;
const open: { close(): unknown }[] = [];

beforeEach(async () => {
  broker = await createBroker({ listeners: [{ type: 'tcp', port: 0 }] });
  port = broker.addresses[0]?.port ?? 0;
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  await broker.destroy();
});

async function climate(options: ServiceOptions = {}): Promise<Service> {
  const service = await createService({
    stream: () => broker.connect(),
    name: 'climate',
    version: '1.2.3',
    description: 'Knows how warm it is.',
    onError: () => undefined,
    ...options,
  });
  open.push(service);
  await service.respond('climate/average', (data) => {
    if (data === 'bad') throw Object.assign(new Error('secret'), { code: 'BAD' });
    return 21;
  });
  await service.on('sensors/:room/temperature', () => undefined);
  return service;
}

describe('discovery', () => {
  it('answers ping, info and stats, of all services, of those with a name, of one replica', async () => {
    await climate();
    const asker = await createService({ stream: () => broker.connect() });
    open.push(asker);
    const ping = await asker.request<{ id: string; clientIdentifier: string }>('petrel/services/ping');
    expect(ping).toEqual({
      type: 'petrel.service.ping',
      name: 'climate',
      id: expect.stringMatching(/^[0-9a-f]{12}$/),
      version: '1.2.3',
      clientIdentifier: expect.any(String),
    });
    expect(broker.sessions().map(({ clientIdentifier }) => clientIdentifier)).toContain(
      ping.clientIdentifier,
    );
    const info = await asker.request('petrel/services/info/climate');
    expect(info).toMatchObject({
      ...ping,
      type: 'petrel.service.info',
      description: 'Knows how warm it is.',
      endpoints: [
        { topic: 'climate/average', topicFilter: 'climate/average', kind: 'request' },
        { topic: 'sensors/:room/temperature', topicFilter: 'sensors/+/temperature', kind: 'event' },
      ],
    });
    await asker.request('climate/average');
    await expect(asker.request('climate/average', 'bad')).rejects.toThrow('secret');
    const stats = await asker.request<{ started: string }>(`petrel/services/stats/climate/${ping.id}`);
    expect(stats).toMatchObject({
      type: 'petrel.service.stats',
      endpoints: [
        {
          topic: 'climate/average',
          handled: 1,
          failed: 1,
          inFlight: 0,
          lastError: 'BAD',
          averageMs: expect.any(Number),
        },
        { topic: 'sensors/:room/temperature', handled: 0, failed: 0, averageMs: 0 },
      ],
    });
    expect(Date.parse(stats.started)).not.toBeNaN();
    expect(JSON.stringify(stats)).not.toContain('secret');
  });

  it('does not answer for others', async () => {
    await climate();
    const asker = await createService({ stream: () => broker.connect() });
    open.push(asker);
    await expect(asker.request('petrel/services/ping/heating/1')).rejects.toThrow(
      expect.objectContaining({ code: 'PETREL_NO_RESPONDER' }),
    );
  });

  it('answers each of several replicas, and a 3.1.1 program that can name no Response Topic', async () => {
    await Promise.all([climate(), climate(), climate({ name: 'heating' })]);
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4 });
    open.push({ close: () => client.endAsync() });
    const names: string[] = [];
    client.on('message', (topic, payload) => {
      const { name, id } = JSON.parse(payload.toString()) as { name: string; id: string };
      expect(topic).toBe(`petrel/services/answer/ping/${name}/${id}`);
      names.push(name);
    });
    await client.subscribeAsync('petrel/services/answer/#');
    await client.publishAsync('petrel/services/ping', '');
    await eventually(() => expect(names.sort()).toEqual(['climate', 'climate', 'heating']));
  });

  it('answers MQTT.js on MQTT 5 where its Response Topic says, with its Correlation Data', async () => {
    await climate();
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5 });
    open.push({ close: () => client.endAsync() });
    const answered = new Promise<[unknown, string | undefined]>((resolve) => {
      client.on('message', (_, payload, { properties }) =>
        resolve([JSON.parse(payload.toString()), properties?.correlationData?.toString()]),
      );
    });
    await client.subscribeAsync('my/answers');
    const properties = { responseTopic: 'my/answers', correlationData: Buffer.from('7') };
    await client.publishAsync('petrel/services/ping/climate', '', { properties });
    expect(await answered).toEqual([expect.objectContaining({ name: 'climate' }), '7']);
  });

  describePeer(findMosquittoClient('mosquitto_rr'), 'with mosquitto_rr', () => {
    it('is asked from a shell', async () => {
      await climate();
      const { stdout } = await run('mosquitto_rr', [
        ...[
          '-V',
          '5',
          '-p',
          String(port),
          '-t',
          'petrel/services/info/climate',
          '-e',
          'answers',
          '-n',
          '-W',
          '10',
        ],
      ]);
      expect(JSON.parse(stdout)).toMatchObject({
        name: 'climate',
        endpoints: [{ topic: 'climate/average' }, {}],
      });
    });
  });
});

describe('a service', () => {
  it('without a name, or with discovery turned off, subscribes nothing for it', async () => {
    const network = new FakeNetwork();
    await new Service(network.link()).discoverable();
    await new Service(network.link(), { name: 'climate', discovery: false }).discoverable();
    expect(network.topicFilters()).toEqual([]);
    await new Service(network.link(), { name: 'climate', discoveryPrefix: 'house' }).discoverable();
    const own = expect.stringMatching(/^house\/\+\/climate\/[0-9a-f]{12}$/);
    expect(network.topicFilters()).toEqual(['house/+', 'house/+/climate', own]);
  });

  it('neither lists nor counts the questions after it, and counts once where somebody counts already', async () => {
    const network = new FakeNetwork();
    const metrics = new ServiceMetrics();
    const service = new Service(network.link(), { name: 'climate', observers: [metrics] });
    await service.discoverable();
    await service.on('a', () => undefined);
    const stats = await new Service(network.link()).request('petrel/services/stats');
    expect(stats).toMatchObject({ endpoints: [{ topic: 'a' }] });
    expect(metrics.handlers.map(({ topic }) => topic)).toEqual(['a']);
  });

  it.each([
    [{ name: 'a b' }, 'option "name" must consist of letters, digits, "-" and "_", got "a b"'],
    [{ discovery: true }, 'option "discovery" needs the option "name": it is what others find a service by'],
    [
      { name: 'a', discoveryPrefix: '#' },
      'option "discoveryPrefix" must be a topic without wildcards [MQTT-4.7.0-1], got "#"',
    ],
  ])('with %o is refused', (settings, message) => {
    expect(() => new Service(new FakeNetwork().link(), settings)).toThrow(
      expect.objectContaining({ code: 'PETREL_INVALID_ARGUMENT', message }),
    );
  });
});
