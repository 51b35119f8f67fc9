/** Services over real connections: in process without a port, and over Mosquitto. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createBroker } from '@petrel/broker';
import {
  describePeer,
  eventually,
  findMosquitto,
  findMosquittoClient,
  pathOf,
  startMosquitto,
} from '@petrel/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createService } from './create-service.js';
import type { ServiceOptions } from './options.js';
import type { Service } from './service.js';

type Open = (
  options?: Partial<ServiceOptions>,
  declare?: (service: Service) => Promise<unknown>,
) => Promise<Service>;

const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of cleanUp.splice(0).reverse()) await close();
});

async function overPetrel(): Promise<Open> {
  const broker = await createBroker();
  cleanUp.push(() => broker.destroy());
  return async (options = {}, declare) =>
    opened(await createService({ stream: () => broker.connect(), ...options }, declare));
}

async function overMosquitto(): Promise<Open & { readonly port: number }> {
  const broker = await startMosquitto();
  cleanUp.push(() => broker.stop());
  const url = `mqtt://127.0.0.1:${broker.port}`;
  const open: Open = async (options = {}, declare) =>
    opened(await createService({ url, ...options }, declare));
  return Object.assign(open, { port: broker.port });
}

function opened(service: Service): Service {
  cleanUp.push(() => service.close());
  return service;
}

function suite(over: () => Promise<Open>): void {
  it.each([
    ['5', {}],
    ['3.1.1', { protocolVersion: 4 }],
  ] as const)('asks, answers, streams and publishes on MQTT %s', async (_, options) => {
    const open = await over();
    const server = await open(options);
    const seen = vi.fn();
    await server.respond('sum', (data: number[]) => data.reduce((a, b) => a + b));
    await server.respond('count', async function* (to: number) {
      for (let n = 1; n <= to; n++) yield n;
    });
    await server.respond('fails', () => {
      throw Object.assign(new Error('no such room'), { code: 'NO_ROOM' });
    });
    await server.on('events/+', (data, { topicName }) => seen(topicName, data));
    const client = await open(options);
    expect(await client.request('sum', [1, 2, 3])).toBe(6);
    const items: unknown[] = [];
    for await (const item of client.requestStream('count', 3)) items.push(item);
    expect(items).toEqual([1, 2, 3]);
    await expect(client.request('fails')).rejects.toMatchObject({
      remoteCode: 'NO_ROOM',
      message: 'no such room',
    });
    await client.publish('events/a', { n: 1 });
    await eventually(() => expect(seen).toHaveBeenCalledWith('events/a', { n: 1 }));
  });

  it('a requester on MQTT 5 and a responder on 3.1.1 understand each other, given both forms', async () => {
    const open = await over();
    await (await open({ protocolVersion: 4 })).respond('sum', (data: number[]) => data.length);
    const client = await open({ envelope: 'auto' });
    expect(await client.request('sum', [1, 2])).toBe(2);
  });

  it('fails at once when nobody serves a topic', async () => {
    const client = await (await over())({ requestTimeoutMs: 0 });
    await expect(client.request('nobody')).rejects.toMatchObject({ code: 'PETREL_NO_RESPONDER' });
  });

  it('continues a session without missing what came in the meantime, by handlers declared first', async () => {
    const open = await over();
    const session = { clientIdentifier: 'worker', cleanStart: false, sessionExpiryInterval: 600 };
    const seen: unknown[] = [];
    const declare = (service: Service) => service.on('jobs/+', (data) => seen.push(data));
    const first = await open(session, declare);
    const client = await open();
    await client.publish('jobs/1', 'one');
    await eventually(() => expect(seen).toEqual(['one']));
    await first.close();
    await client.publish('jobs/2', 'two');
    await open(session, declare);
    await eventually(() => expect(seen).toEqual(['one', 'two']));
  });
}

describe('over the Petrel broker, in process', () => {
  suite(overPetrel);

  it('leaves a session that goes on with the same subscriptions, however many processes asked in it', async () => {
    const broker = await createBroker();
    cleanUp.push(() => broker.destroy());
    const stream = () => broker.connect();
    await opened(await createService({ stream })).respond('sum', (data: number[]) => data.length);
    const session = { clientIdentifier: 'site/gateway', cleanStart: false, sessionExpiryInterval: 600 };
    const filters = async () => {
      const service = opened(await createService({ stream, name: 'gateway', ...session }));
      expect(await service.request('sum', [1, 2])).toBe(2);
      await service.close();
      return broker.session('site/gateway')?.topicFilters;
    };
    const first = await filters();
    expect(first).toHaveLength(4);
    expect(await filters()).toEqual(first);
    expect(await filters()).toEqual(first);
  });

  it('rejects a service whose user name or password is wrong, however often it may try', async () => {
    const broker = await createBroker({ hooks: { authenticate: () => false } });
    cleanUp.push(() => broker.destroy());
    const options = { stream: () => broker.connect(), initialConnectAttempts: Infinity };
    await expect(createService(options)).rejects.toMatchObject({ code: 'PETREL_CONNECT_REFUSED' });
  });
});

describe('createService', () => {
  it('rejects when the server cannot be reached', async () => {
    const error = await createService({ url: 'mqtt://127.0.0.1:1' }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'PETREL_CONNECT_UNREACHABLE',
      message: expect.stringContaining('127.0.0.1:1'),
    });
  });

  it('refuses an unknown option and names it', async () => {
    await expect(createService({ url: 'mqtt://127.0.0.1', colour: 'red' } as never)).rejects.toThrow(
      /option "colour" is unknown/,
    );
  });
});

describePeer(findMosquitto(), 'over Mosquitto', () => {
  suite(overMosquitto);

  describePeer(findMosquittoClient('mosquitto_rr'), 'with mosquitto_rr', () => {
    it('answers a foreign requester with plain data', async () => {
      const open = await overMosquitto();
      await (await open()).respond('sum', (data: number[]) => data.reduce((a, b) => a + b));
      const args = [
        '-p',
        String(open.port),
        '-t',
        'sum',
        '-e',
        'answers',
        '-m',
        '[1,2,3]',
        '-V',
        '5',
        '-W',
        '10',
      ];
      const requester = spawn(pathOf(findMosquittoClient('mosquitto_rr')), args);
      let output = '';
      requester.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
      await once(requester, 'close');
      expect(output.trim()).toBe('6');
    });
  });
});
