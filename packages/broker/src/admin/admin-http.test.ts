/** The admin API as anything that speaks HTTP meets it. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Broker, createBroker } from '../index.js';
import { type AdminServer, openAdminServer } from './index.js';

const token = 'a token of some length';

let broker: Broker;
let admin: AdminServer;

beforeEach(async () => {
  broker = await createBroker({ listeners: [{ type: 'tcp', port: 0 }], sysTopicsIntervalMs: 0 });
  admin = await openAdminServer(broker, { token, port: 0 });
});
afterEach(async () => {
  await admin.close();
  await broker.close();
});

const ask = (method: string, path: string) =>
  fetch(`${admin.url}${path}`, { method, headers: { authorization: `Bearer ${token}` } });

test('HEAD is answered like GET, without a body', async () => {
  const head = await ask('HEAD', '/health');
  expect([head.status, await head.text()]).toEqual([200, '']);
});

test('a method that an address does not know is told those that it knows', async () => {
  const { status, headers } = await ask('PUT', '/api/v1/sessions/a');
  expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD, DELETE']);
});

test('a parameter that does not exist is refused', async () => {
  const answer = await ask('GET', '/api/v1/sessions?conected=true');
  expect([answer.status, await answer.json()]).toEqual([
    400,
    { error: '"conected" is unknown; known are limit, after, connected' },
  ]);
});

test('a port that is in use is an error with its name', async () => {
  await expect(openAdminServer(broker, { token, port: admin.port })).rejects.toMatchObject({
    code: 'PETREL_LISTEN_ADDRESS_IN_USE',
  });
});

test('a request that does not come to its end does not hold up the end of the broker', async () => {
  const { port } = admin;
  const sockets = [
    '',
    'GET /health HT',
    `POST /api/v1/publish HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\nContent-Length: 9\r\n\r\n{`,
  ].map((begun) => {
    const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {});
    socket.write(begun);
    return socket;
  });
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  // The server has taken what came before this.
  await ask('GET', '/health');
  const ends = sockets.map((socket) => once(socket.resume(), 'close'));
  await admin.close();
  await Promise.all(ends);
});

test('times are whole milliseconds, as the OpenAPI document says', async () => {
  await broker.publish({
    topicName: 'a',
    payload: 'x',
    retain: true,
    properties: { messageExpiryInterval: 60 },
  });
  const { messages } = (await (await ask('GET', '/api/v1/retained')).json()) as {
    messages: { expiresAt: number }[];
  };
  expect(messages.map(({ expiresAt }) => Number.isInteger(expiresAt))).toEqual([true]);
});
