import { FakeClock } from '@petrel/testing';
import { describe, expect, it, vi } from 'vitest';
import type { Outcome, RequestSettings } from './call.js';
import { petrelDialect } from './dialect.js';
import { type FakeLink, FakeNetwork } from './fake-network.suite.js';
import type { InboundMessage } from './link.js';
import { Requester } from './requester.js';

const settings: RequestSettings = { envelope: 'native', qos: 1, timeoutMs: 0 };
const json = (payload: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(payload));
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

function requesterOn(link: FakeLink): Requester {
  return new Requester(link, petrelDialect, { prefix: 'inbox', qos: 0 });
}

function ask(
  requester: Requester,
  topicName: string,
  data: unknown,
  more: Partial<RequestSettings> = {},
): Promise<Outcome> {
  return new Promise((resolve) => requester.send({ topicName, data }, { ...settings, ...more }, resolve));
}

/** Answers as a plain MQTT 5 program would, or as whatever `marks` make of it. */
async function serve(
  link: FakeLink,
  topicFilter: string,
  answer: (data: unknown) => unknown,
  marks?: [string, string][],
): Promise<void> {
  await link.subscribe(topicFilter, { qos: 1 }, async ({ payload, properties }) => {
    const { responseTopic, correlationData } = properties;
    if (responseTopic === undefined || correlationData === undefined) return;
    await link.publish(responseTopic, bytes(answer(json(payload))), {
      properties: { correlationData, ...(marks && { userProperties: marks }) },
    });
  });
}

/** Answers as stock NestJS does: it sees the payload only. */
async function serveStock(
  link: FakeLink,
  topicFilter: string,
  answer: (data: unknown) => unknown,
): Promise<void> {
  await link.subscribe(topicFilter, {}, async ({ topicName, payload }: InboundMessage) => {
    const { id, data } = json(payload) as { id?: string; data?: unknown };
    if (id === undefined) return;
    await link.publish(`${topicName}/reply`, bytes({ response: answer(data), isDisposed: true, id }), {});
  });
}

const sum = (data: unknown): number => (data as number[]).reduce((a, b) => a + b, 0);

describe('Requester', () => {
  it('takes every answer by one private inbox, subscribed once', async () => {
    const network = new FakeNetwork();
    await serve(network.link(), 'sum', sum);
    const link = network.link();
    const requester = requesterOn(link);
    for (const data of [[1], [1, 2], [3]])
      expect(await ask(requester, 'sum', data)).toEqual({ kind: 'last', data: sum(data) });
    const inboxes = network.topicFilters().filter((filter) => filter !== 'sum');
    expect(inboxes).toEqual([`inbox/${link.clientIdentifier}/answers`]);
  });

  it('sends the plain data to a service once that has answered, and needs no reply topic any more', async () => {
    const network = new FakeNetwork();
    await serve(network.link(), 'sum', (data) => sum((data as { data?: number[] }).data ?? data), [
      ['petrel-reply', 'last'],
    ]);
    const requester = requesterOn(network.link());
    await ask(requester, 'sum', [1, 2], { envelope: 'auto' });
    expect(await ask(requester, 'sum', [3, 4], { envelope: 'auto' })).toEqual({ kind: 'last', data: 7 });
    const requests = network.published
      .filter(({ topicName }) => topicName === 'sum')
      .map(({ payload }) => json(payload));
    expect(requests).toEqual([{ pattern: 'sum', data: [1, 2], id: expect.any(String) }, [3, 4]]);
    await vi.waitFor(() => expect(network.topicFilters()).not.toContain('sum/reply'));
  });

  it('keeps to the envelope and its one reply topic with a stock server', async () => {
    const network = new FakeNetwork();
    await serveStock(network.link(), 'sum', sum);
    const requester = requesterOn(network.link());
    for (const data of [[1], [2, 3]]) {
      expect(await ask(requester, 'sum', data, { envelope: 'auto' })).toEqual({
        kind: 'last',
        data: sum(data),
      });
    }
    expect(network.topicFilters().filter((filter) => filter === 'sum/reply')).toHaveLength(1);
  });

  it('goes on with both forms in a group of which one member is stock', async () => {
    const network = new FakeNetwork();
    const [native, stock] = [network.link(), network.link()];
    await serve(native, 'sum', (data) => sum((data as { data?: number[] }).data ?? data), [
      ['petrel-reply', 'last'],
    ]);
    await serveStock(stock, 'sum', sum);
    const requester = requesterOn(network.link());
    for (let round = 0; round < 3; round++) await ask(requester, 'sum', [1], { envelope: 'auto' });
    await vi.waitFor(() => expect(requester.unclaimed).toBe(3));
    const last = network.published.filter(({ topicName }) => topicName === 'sum').at(-1)!;
    expect(json(last.payload)).toMatchObject({ pattern: 'sum' });
    expect(last.properties.responseTopic).toBeDefined();
  });

  it('asks a plain MQTT 5 program again with the plain data, once', async () => {
    const network = new FakeNetwork();
    const seen: unknown[] = [];
    await serve(network.link(), 'sum', (data) => {
      seen.push(data);
      return Array.isArray(data) ? sum(data) : 'what?';
    });
    const requester = requesterOn(network.link());
    expect(await ask(requester, 'sum', [1, 2], { envelope: 'auto' })).toEqual({ kind: 'last', data: 3 });
    expect(await ask(requester, 'sum', [5], { envelope: 'auto' })).toEqual({ kind: 'last', data: 5 });
    expect(seen).toEqual([expect.objectContaining({ pattern: 'sum' }), [1, 2], [5]]);
  });

  it('speaks the envelope on MQTT 3.1.1, whatever it was told', async () => {
    const network = new FakeNetwork();
    await serveStock(network.link({ protocolVersion: 4 }), 'sum', sum);
    const requester = requesterOn(network.link({ protocolVersion: 4 }));
    expect(await ask(requester, 'sum', [1, 2])).toEqual({ kind: 'last', data: 3 });
  });

  it('fails at once when the server says that nobody serves the topic (0x10)', async () => {
    const outcome = await ask(requesterOn(new FakeNetwork().link()), 'nobody', 1);
    expect(outcome).toMatchObject({
      kind: 'failed',
      error: { code: 'PETREL_NO_RESPONDER', reasonCode: 0x10 },
    });
  });

  it('fails when no answer came in time, and carries that time as Message Expiry Interval', async () => {
    vi.useFakeTimers();
    try {
      const network = new FakeNetwork();
      await network.link().subscribe('slow', {}, () => undefined);
      const requester = requesterOn(network.link());
      const outcome = ask(requester, 'slow', 1, { timeoutMs: 1500 });
      await vi.advanceTimersByTimeAsync(1500);
      expect(await outcome).toMatchObject({
        kind: 'failed',
        error: { code: 'PETREL_REQUEST_TIMEOUT', message: 'no answer to "slow" within 1500 ms' },
      });
      expect(network.published.at(-1)?.properties.messageExpiryInterval).toBe(2);
      expect(requester.waiting).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is given up by its signal, and by what send returned', async () => {
    const network = new FakeNetwork();
    await network.link().subscribe('slow', {}, () => undefined);
    const requester = requesterOn(network.link());
    const controller = new AbortController();
    const aborted = ask(requester, 'slow', 1, { signal: controller.signal });
    controller.abort(new Error('enough'));
    expect(await aborted).toMatchObject({ kind: 'failed', error: { code: 'PETREL_REQUEST_CANCELLED' } });
    requester.send({ topicName: 'slow', data: 1 }, settings, () => expect.fail('was given up'))();
    expect(requester.waiting).toBe(0);
  });

  it('is given up by its signal after the first answer of a stream, too', async () => {
    const network = new FakeNetwork();
    await serve(network.link(), 'count', () => 1, [['petrel-reply', 'next']]);
    const requester = requesterOn(network.link());
    const controller = new AbortController();
    const outcomes: Outcome[] = [];
    const { signal } = controller;
    requester.send({ topicName: 'count', data: 1 }, { ...settings, signal }, (outcome) =>
      outcomes.push(outcome),
    );
    await vi.waitFor(() => expect(outcomes).toEqual([{ kind: 'next', data: 1 }]));
    controller.abort();
    expect(outcomes.at(-1)).toMatchObject({ kind: 'failed', error: { code: 'PETREL_REQUEST_CANCELLED' } });
    expect(requester.waiting).toBe(0);
  });

  it('counts an answer that nobody waits for, and ignores it', async () => {
    const network = new FakeNetwork();
    for (let replica = 0; replica < 2; replica++) await serve(network.link(), 'sum', sum);
    const requester = requesterOn(network.link());
    await ask(requester, 'sum', [1]);
    await vi.waitFor(() => expect(requester.unclaimed).toBe(1));
  });

  it('lets the inbox be the only way back where the reply topic is refused', async () => {
    const network = new FakeNetwork();
    network.refused.add('sum/reply');
    await serve(network.link(), 'sum', () => 3, [['petrel-reply', 'last']]);
    const requester = requesterOn(network.link());
    expect(await ask(requester, 'sum', [1], { envelope: 'auto' })).toEqual({ kind: 'last', data: 3 });
    expect(await ask(requester, 'sum', [1], { envelope: 'nest' })).toMatchObject({
      kind: 'failed',
      error: { code: 'PETREL_REQUEST_NOT_SENT' },
    });
  });

  it('sends bytes as they are, to anybody', async () => {
    const network = new FakeNetwork();
    const seen: Uint8Array[] = [];
    await network.link().subscribe('blob', { qos: 1 }, ({ payload }) => void seen.push(payload));
    requesterOn(network.link()).send(
      { topicName: 'blob', data: Uint8Array.of(0, 255) },
      { ...settings, envelope: 'auto' },
      () => undefined,
    );
    await vi.waitFor(() => expect(seen).toEqual([Uint8Array.of(0, 255)]));
  });

  it('fails what still waits when it is closed', async () => {
    const network = new FakeNetwork();
    await network.link().subscribe('slow', {}, () => undefined);
    const requester = requesterOn(network.link());
    const outcome = ask(requester, 'slow', 1);
    requester.close();
    expect(await outcome).toMatchObject({ kind: 'failed', error: { code: 'PETREL_REQUEST_CANCELLED' } });
  });

  it('fails what was sent when the connection is lost, and keeps what was not', async () => {
    const network = new FakeNetwork();
    await network.link().subscribe('slow', { qos: 1 }, () => undefined);
    await serve(network.link(), 'sum', sum);
    const link = network.link();
    const requester = requesterOn(link);
    await ask(requester, 'sum', [1]);
    const sent = ask(requester, 'slow', 1);
    link.lose(new Error('gone'));
    expect(await sent).toMatchObject({
      kind: 'failed',
      error: { code: 'PETREL_REQUEST_LOST', topicName: 'slow', cause: new Error('gone') },
    });
    const queued = ask(requester, 'slow', 2);
    link.lose();
    expect(requester.waiting).toBe(1);
    requester.close();
    expect(await queued).toMatchObject({ error: { code: 'PETREL_REQUEST_CANCELLED' } });
  });

  it('sends a request again on the next connection where it may be executed twice, with the time that is left', async () => {
    const network = new FakeNetwork();
    network.lost.add('sum');
    await serve(network.link(), 'sum', sum);
    const link = network.link();
    const clock = new FakeClock();
    const requester = new Requester(link, petrelDialect, { prefix: 'inbox', qos: 0 }, clock);
    const outcome = ask(requester, 'sum', [1, 2], { onConnectionLost: 'resend', timeoutMs: 10_000 });
    await vi.waitFor(() => expect(network.published).toHaveLength(1));
    link.lose();
    clock.advance(4_000);
    network.lost.delete('sum');
    link.connect();
    expect(await outcome).toEqual({ kind: 'last', data: 3 });
    const requests = network.published.filter(({ topicName }) => topicName === 'sum');
    expect(requests.map(({ properties }) => properties.messageExpiryInterval)).toEqual([10, 6]);
  });

  it('never begins a stream again that has begun', async () => {
    const network = new FakeNetwork();
    await serve(network.link(), 'count', () => 1, [['petrel-reply', 'next']]);
    const link = network.link();
    const outcomes: Outcome[] = [];
    requesterOn(link).send(
      { topicName: 'count', data: 1 },
      { ...settings, onConnectionLost: 'resend' },
      (outcome) => outcomes.push(outcome),
    );
    await vi.waitFor(() => expect(outcomes).toHaveLength(1));
    link.lose();
    expect(outcomes.at(-1)).toMatchObject({ kind: 'failed', error: { code: 'PETREL_REQUEST_LOST' } });
  });
});
