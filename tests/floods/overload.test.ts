/** A broker whose event loop is late for good: what it drops, what it keeps its word on, who waits, and that it comes back. */
import { fileURLToPath } from 'node:url';
import { type LaunchedProcess, launchProcess, RawPeer } from '@petrel/testing';
import { afterEach, expect, test, vi } from 'vitest';

const timeout = 120_000;
const program = fileURLToPath(new URL('overloaded-broker.mjs', import.meta.url));
const token = 'a token of some length';
const patient = { timeoutMs: 60_000 };

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

class OverloadedBroker {
  readonly process: LaunchedProcess;
  readonly port: number;
  readonly #url: string;

  constructor(process: LaunchedProcess) {
    this.process = process;
    const [, port, url = ''] = /^ready (\d+) (\S+)/m.exec(process.stdout) as RegExpExecArray;
    this.port = Number(port);
    this.#url = url;
  }

  async get(path: string) {
    const answer = await fetch(`${this.#url}${path}`, { headers: { authorization: `Bearer ${token}` } });
    return { status: answer.status, body: await answer.json() };
  }

  async figures(): Promise<Record<string, number>> {
    return (await this.get('/api/v1/broker')).body.metrics;
  }

  async client(clientIdentifier: string): Promise<RawPeer> {
    const peer = await RawPeer.connect(this.port, patient);
    opened.push(() => peer.destroy());
    expect(await peer.connect({ clientIdentifier })).toMatchObject({ reasonCode: 0 });
    return peer;
  }
}

async function start(): Promise<OverloadedBroker> {
  const limits = JSON.stringify({ admissionLagMs: 50, sheddingLagMs: 100, connectTimeoutMs: 60_000 });
  const process = await launchProcess({
    command: globalThis.process.execPath,
    args: [program, limits, token],
    ready: { line: /^ready / },
    readyTimeoutMs: 60_000,
  });
  opened.push(() => process.stop());
  return new OverloadedBroker(process);
}

/** Settles once it is so; the broker takes its time to answer. */
const until = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 60_000, interval: 50 });

const message = (topicName: string, qos: 0 | 1 | 2, number: number) =>
  ({
    type: 'publish',
    topicName,
    payload: Buffer.from(`QoS ${qos}, ${number}`),
    qos,
    retain: false,
    dup: false,
    packetIdentifier: qos === 0 ? 0 : 10 * qos + number,
    properties: {},
  }) as const;

const answer = (type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp', packetIdentifier: number) =>
  ({ type, packetIdentifier, reasonCode: 0, properties: {} }) as const;

const numbers = [1, 2, 3, 4, 5];

/** Publishes five messages of each QoS, and settles when all are acknowledged. */
async function publishAll(peer: RawPeer, topicName: string): Promise<void> {
  for (const number of numbers)
    for (const qos of [0, 1, 2] as const) peer.send(message(topicName, qos, number));
  const open = new Set(numbers.flatMap((number) => [10 + number, 20 + number]));
  while (open.size > 0) {
    const packet = await peer.receive();
    if (packet.type !== 'puback' && packet.type !== 'pubrec' && packet.type !== 'pubcomp')
      throw new Error(`a ${packet.type}`);
    expect(packet.reasonCode).toBe(0);
    if (packet.type === 'pubrec') peer.send(answer('pubrel', packet.packetIdentifier));
    else open.delete(packet.packetIdentifier);
  }
}

/** Takes so many messages with all their acknowledgements, and fails when there is another one behind them. */
async function receiveAll(peer: RawPeer, count: number): Promise<string[]> {
  const texts: string[] = [];
  let unfinished = 0;
  while (texts.length < count || unfinished > 0) {
    const packet = await peer.receive();
    if (packet.type === 'pubrel') {
      peer.send(answer('pubcomp', packet.packetIdentifier));
      unfinished -= 1;
    } else if (packet.type === 'publish') {
      texts.push(Buffer.from(packet.payload).toString());
      if (packet.qos === 2) unfinished += 1;
      if (packet.qos > 0) peer.send(answer(packet.qos === 1 ? 'puback' : 'pubrec', packet.packetIdentifier));
    } else throw new Error(`a ${packet.type}`);
  }
  await peer.expectNothing();
  return texts;
}

const sent = (...levels: readonly number[]) =>
  numbers.flatMap((number) => levels.map((qos) => `QoS ${qos}, ${number}`));

test('QoS 0 is dropped and written down, the rest is complete, newcomers wait, and all is well again', {
  timeout,
}, async () => {
  const broker = await start();
  const subscriber = await broker.client('subscriber');
  subscriber.send({
    type: 'subscribe',
    packetIdentifier: 1,
    subscriptions: [
      { topicFilter: '#', qos: 2, noLocal: false, retainAsPublished: false, retainHandling: 0 },
    ],
    properties: {},
  });
  await subscriber.receive('suback');
  const publisher = await broker.client('publisher');
  await publishAll(publisher, 'before');
  expect(await receiveAll(subscriber, 15)).toEqual(sent(0, 1, 2));
  expect((await broker.get('/ready')).status).toBe(200);

  broker.process.write('busy\n');
  await until(async () => {
    expect(await broker.get('/ready')).toMatchObject({
      status: 503,
      body: { status: 'failing', reasons: [{ code: 'shedding' }] },
    });
  });
  expect((await broker.get('/health')).status).toBe(200);
  await publishAll(publisher, 'meanwhile');
  expect(await receiveAll(subscriber, 10)).toEqual(sent(1, 2));
  expect(await broker.figures()).toMatchObject({ messagesShed: 5, shedding: 1 });
  const { body } = await broker.get('/api/v1/sessions/subscriber/deliveries/meanwhile');
  expect(body.recent).toMatchObject([{ topicName: 'meanwhile', reason: 'shed', count: 5 }]);
  expect(body.sentence).toContain('drops QoS 0');

  const newcomers = await Promise.all(
    Array.from({ length: 20 }, () => RawPeer.connect(broker.port, patient)),
  );
  for (const peer of newcomers) opened.push(() => peer.destroy());
  const connacks = newcomers.map((peer) => peer.connect());
  await until(async () => expect((await broker.figures()).connectionsWaiting).toBeGreaterThan(0));

  broker.process.write('calm\n');
  expect((await Promise.all(connacks)).map(({ reasonCode }) => reasonCode)).toEqual(newcomers.map(() => 0));
  await until(async () => expect((await broker.get('/ready')).status).toBe(200));
  expect(await broker.figures()).toMatchObject({ connectionsWaiting: 0, connections: 22, shedding: 0 });
  await publishAll(publisher, 'after');
  expect(await receiveAll(subscriber, 15)).toEqual(sent(0, 1, 2));
  expect(broker.process.stderr).toBe('');
});
