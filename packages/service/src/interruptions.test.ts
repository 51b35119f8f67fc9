import { getEventListeners } from 'node:events';
import { expect, it, vi } from 'vitest';
import { RemoteError } from './errors.js';
import { FakeNetwork } from './fake-network.suite.js';
import { Interruptions } from './interruptions.js';
import { Service } from './service.js';

it('aborts what is in work or begins later, and holds on to nothing that is over', () => {
  const interruptions = new Interruptions();
  const [silent, over, working] = [interruptions.begin(), interruptions.begin(), interruptions.begin()];
  const signals = [over.signal, working.signal];
  expect(working.signal).toBe(signals[1]);
  expect(interruptions.size).toBe(2);
  over.end();
  silent.end();
  expect(silent.signal.aborted).toBe(false);
  expect(interruptions.size).toBe(1);
  interruptions.abort();
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
  expect(interruptions.begin().signal.aborted).toBe(true);
  expect(interruptions.size).toBe(0);
});

it('gives each handling a signal of its own', async () => {
  const network = new FakeNetwork();
  const service = new Service(network.link());
  const signals = new Set<AbortSignal>();
  await service.respond('x', (_, context) => void signals.add(context.signal));
  await service.request('x');
  await service.request('x');
  expect(signals.size).toBe(2);
});

it('keeps nothing of an Observable that was answered with, and leaves it when answers cannot go out', async () => {
  const network = new FakeNetwork();
  const service = new Service(network.link(), { onError: () => {} });
  const signals: AbortSignal[] = [];
  const left = vi.fn();
  await service.respond('count', (bad: boolean, context) => {
    signals.push(context.signal);
    const values = bad ? [1n] : [1, 2];
    return {
      subscribe(observer: { next(value: unknown): void; complete(): void }) {
        for (const value of values) observer.next(value);
        if (!bad) observer.complete();
        return { unsubscribe: left };
      },
    };
  });
  const items: unknown[] = [];
  for await (const item of service.requestStream('count', false)) items.push(item);
  expect(items).toEqual([1, 2]);
  await expect(service.request('count', true)).rejects.toThrow(RemoteError);
  expect(left).toHaveBeenCalledTimes(2);
  expect(signals.flatMap((signal) => getEventListeners(signal, 'abort'))).toEqual([]);
});
