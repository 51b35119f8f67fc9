/** Requests over a real broker: cancelling, streams that wait for their readers, many responders, lost connections. */
import { type Broker, createBroker } from '@petrel/broker';
import { eventually, FakeClock } from '@petrel/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createService } from './create-service.js';
import type { RemoteError } from './errors.js';
import { FakeNetwork } from './fake-network.suite.js';
import type { ServiceOptions } from './options.js';
import { Service } from './service.js';

let broker: Broker;
const open: Service[] = [];

async function start(options: ServiceOptions = {}): Promise<Service> {
  const service = await createService({ stream: () => broker.connect(), ...options });
  open.push(service);
  return service;
}

beforeEach(async () => {
  broker = await createBroker();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((service) => service.close()));
  await broker.destroy();
});

const until = (check: () => boolean) => eventually(() => expect(check()).toBe(true));

/** Serves a topic with a handler that never ends by itself, and tells what its signals said. */
async function serveForEver(server: Service, topic: string, options = {}) {
  const [begun, aborted] = [vi.fn(), vi.fn<(reason: unknown) => void>()];
  await server.respond(
    topic,
    (data, { signal }) => {
      begun(data);
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          aborted(signal.reason);
          reject(signal.reason as Error);
        });
      });
    },
    options,
  );
  return { begun, aborted };
}

describe('cancelling', () => {
  it.each([
    ['5', {}],
    ['3.1.1', { protocolVersion: 4 }],
  ] as const)('reaches the handler by its signal, over MQTT %s', async (_, options) => {
    const server = await start({ ...options, drainTimeoutMs: 1000 });
    const { begun, aborted } = await serveForEver(server, 'report/:year');
    const controller = new AbortController();
    const asker = await start(options);
    const asked = asker.request('report/2026', 1, { signal: controller.signal });
    await until(() => begun.mock.calls.length === 1);
    controller.abort();
    await expect(asked).rejects.toMatchObject({ code: 'PETREL_REQUEST_CANCELLED' });
    await until(() => aborted.mock.calls.length === 1);
    expect(aborted.mock.calls[0]?.[0]).toMatchObject({
      code: 'PETREL_REQUEST_CANCELLED',
      topicName: 'report/2026',
    });
    await until(() => server.inWork === 0);
    expect(asker.unclaimedReplies).toBe(0);
  });

  it('happens at the time limit, and reaches the one of a group that is at work', async () => {
    const replicas = await Promise.all([start({ group: 'g' }), start({ group: 'g' })]);
    const served = await Promise.all(replicas.map((replica) => serveForEver(replica, 'report')));
    const asker = await start();
    // Opens the inbox: the time limit is that of the handler then.
    await expect(asker.request('nobody')).rejects.toMatchObject({ code: 'PETREL_NO_RESPONDER' });
    await expect(asker.request('report', 1, { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'PETREL_REQUEST_TIMEOUT',
    });
    const count = (which: 'begun' | 'aborted') => served.flatMap((one) => one[which].mock.calls).length;
    await until(() => count('aborted') === 1);
    expect(count('begun')).toBe(1);
  });

  it('takes a request out of the line of those that wait for their turn', async () => {
    const server = await start();
    const { begun } = await serveForEver(server, 'report', { concurrency: 1 });
    const asker = await start();
    const [first, second] = [new AbortController(), new AbortController()];
    const asked = [first, second].map(({ signal }, index) => asker.request('report', index, { signal }));
    await until(() => server.inWork === 2);
    second.abort();
    await expect(asked[1]).rejects.toMatchObject({ code: 'PETREL_REQUEST_CANCELLED' });
    // The same connection brings the cancel before the end of the first one.
    first.abort();
    await expect(asked[0]).rejects.toMatchObject({ code: 'PETREL_REQUEST_CANCELLED' });
    await until(() => server.inWork === 0);
    expect(begun).toHaveBeenCalledOnce();
  });

  it('neither happens nor is listened to where "controlPrefix" is false', async () => {
    const topics: string[] = [];
    const listener = await start();
    await listener.on('#', (_, { topicName }) => void topics.push(topicName));
    const server = await start({ controlPrefix: false, drainTimeoutMs: 1 });
    const { begun } = await serveForEver(server, 'report');
    const asker = await start({ controlPrefix: false });
    const controller = new AbortController();
    const asked = asker.request('report', 1, { signal: controller.signal });
    await until(() => begun.mock.calls.length === 1);
    controller.abort();
    await expect(asked).rejects.toMatchObject({ code: 'PETREL_REQUEST_CANCELLED' });
    await asker.publish('after', 1);
    await until(() => topics.includes('after'));
    expect(topics.filter((topic) => topic.startsWith('petrel/control'))).toEqual([]);
  });

  it('is missing where the server refuses the subscription, and everything else works', async () => {
    const onWarning = vi.fn<(warning: Error) => void>();
    await broker.destroy();
    broker = await createBroker({
      hooks: { authorizeSubscribe: (_, { topicFilter }) => !topicFilter.startsWith('petrel/control/') },
    });
    const server = await start({ onWarning });
    await server.respond('sum', () => 3);
    expect(onWarning.mock.calls.flat()).toEqual([
      expect.objectContaining({ code: 'PETREL_CONTROL_REFUSED' }),
    ]);
    expect(await (await start()).request('sum')).toBe(3);
  });
});

describe('a stream', () => {
  /** Counts for ever, and how far it has come. */
  async function serveNumbers(server: Service) {
    const state = { given: 0, isOver: false };
    await server.respond('numbers', async function* () {
      try {
        for (;;) yield ++state.given;
      } finally {
        state.isOver = true;
      }
    });
    return state;
  }

  it.each([1, 2, 64])(
    'waits for its reader: never more than a window of %i is outstanding',
    async (window) => {
      const state = await serveNumbers(await start());
      const reader = await start();
      let read = 0;
      let most = 0;
      for await (const number of reader.requestStream<number>('numbers', undefined, { window })) {
        expect(number).toBe(++read);
        // One more may have been made that waits to leave.
        most = Math.max(most, state.given - read);
        if (read === 2_000) break;
      }
      expect(most).toBeLessThanOrEqual(window + 1);
      await until(() => state.isOver);
      expect(state.given - read).toBeLessThanOrEqual(window + 1);
    },
  );

  it('ends with the reason where an answer cannot leave', async () => {
    const server = await start();
    await server.respond('cyclic', async function* () {
      yield 1;
      const cycle: Record<string, unknown> = {};
      cycle.cycle = cycle;
      yield cycle;
      yield 3;
    });
    const numbers: unknown[] = [];
    const read = async () => {
      for await (const number of (await start()).requestStream('cyclic')) numbers.push(number);
    };
    await expect(read()).rejects.toMatchObject({ remoteCode: 'PETREL_PAYLOAD_INVALID' });
    expect(numbers).toEqual([1]);
  });

  it('stands still while nobody reads', async () => {
    const server = await start();
    const state = await serveNumbers(server);
    const stream = (await start()).requestStream('numbers', undefined, { window: 10 });
    await stream.next();
    await until(() => state.given >= 10);
    // What the server says to a request behind it comes after whatever it would have said before.
    await server.respond('ping', () => 'pong');
    expect(await (await start()).request('ping')).toBe('pong');
    expect(state.given).toBeLessThanOrEqual(11);
    await stream.return?.();
    await until(() => state.isOver);
  });

  it('of a foreign requester, which never asks for more, does not wait', async () => {
    const server = await start();
    await server.respond('numbers', async function* () {
      for (let number = 1; number <= 1000; number++) yield number;
    });
    const foreign = await start({ controlPrefix: false });
    const numbers: unknown[] = [];
    for await (const number of foreign.requestStream('numbers', undefined, { window: 1 }))
      numbers.push(number);
    expect(numbers).toHaveLength(1000);
  });
});

describe('scatter', () => {
  async function serveThree(): Promise<Service> {
    for (const name of ['a', 'b']) await (await start()).respond('who', () => name);
    await (await start()).respond('who', () => {
      throw Object.assign(new Error('not me'), { code: 'SHY' });
    });
    return start();
  }

  it('gathers the answers that come in time, errors too', async () => {
    const asker = await serveThree();
    const results = await asker.scatter('who', undefined, { answers: 3, timeoutMs: 0 });
    expect(results.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])).sort()).toEqual([
      'a',
      'b',
    ]);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'PETREL_REMOTE_ERROR', remoteCode: 'SHY' },
    });
  });

  it('ends with the time, which is no failure', async () => {
    const [network, clock] = [new FakeNetwork(), new FakeClock()];
    const services = [1, 2].map(() => new Service(network.link(), { clock }));
    for (const service of services) await service.respond('who', () => 'me');
    const answers: unknown[] = [];
    const ended = vi.fn();
    const observer = { next: (answer: unknown) => answers.push(answer), error: ended, complete: ended };
    new Service(network.link(), { clock }).sendScatter({ topicName: 'who', data: 1 }, {}, observer);
    await until(() => answers.length === 2);
    expect(ended).not.toHaveBeenCalled();
    clock.advance(1_000);
    expect(ended.mock.calls).toEqual([[]]);
  });

  it('ends with the first n, and cancels the others', async () => {
    const slow = await serveForEver(await start(), 'who');
    await (await start()).respond('who', () => 'fast');
    const asker = await start();
    expect(await asker.scatter('who', undefined, { answers: 1, timeoutMs: 0 })).toEqual([
      { status: 'fulfilled', value: 'fast' },
    ]);
    await until(() => slow.aborted.mock.calls.length === slow.begun.mock.calls.length);
  });

  it('rejects at once where nobody serves the topic, and refuses to wait for ever', async () => {
    const asker = await start();
    await expect(asker.scatter('nobody')).rejects.toMatchObject({ code: 'PETREL_NO_RESPONDER' });
    await expect(asker.scatter('nobody', 1, { timeoutMs: 0 })).rejects.toThrow(
      /needs "answers" or a "timeoutMs"/,
    );
    await expect(asker.scatter('nobody', 1, { answers: 0 })).rejects.toThrow(/option "answers" must be/);
  });
});

describe('an error', () => {
  it.each([
    [false, undefined],
    [true, expect.stringContaining('requests.test.ts')],
  ])('has its stack for its caller only where "errorStacks" is %s', async (errorStacks, stack) => {
    const server = await start({ errorStacks });
    await server.respond('broken', () => {
      throw Object.assign(new RangeError('too far'), { code: 'FAR', details: { by: 3 } });
    });
    const error: unknown = await (await start()).request('broken').catch((failure: unknown) => failure);
    expect(error).toMatchObject({ message: 'too far', remoteName: 'RangeError', remoteCode: 'FAR' });
    expect(error).toMatchObject({ details: { details: { by: 3 } } });
    expect((error as RemoteError).details).toEqual(
      expect.objectContaining(stack === undefined ? { status: 'error' } : { stack }),
    );
    if (!errorStacks) expect((error as RemoteError).details).not.toHaveProperty('stack');
  });
});

describe('a lost connection', () => {
  it('fails what waits at once', async () => {
    const { begun } = await serveForEver(await start({ drainTimeoutMs: 1 }), 'report');
    const asker = await start({ clientIdentifier: 'asker' });
    const asked = asker.request('report', 1);
    await until(() => begun.mock.calls.length === 1);
    broker.disconnect('asker');
    await expect(asked).rejects.toMatchObject({ code: 'PETREL_REQUEST_LOST', topicName: 'report' });
  });

  it('is outlived by a request that may be executed twice', async () => {
    const server = await start({ drainTimeoutMs: 1 });
    let calls = 0;
    await server.respond('report', () => (++calls === 1 ? new Promise(() => undefined) : 'done'));
    const asker = await start({ clientIdentifier: 'asker', reconnect: { minDelayMs: 1, maxDelayMs: 10 } });
    const asked = asker.request('report', 1, { onConnectionLost: 'resend' });
    await until(() => calls === 1);
    broker.disconnect('asker');
    expect(await asked).toBe('done');
    expect(calls).toBe(2);
  });
});
