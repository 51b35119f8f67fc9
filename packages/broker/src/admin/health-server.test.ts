/** What a supervisor asks, on the admin server and on one of its own. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { eventually } from '@petrel/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { type Broker, type BrokerOptions, createBroker } from '../index.js';
import { type HealthServer, openAdminServer, openHealthServer } from './index.js';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const tcp: BrokerOptions = { listeners: [{ type: 'tcp', port: 0 }], sysTopicsIntervalMs: 0 };

async function opened(open: (broker: Broker) => Promise<HealthServer>, options: BrokerOptions = tcp) {
  const broker = await createBroker(options);
  closers.push(() => broker.close());
  const server = await open(broker);
  closers.push(() => server.close());
  const ask = async (path: string) => {
    const answer = await fetch(`${server.url}${path}`);
    return { status: answer.status, body: await answer.json() };
  };
  return { broker, server, ask };
}

const health = (broker: Broker) => openHealthServer(broker, { port: 0 });
const admin = (broker: Broker) => openAdminServer(broker, { port: 0, token: 'a token of some length' });
const servers = [
  ['of its own', health],
  ['for operators', admin],
] as const;

describe.each(servers)('a server %s', (_name, open) => {
  test('a request that does not come to its end does not hold up the end of the broker', async () => {
    const { server, ask } = await opened(open);
    const socket = connect(server.port, '127.0.0.1').on('error', () => {});
    socket.resume().write('GET /health HT');
    await once(socket, 'connect');
    // The server has taken what came before this.
    await ask('/health');
    const closed = once(socket, 'close');
    await server.close();
    await closed;
  });

  test('a broker that runs is healthy and ready', async () => {
    const { ask } = await opened(open);
    expect(await ask('/health')).toEqual({ status: 200, body: { status: 'ok' } });
    expect(await ask('/ready')).toEqual({ status: 200, body: { status: 'ok' } });
  });

  test('without a listener nobody can come in', async () => {
    const { ask } = await opened(open, {});
    expect(await ask('/ready')).toEqual({
      status: 503,
      body: {
        status: 'failing',
        reasons: [{ code: 'no-listener', sentence: 'no listener is open' }],
      },
    });
    expect((await ask('/health')).status).toBe(200);
  });

  test('with its memory spent it is not ready, until there is some again', async () => {
    const { broker, ask } = await opened(open, { ...tcp, limits: { maximumMemoryBytes: 4_000 } });
    const client = broker.connect();
    expect(await ask('/ready')).toMatchObject({ status: 503, body: { reasons: [{ code: 'memory' }] } });
    expect((await ask('/health')).status).toBe(200);
    expect((await ask('/ready?exclude=memory')).status).toBe(200);
    expect((await ask('/ready?exclude=store,memory')).status).toBe(200);
    expect((await ask('/ready?exclude=store&exclude=shedding')).status).toBe(503);
    client.destroy();
    await eventually(async () => expect((await ask('/ready')).status).toBe(200));
  });

  test('a code that there is not is refused, so that a misspelt probe is noticed', async () => {
    const { ask } = await opened(open);
    const { status, body } = await ask('/ready?exclude=memroy');
    expect(status).toBe(400);
    expect(body.error).toContain('"memroy"');
  });
});

describe('a health server', () => {
  test('has nothing else to say, whoever asks', async () => {
    const { server } = await opened(health);
    for (const path of ['/metrics', '/api/v1/broker', '/api/v1/sessions', '/api/openapi.json', '/'])
      expect((await fetch(`${server.url}${path}`)).status).toBe(404);
    expect((await fetch(`${server.url}/ready`, { method: 'POST' })).status).toBe(405);
    expect((await fetch(`${server.url}/ready`, { headers: { origin: 'http://a.example' } })).status).toBe(
      403,
    );
  });

  test('nobody who holds on to sockets keeps the supervisor out', async () => {
    const { server, ask } = await opened(health);
    const held = Array.from({ length: 100 }, () => connect(server.port, '127.0.0.1'));
    for (const socket of held) socket.on('error', () => {});
    await Promise.all(held.map((socket) => once(socket, 'connect')));
    expect((await ask('/health')).status).toBe(200);
    for (const socket of held) socket.destroy();
  });

  test.each([
    ['an unknown option', { ports: 1 }, /did you mean "port"/],
    ['a port that is none', { port: 65_536 }, /"port"/],
  ])('%s is refused', async (_name, options, message) => {
    const broker = await createBroker();
    closers.push(() => broker.close());
    await expect(openHealthServer(broker, options as never)).rejects.toThrow(message);
  });
});
