/** The harness itself: what it waits for, what it says when that does not come, and whose time it is. */
import { connect } from '@petrel/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { defineContract, event } from '../contracts/contract.js';
import { contracted } from '../contracts/contracted-service.js';
import { type Harness, startHarness } from './index.js';

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness({ limitMs: 50 });
});
afterEach(() => harness.close());

const expectation = (message: string) =>
  expect.objectContaining({ code: 'PETREL_HARNESS_EXPECTATION', message });

describe('published', () => {
  it('gives the messages of a filter one after the other, also those from before', async () => {
    const service = await harness.service();
    await service.on<number>('numbers', async (number) => {
      await service.publish('doubles', number * 2, { properties: { userProperties: [['from', 'me']] } });
    });
    await service.publish('numbers', 1);
    expect(await harness.published('doubles')).toMatchObject({
      data: 2,
      qos: 1,
      userProperties: [['from', 'me']],
    });
    await service.publish('numbers', 2);
    expect(await harness.published('doubles')).toMatchObject({ data: 4 });
    expect(await harness.published('+')).toMatchObject({ topicName: 'numbers', data: 1 });
  });

  it('waits for a handler that takes its time', async () => {
    const service = await harness.service();
    let resolve = (): void => undefined;
    const promise = new Promise<void>((end) => {
      resolve = end;
    });
    await service.on('slow', async () => {
      await promise;
      await service.publish('done');
    });
    await service.publish('slow');
    const done = harness.published('done');
    resolve();
    expect(await done).toMatchObject({ topicName: 'done', data: undefined });
  });

  it('fails at once when nothing is on its way, and names what came instead', async () => {
    const service = await harness.service();
    await service.publish('a', 1);
    await service.publish('a', 2);
    await service.publish('b/c', 2);
    await expect(harness.published('notifications')).rejects.toThrow(
      expectation('expected a message to "notifications", and saw "a" ×2, "b/c"'),
    );
  });

  it('names the handler that never ends', async () => {
    const service = await harness.service();
    let resolve = (): void => undefined;
    const promise = new Promise<void>((end) => {
      resolve = end;
    });
    await service.on('jobs/:id', () => promise);
    await service.publish('jobs/7');
    await expect(harness.published('done')).rejects.toThrow(
      expectation(
        'expected a message to "done", and saw "jobs/7"; after 50 ms of real time this is still at work: the handler of "jobs/:id" on "jobs/7"',
      ),
    );
    await expect(harness.settled()).rejects.toThrow(
      expectation(
        'expected all work to end; after 50 ms of real time this is still at work: the handler of "jobs/:id" on "jobs/7"',
      ),
    );
    resolve();
    await harness.settled();
  });

  it('refuses what is no Topic Filter', async () => {
    await expect(harness.published('a/#/b')).rejects.toThrow(
      expect.objectContaining({ code: 'PETREL_TOPIC_INVALID' }),
    );
  });
});

describe('settled', () => {
  it('comes after the last handler of a chain through several services', async () => {
    const links = ['a', 'b', 'c', 'd'];
    const end = vi.fn();
    for (const [at, topic] of links.entries()) {
      const service = await harness.service();
      const next = links[at + 1];
      await service.on(topic, (data) => (next === undefined ? end(data) : service.publish(next, data)));
    }
    await (await harness.service()).publish('a', 'hello');
    await harness.settled();
    expect(end).toHaveBeenCalledExactlyOnceWith('hello');
    expect(harness.messages().map(({ topicName }) => topicName)).toEqual(links);
    expect(harness.messages('e')).toEqual([]);
  });
});

describe('time', () => {
  it('stands still until it is moved, for requests too', async () => {
    const service = await harness.service({ requestTimeoutMs: 30_000 });
    await service.on('unanswered', () => undefined);
    const failed = vi.fn();
    const asked = service.request('unanswered').catch(failed);
    await harness.advance(29_999);
    expect(failed).not.toHaveBeenCalled();
    await harness.advance(1);
    await asked;
    expect(failed).toHaveBeenCalledWith(expect.objectContaining({ code: 'PETREL_REQUEST_TIMEOUT' }));
  });

  it('begins where the test wants it, and keeps connections alive for a day', async () => {
    await harness.close();
    harness = await startHarness({ startMs: 1_000_000 });
    expect(harness.now).toBe(1_000_000);
    const service = await harness.service({ keepAlive: 600 });
    await service.respond('echo', (data) => data);
    await harness.advance(86_400_000);
    expect(harness.now).toBe(87_400_000);
    expect(await service.request('echo', 1)).toBe(1);
  });

  it('moves for a service that closes, so that a handler without an end holds nothing up', async () => {
    const service = await harness.service();
    await service.on('stuck', () => new Promise(() => undefined));
    await service.publish('stuck');
    await expect(harness.settled()).rejects.toThrow('this is still at work');
    await harness.close();
    await expect(service.publish('more')).rejects.toThrow(
      expect.objectContaining({ code: 'PETREL_SERVICE_CLOSED' }),
    );
  });
});

describe('retries', () => {
  it('are made in the time of the test, and what is given up is published', async () => {
    const service = await harness.service({ onError: () => undefined });
    const handler = vi.fn(() => {
      throw new Error('not today');
    });
    const retry = { attempts: 3, delayMs: 10_000, jitter: 0 };
    await service.on('jobs', handler, { retry, onFailure: { deadLetter: 'dead/jobs' } });
    const published = service.publish('jobs', 7);
    await harness.settled();
    expect(handler).toHaveBeenCalledTimes(1);
    await harness.advance(10_000);
    expect(handler).toHaveBeenCalledTimes(2);
    await expect(harness.published('dead/#')).rejects.toThrow(
      'expected a message to "dead/#", and saw "jobs"',
    );
    await harness.advance(20_000);
    expect(await harness.published('dead/#')).toMatchObject({ topicName: 'dead/jobs', data: 7 });
    expect(handler).toHaveBeenCalledTimes(3);
    await published;
  });

  it('are not made of what breaks its contract: it is given up at once', async () => {
    const service = await harness.service({ onError: () => undefined });
    const jobs = defineContract({ jobs: event({ payload: z.number() }) });
    const handler = vi.fn();
    const options = { retry: 3, onFailure: { deadLetter: 'dead/jobs' } };
    await contracted(service, jobs).on('jobs', handler, options);
    await service.publish('jobs', 'seven');
    expect(await harness.published('dead/jobs')).toMatchObject({ data: 'seven' });
    expect(handler).not.toHaveBeenCalled();
  });
});

describe('the broker', () => {
  it('is reached whatever the options of the application say, and by anything else that connects', async () => {
    const service = await harness.service({ url: 'mqtts://broker.example', tls: {} });
    await service.respond('echo', (data) => data);
    const { stream, clock } = harness.connection;
    const client = await connect({ stream, clock });
    await client.publish('plain', 'text');
    expect(await harness.published('plain')).toMatchObject({ data: 'text' });
    client.destroy();
    expect(await service.request('echo', 1)).toBe(1);
  });

  it('keeps the hooks of the test', async () => {
    const published = vi.fn();
    const strict = await startHarness({
      broker: { hooks: { published, authorizeSubscribe: (_, { topicFilter }) => topicFilter !== 'secret' } },
    });
    const service = await strict.service();
    await expect(service.on('secret', () => undefined)).rejects.toThrow(
      expect.objectContaining({ code: 'PETREL_SUBSCRIPTION_REFUSED' }),
    );
    await service.publish('a');
    expect(published).toHaveBeenCalledOnce();
    await strict.close();
  });
});
