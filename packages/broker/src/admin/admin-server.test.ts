/** The admin API as an operator's program meets it. */
import { request } from 'node:http';
import { connectPacket, RawPeer } from '@petrel/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
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

async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(`${admin.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const isJson = answer.headers.get('content-type') === 'application/json';
  return {
    status: answer.status,
    body: isJson ? JSON.parse(text) : text,
    headers: answer.headers,
  };
}

async function client(clientIdentifier: string, sessionExpiryInterval = 0): Promise<RawPeer> {
  const peer = new RawPeer(broker.connect());
  peer.send({ ...connectPacket(5), clientIdentifier, properties: { sessionExpiryInterval } });
  await peer.receive('connack');
  return peer;
}

describe('who may ask', () => {
  test('a token that was changed is good for nothing any more', async () => {
    const next = 'another token of some length';
    admin.changeToken(next);
    expect((await ask('GET', '/metrics')).status).toBe(401);
    expect((await ask('GET', '/metrics', undefined, { authorization: `Bearer ${next}` })).status).toBe(200);
    expect(() => admin.changeToken('short')).toThrow('"token" must be text of at least 16 characters');
  });

  test.each(['/metrics', '/api/openapi.json', '/api/v1/broker', '/api/v1/sessions', '/api/v1/retained'])(
    '%s wants the token',
    async (path) => {
      expect((await ask('GET', path)).status).toBe(200);
      for (const authorization of [
        '',
        'Bearer',
        'Bearer wrong',
        `Basic ${token}`,
        `Bearer ${token} `.repeat(2),
      ]) {
        const refused = await ask('GET', path, undefined, { authorization });
        expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      }
    },
  );

  test('health and readiness are for everybody, figures where the options say so', async () => {
    const open = await openAdminServer(broker, { token, port: 0, publicMetrics: true });
    for (const path of ['/health', '/ready', '/metrics'])
      expect((await fetch(`${open.url}${path}`)).status).toBe(200);
    await open.close();
    await open.close();
  });

  test('a page in a browser is refused even with the token', async () => {
    // fetch sets no Origin by itself.
    const status = await new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, origin: 'http://localhost:8080' };
      request(`${admin.url}/api/v1/sessions`, { headers }, (answer) => resolve(answer.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });

  test.each<[string, object, RegExp]>([
    ['a token that can be guessed', { token: 'short' }, /"token" must be text of at least 16 characters/],
    ['a port that is none', { token, port: 70_000 }, /"port" must be an integer 0–65535/],
    ['an unknown option', { token, ports: 1 }, /did you mean "port"/],
  ])('%s is refused', async (_, options, message) => {
    await expect(openAdminServer(broker, options as never)).rejects.toThrow(message);
  });
});

test('metrics are in the format of Prometheus, and count', async () => {
  const peer = await client('kitchen');
  peer.send({
    type: 'publish',
    topicName: 'a',
    payload: Buffer.from('1'),
    qos: 0,
    retain: true,
    dup: false,
    packetIdentifier: 0,
    properties: {},
  });
  peer.send({ type: 'pingreq' });
  await peer.receive('pingresp');
  const { body, headers } = await ask('GET', '/metrics');
  expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const lines = (body as string).trimEnd().split('\n');
  for (const line of lines) expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+ [0-9.e+-]+)$/);
  expect(lines).toContain('petrel_broker_received_messages_total 1');
  expect(lines).toContain('petrel_broker_retained_messages 1');
  expect(lines).toContain('petrel_broker_connections 1');
  // Every figure of the broker is there.
  const names = lines.filter((line) => line.startsWith('# TYPE petrel_broker_'));
  expect(names).toHaveLength(
    Object.keys(broker.metrics()).filter((name) => name !== 'maximumConnections').length,
  );
});

describe('sessions', () => {
  test('are listed a page at a time', async () => {
    for (const name of ['a', 'b', 'c']) await client(name, name === 'b' ? 100 : 0);
    const first = await ask('GET', '/api/v1/sessions?limit=2');
    expect(first.body.sessions.map((each: { clientIdentifier: string }) => each.clientIdentifier)).toEqual([
      'a',
      'b',
    ]);
    expect(first.body.hasMore).toBe(true);
    const second = await ask('GET', '/api/v1/sessions?limit=2&after=b');
    expect(second.body.sessions.map((each: { clientIdentifier: string }) => each.clientIdentifier)).toEqual([
      'c',
    ]);
    expect(second.body.hasMore).toBe(false);
    expect((await ask('GET', '/api/v1/sessions?connected=false')).body.sessions).toEqual([]);
  });

  test('one of them, with what it subscribed to', async () => {
    const peer = await client('kitchen/1 +', 60);
    peer.send({
      type: 'subscribe',
      packetIdentifier: 1,
      subscriptions: [
        { topicFilter: 'sensors/#', qos: 1, noLocal: true, retainAsPublished: false, retainHandling: 0 },
      ],
      properties: { subscriptionIdentifier: 7 },
    });
    await peer.receive('suback');
    const { body } = await ask('GET', `/api/v1/sessions/${encodeURIComponent('kitchen/1 +')}`);
    expect(body).toMatchObject({
      clientIdentifier: 'kitchen/1 +',
      connected: true,
      protocolVersion: 5,
      transport: 'memory',
      sessionExpiryInterval: 60,
      subscriptions: [{ topicFilter: 'sensors/#', qos: 1, noLocal: true, subscriptionIdentifier: 7 }],
    });
    expect((await ask('GET', '/api/v1/sessions/nobody')).status).toBe(404);
  });

  test('a client is sent away with a reason and may come back; its session stays', async () => {
    const peer = await client('kitchen', 60);
    const reason = { reasonCode: 0x97, reasonString: 'too loud' };
    expect((await ask('POST', '/api/v1/sessions/kitchen/disconnect', reason)).status).toBe(204);
    expect(await peer.receive('disconnect')).toMatchObject({
      reasonCode: 0x97,
      properties: { reasonString: 'too loud' },
    });
    await peer.closed();
    expect((await ask('GET', '/api/v1/sessions/kitchen')).body).toMatchObject({ connected: false });
    expect((await ask('POST', '/api/v1/sessions/kitchen/disconnect')).status).toBe(404);
  });

  test('a session that is ended is gone, with its connection', async () => {
    const peer = await client('kitchen', 60);
    expect((await ask('DELETE', '/api/v1/sessions/kitchen')).status).toBe(204);
    expect(await peer.receive('disconnect')).toMatchObject({ reasonCode: 0x98 });
    expect((await ask('DELETE', '/api/v1/sessions/kitchen')).status).toBe(404);
    expect(broker.sessions()).toEqual([]);
  });
});

describe('messages', () => {
  test('published, retained, listed and cleared', async () => {
    const peer = await client('kitchen');
    peer.send({
      type: 'subscribe',
      packetIdentifier: 1,
      subscriptions: [
        { topicFilter: 'sensors/#', qos: 1, noLocal: false, retainAsPublished: true, retainHandling: 0 },
      ],
      properties: {},
    });
    await peer.receive('suback');
    const message = {
      topicName: 'sensors/küche',
      payload: '21 °C',
      qos: 1,
      retain: true,
      contentType: 'text/plain',
    };
    expect((await ask('POST', '/api/v1/publish', message)).body).toEqual({ reasonCode: 0 });
    expect(await peer.receive('publish')).toMatchObject({
      topicName: 'sensors/küche',
      qos: 1,
      retain: true,
      properties: { contentType: 'text/plain' },
    });
    await ask('POST', '/api/v1/publish', { topicName: 'raw', payloadBase64: '/wAB', retain: true });
    expect((await ask('GET', '/api/v1/retained?topicFilter=sensors/%23')).body).toEqual({
      hasMore: false,
      messages: [
        { topicName: 'sensors/küche', payload: '21 °C', payloadBytes: 6, qos: 1, contentType: 'text/plain' },
      ],
    });
    expect((await ask('GET', '/api/v1/retained?topicFilter=raw')).body.messages).toEqual([
      { topicName: 'raw', payloadBase64: '/wAB', payloadBytes: 3, qos: 0 },
    ]);
    const path = `/api/v1/retained/${encodeURIComponent('sensors/küche')}`;
    expect((await ask('DELETE', path)).status).toBe(204);
    expect((await ask('DELETE', path)).status).toBe(404);
    expect(broker.metrics().retainedMessages).toBe(1);
  });

  test('nobody subscribes: 0x10', async () => {
    expect((await ask('POST', '/api/v1/publish', { topicName: 'a' })).body).toEqual({ reasonCode: 0x10 });
  });

  test('pages of retained messages have each of them once', async () => {
    const topics = Array.from({ length: 25 }, (_, index) => `t/${index % 5}/${index}`);
    for (const topicName of topics) await broker.publish({ topicName, payload: 'x', retain: true });
    const seen: string[] = [];
    for (let offset = 0, more = true; more; offset += 10) {
      const { body } = await ask('GET', `/api/v1/retained?topicFilter=t/%23&limit=10&offset=${offset}`);
      seen.push(...body.messages.map((each: { topicName: string }) => each.topicName));
      more = body.hasMore;
    }
    expect(seen.toSorted()).toEqual(topics.toSorted());
  });
});

describe('requests that cannot be answered', () => {
  test.each<[string, string, unknown, number, string]>([
    ['GET', '/api/v1/nothing', undefined, 404, 'there is nothing at /api/v1/nothing'],
    ['PUT', '/api/v1/sessions', undefined, 405, '/api/v1/sessions knows GET, not PUT'],
    ['GET', '/api/v1/sessions?limit=0', undefined, 400, '"limit" must be an integer 1–1000, got "0"'],
    ['GET', '/api/v1/sessions?limit=1e2', undefined, 400, '"limit" must be an integer 1–1000, got "1e2"'],
    ['GET', '/api/v1/sessions?connected=yes', undefined, 400, '"connected" must be true or false, got "yes"'],
    [
      'GET',
      '/api/v1/sessions?after=nobody',
      undefined,
      400,
      '"after" names no session: "nobody"; begin again',
    ],
    ['GET', '/api/v1/sessions/%ff', undefined, 400, '"%ff" is not percent-encoded UTF-8'],
    ['GET', '/api/v1/retained?topicFilter=a%23', undefined, 400, '[MQTT-4.7.1-1]'],
    ['POST', '/api/v1/publish', '{', 400, 'the body is not JSON'],
    ['POST', '/api/v1/publish', [], 400, 'the body must be a JSON object'],
    ['POST', '/api/v1/publish', {}, 400, '"topicName" is missing'],
    ['POST', '/api/v1/publish', { topicName: 'a', qos: 3 }, 400, '"qos" must be one of 0, 1, 2, got 3'],
    [
      'POST',
      '/api/v1/publish',
      { topicName: 'a', topic: 'b' },
      400,
      '"topic" is unknown; known are topicName',
    ],
    ['POST', '/api/v1/publish', { topicName: 'a/#' }, 400, '[MQTT-3.3.2-2]'],
    ['POST', '/api/v1/publish', { topicName: 'a', payloadBase64: '?' }, 400, '"payloadBase64" is not Base64'],
    [
      'POST',
      '/api/v1/publish',
      { topicName: 'a', payload: 'b', payloadBase64: 'Yg==' },
      400,
      'exclude each other',
    ],
    [
      'POST',
      '/api/v1/publish',
      { topicName: 'a', payload: 'x'.repeat(1_048_577) },
      413,
      'more than 1048576 bytes',
    ],
    [
      'POST',
      '/api/v1/sessions/a/disconnect',
      { reasonCode: 1 },
      400,
      '"reasonCode" must be an integer 128–255',
    ],
  ])('%s %s %j: %i', async (method, path, body, status, words) => {
    const answer = await ask(method, path, body);
    expect([answer.status, answer.body.error]).toEqual([status, expect.stringContaining(words)]);
  });

  test('a broker that is closed says so', async () => {
    await broker.close();
    expect(await ask('POST', '/api/v1/publish', { topicName: 'a' })).toMatchObject({
      status: 503,
      body: { error: expect.stringContaining('the broker is closed') },
    });
  });
});

test('the OpenAPI document names every address, and what they answer is what it says', async () => {
  const { body } = await ask('GET', '/api/openapi.json');
  expect(body.openapi).toBe('3.1.0');
  const operations = Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods as object).map(([method, operation]) => ({ path, method, operation })),
  );
  expect(operations.length).toBe(13);
  expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);

  await client('kitchen');
  await broker.publish({ topicName: 'a', payload: 'b', retain: true });
  for (const { path, method, operation } of operations) {
    const schema = operation.responses[200]?.content?.['application/json']?.schema;
    if (method !== 'get' || schema === undefined) continue;
    const { body: answer } = await ask(
      'GET',
      path.replace('{clientIdentifier}', 'kitchen').replace('{topicName}', 'a'),
    );
    expect(mismatches(answer, schema, path)).toEqual([]);
  }
});

/** Where a value is not what a schema says. */
// biome-ignore lint/suspicious/noExplicitAny: a schema is what it is
function mismatches(value: any, schema: any, at: string): string[] {
  if (schema.enum !== undefined) return schema.enum.includes(value) ? [] : [`${at}: ${value}`];
  switch (schema.type) {
    case 'array':
      return Array.isArray(value)
        ? value.flatMap((each, index) => mismatches(each, schema.items, `${at}[${index}]`))
        : [at];
    case 'object': {
      if (schema.properties === undefined) return typeof value === 'object' ? [] : [at];
      const missing = schema.required.filter((name: string) => !(name in value));
      return [
        ...missing.map((name: string) => `${at}.${name} is missing`),
        ...Object.entries(value).flatMap(([name, inner]) =>
          schema.properties[name] === undefined
            ? [`${at}.${name} is not in the document`]
            : mismatches(inner, schema.properties[name], `${at}.${name}`),
        ),
      ];
    }
    case 'integer':
      return Number.isInteger(value) ? [] : [`${at}: ${value}`];
    default:
      return typeof value === schema.type ? [] : [`${at}: ${typeof value}`];
  }
}
