/** What becomes of messages, by each policy: on a network in memory and on time that the test moves. */
import { FakeClock } from '@petrel/testing';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { HandledInMemory } from './deduplication.js';
import { type FakeLink, FakeNetwork } from './fake-network.suite.js';
import type { HandlerContext } from './handler.js';
import type { ServiceSettings } from './options.js';
import { Service } from './service.js';

let network: FakeNetwork;
let link: FakeLink;
let clock: FakeClock;
const onError = vi.fn();

beforeEach(() => {
  network = new FakeNetwork();
  link = network.link();
  clock = new FakeClock();
  onError.mockReset();
});

function serve(settings: ServiceSettings = {}): Service {
  return new Service(link, { clock, onError, ...settings });
}

/** Everything that can happen without time going by has happened. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

const acknowledged = (): unknown[] => link.acknowledged.map(({ topicName }) => topicName);

async function send(topicName: string, properties = {}, payload = '1', qos: 0 | 1 = 1): Promise<void> {
  await network.link().publish(topicName, new TextEncoder().encode(payload), { qos, properties });
  await settled();
}

describe('acknowledge: manual', () => {
  it('acknowledges when the handler says so, also after it has finished', async () => {
    const contexts: HandlerContext[] = [];
    await serve().on('a', (_, context) => contexts.push(context), { acknowledge: 'manual' });
    await send('a');
    expect(acknowledged()).toEqual([]);
    contexts[0]?.ack();
    contexts[0]?.ack();
    await settled();
    expect(acknowledged()).toEqual(['a']);
  });

  it('acknowledges what has failed for good', async () => {
    const failing = () => {
      throw new Error('no');
    };
    await serve().on('a', failing, { acknowledge: 'manual' });
    await send('a');
    expect(acknowledged()).toEqual(['a']);
    expect(onError).toHaveBeenCalledOnce();
  });
});

describe('retry', () => {
  it('calls a failed handler again after growing pauses, and acknowledges once it succeeds', async () => {
    const attempts: number[] = [];
    const handler = (_: unknown, { attempt }: HandlerContext) => {
      attempts.push(attempt);
      if (attempt < 3) throw new Error('not yet');
    };
    await serve().on('a', handler, { retry: { attempts: 5, delayMs: 100, factor: 2, jitter: 0 } });
    await send('a');
    expect(attempts).toEqual([1]);
    clock.advance(99);
    await settled();
    expect(attempts).toEqual([1]);
    clock.advance(1);
    await settled();
    expect(attempts).toEqual([1, 2]);
    clock.advance(200);
    await settled();
    expect(attempts).toEqual([1, 2, 3]);
    expect(acknowledged()).toEqual(['a']);
    expect(onError).not.toHaveBeenCalled();
  });

  it('gives up at once for an error that another call cannot mend', async () => {
    const handler = vi.fn(() => Promise.reject(new TypeError('hopeless')));
    await serve({ retry: { attempts: 5, when: (error) => !(error instanceof TypeError) } }).on('a', handler);
    await send('a');
    expect(handler).toHaveBeenCalledOnce();
    expect(onError).toHaveBeenCalledOnce();
    expect(acknowledged()).toEqual(['a']);
  });

  it('answers a request with the last error, and a stream that has begun is not begun again', async () => {
    const service = serve({ retry: { attempts: 2, delayMs: 0 } });
    const value = vi.fn(() => Promise.reject(new Error('never')));
    let begun = 0;
    await service.respond('value', value);
    await service.respond('stream', async function* () {
      begun++;
      yield 1;
      throw new Error('half way');
    });
    const client = new Service(network.link());
    const answer = expect(client.request('value')).rejects.toThrow('never');
    await settled();
    clock.advance(0);
    await answer;
    expect(value).toHaveBeenCalledTimes(2);
    const values: unknown[] = [];
    const reading = (async () => {
      for await (const item of client.requestStream('stream')) values.push(item);
    })();
    await expect(reading).rejects.toThrow('half way');
    expect(values).toEqual([1]);
    expect(begun).toBe(1);
  });

  it('leaves a message that waits for its next attempt to the server when the service closes', async () => {
    const service = serve({ retry: { attempts: 2, delayMs: 60_000 }, drainTimeoutMs: 10 });
    await service.on('a', () => Promise.reject(new Error('no')));
    await send('a');
    const closed = service.close();
    await settled();
    clock.advance(10);
    expect(await closed).toBe(false);
    await settled();
    expect(acknowledged()).toEqual([]);
  });
});

describe('onFailure', () => {
  const failing = () => Promise.reject(Object.assign(new RangeError('too hot'), { code: 'HOT' }));

  it('publishes a dead letter with the reason, and acknowledges once the server has it', async () => {
    await serve().on('a/+', failing, {
      onFailure: { deadLetter: 'dead' },
      retry: { attempts: 2, delayMs: 0 },
    });
    const properties = { contentType: 'application/json', userProperties: [['unit', 'C']] };
    let confirm = (): void => undefined;
    const publish = link.publish.bind(link);
    link.publish = async (...args) => {
      if (args[0] === 'dead') await new Promise<void>((resolve) => (confirm = resolve));
      return publish(...args);
    };
    await send('a/1', properties, '31');
    clock.advance(0);
    await settled();
    expect(acknowledged()).toEqual([]);
    confirm();
    await settled();
    expect(acknowledged()).toEqual(['a/1']);
    const letter = network.published.find(({ topicName }) => topicName === 'dead');
    expect(new TextDecoder().decode(letter?.payload)).toBe('31');
    expect(letter).toMatchObject({ qos: 1, properties: { contentType: 'application/json' } });
    expect(Object.fromEntries(letter?.properties.userProperties ?? [])).toEqual({
      unit: 'C',
      'dead-letter-reason': 'RangeError: too hot',
      'dead-letter-code': 'HOT',
      'dead-letter-attempts': '2',
      'dead-letter-first-time': expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      'dead-letter-topic': 'a/1',
    });
  });

  it('writes the reason into the payload where there are no properties', async () => {
    link = network.link({ protocolVersion: 4 });
    await serve().on('a', failing, { onFailure: { deadLetter: ({ topicName }) => `dead/${topicName}` } });
    await send('a', {}, 'x');
    const letter = network.published.find(({ topicName }) => topicName === 'dead/a');
    expect(JSON.parse(new TextDecoder().decode(letter?.payload))).toMatchObject({
      reason: 'RangeError: too hot',
      attempts: 1,
      topicName: 'a',
      payload: btoa('x'),
    });
  });

  it('leaves the message to the server when the dead letter cannot be published', async () => {
    link.publish = () => Promise.reject(new Error('not authorized'));
    await serve().on('a', failing, { onFailure: { deadLetter: 'dead' } });
    await send('a');
    expect(acknowledged()).toEqual([]);
    expect(link.abandoned).toHaveLength(1);
    expect(onError.mock.calls.map(([error]) => error)).toMatchObject([
      { code: 'HOT' },
      { code: 'PETREL_MESSAGE_UNHANDLED' },
    ]);
  });

  it('disconnect leaves the message to the server', async () => {
    await serve({ onFailure: 'disconnect' }).on('a', failing);
    await send('a');
    expect(link.abandoned.map(({ topicName }) => topicName)).toEqual(['a']);
    expect(acknowledged()).toEqual([]);
  });

  it('drop acknowledges it and reports it', async () => {
    await serve().on('a', failing);
    await send('a');
    expect(acknowledged()).toEqual(['a']);
    expect(onError).toHaveBeenCalledOnce();
  });
});

describe('timeoutMs', () => {
  it('fails a call that takes longer, aborts its signal, and frees its place', async () => {
    const signals: AbortSignal[] = [];
    const handler = (data: unknown, { signal }: HandlerContext) => {
      signals.push(signal);
      return data === 1 ? new Promise(() => undefined) : undefined;
    };
    await serve({ concurrency: 1, timeoutMs: 50 }).on('a', handler);
    await send('a', {}, '1');
    await send('a', {}, '2');
    expect(signals).toHaveLength(1);
    clock.advance(50);
    await settled();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(onError.mock.calls[0]?.[0]).toMatchObject({ code: 'PETREL_HANDLER_TIMEOUT' });
    expect(acknowledged()).toEqual(['a', 'a']);
  });
});

describe('ordered', () => {
  it.each([
    ['topic', {}, ['a/1 begins', 'a/2 begins']],
    ['key', { orderKey: () => 'same' }, ['a/1 begins']],
    [false, {}, ['a/1 begins', 'a/1 begins', 'a/2 begins']],
  ] as const)('%s: who waits for whom', async (ordered, more, atFirst) => {
    const seen: string[] = [];
    const finish: (() => void)[] = [];
    const handler = async (_: unknown, { topicName }: HandlerContext) => {
      seen.push(`${topicName} begins`);
      await new Promise<void>((resolve) => finish.push(resolve));
      seen.push(`${topicName} ends`);
    };
    const service = serve();
    await service.on('a/+', handler, { ordered, ...more });
    for (const topicName of ['a/1', 'a/1', 'a/2']) await send(topicName);
    expect(seen).toEqual(atFirst);
    while (service.inWork > 0) {
      for (const end of finish.splice(0)) end();
      await settled();
    }
    expect(seen).toHaveLength(6);
    expect(acknowledged()).toHaveLength(3);
  });

  it('takes the User Property "key" where no function says otherwise', async () => {
    const seen: unknown[] = [];
    const handler = (data: unknown) => {
      seen.push(data);
      return new Promise(() => undefined);
    };
    await serve().on('a', handler, { ordered: 'key' });
    const of = (key: string) => ({ userProperties: [['key', key]] });
    await send('a', of('x'), '1');
    await send('a', of('x'), '2');
    await send('a', of('y'), '3');
    expect(seen).toEqual([1, 3]);
  });
});

describe('deduplicate', () => {
  const id = (value: string) => ({ userProperties: [['message-id', value]] });

  it('handles each id once within its window, and every message without an id', async () => {
    const seen: unknown[] = [];
    const store = new HandledInMemory({ clock });
    await serve().on('a', (data) => seen.push(data), { deduplicate: { windowMs: 1000, store } });
    await send('a', id('x'), '1');
    await send('a', id('x'), '2');
    await send('a', id('y'), '3');
    await send('a', {}, '4');
    await send('a', {}, '5');
    expect(seen).toEqual([1, 3, 4, 5]);
    clock.advance(1000);
    await send('a', id('x'), '6');
    expect(seen).toEqual([1, 3, 4, 5, 6]);
    expect(acknowledged()).toHaveLength(6);
  });

  it('handles a message again whose first handler failed, and lets a second one wait for the first', async () => {
    const seen: unknown[] = [];
    let fail: (error: Error) => void = () => undefined;
    const handler = (data: unknown) => {
      seen.push(data);
      return data === 1 ? new Promise((_, reject) => (fail = reject)) : undefined;
    };
    await serve().on('a', handler, { deduplicate: {} });
    await send('a', id('x'), '1');
    await send('a', id('x'), '2');
    expect(seen).toEqual([1]);
    fail(new Error('no'));
    await settled();
    await send('a', id('x'), '3');
    expect(seen).toEqual([1, 2]);
  });

  it('lets each handler of a message have it', async () => {
    const seen: string[] = [];
    const store = new HandledInMemory({ clock });
    const service = serve({ deduplicate: { store } });
    await service.on('a', () => seen.push('a'));
    await service.on('+', () => seen.push('+'));
    await send('a', id('x'));
    expect(seen.sort()).toEqual(['+', 'a']);
  });

  it('keeps no more ids in memory than it may', () => {
    const store = new HandledInMemory({ capacity: 2, clock });
    for (const one of ['a', 'b', 'c']) store.add(one, 1000);
    expect(['a', 'b', 'c'].map((one) => store.has(one))).toEqual([false, true, true]);
  });

  it('is not for requests, whose repetition waits for an answer too', async () => {
    await expect(serve().respond('a', () => 1, { deduplicate: {} })).rejects.toThrow(
      'option "deduplicate" of "a" is for events',
    );
  });
});

describe('group', () => {
  it('is subscribed as a shared subscription, of the service or of one handler', async () => {
    const service = serve({ group: 'workers' });
    await service.on('a/:id', () => undefined);
    await service.on('b', () => undefined, { group: 'own' });
    await service.on('c', () => undefined, { group: false });
    await service.on('$share/other/d', () => undefined);
    expect(network.topicFilters()).toEqual(['$share/workers/a/+', '$share/own/b', 'c', '$share/other/d']);
  });
});

describe('onRefusedSubscription', () => {
  it('warn goes on without it', async () => {
    const onWarning = vi.fn();
    network.refused.add('no');
    await serve({ onRefusedSubscription: 'warn', onWarning }).on('no', () => undefined);
    expect(onWarning).toHaveBeenCalledWith(expect.objectContaining({ code: 'PETREL_SUBSCRIPTION_REFUSED' }));
  });
});

it.each([
  [{ acknowledge: 'later' }, 'option "acknowledge" must be "after", "before" or "manual", got "later"'],
  [{ ordered: true }, 'option "ordered" must be "topic", "key" or false, got true'],
  [
    { onFailure: 'ignore' },
    'option "onFailure" must be "drop", "disconnect" or { deadLetter: topic }, got "ignore"',
  ],
  [{ onFailure: { deadLetter: 'a/+' } }, /option "onFailure.deadLetter"/],
  [{ orderKey: 'x' }, 'option "orderKey" must be a function, got string'],
  [{ deduplicate: true }, 'option "deduplicate" must be an object or false, got true'],
  [{ deduplicate: { store: {} } }, 'option "deduplicate.store" must have the methods has and add'],
  [{ group: 'a/b' }, 'option "group" must be a ShareName without "/", "+" and "#" [MQTT-4.8.2-2], got "a/b"'],
])('a policy %j is refused with the reason', (settings, message) => {
  expect(() => serve(settings as never)).toThrow(message);
});
