import { eventually } from '@petrel/testing';
import { describe, expect, it, vi } from 'vitest';
import { RemoteError } from './errors.js';
import { FakeNetwork } from './fake-network.suite.js';
import { Outbound } from './handler.js';
import { Service } from './service.js';

const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('Service', () => {
  it('answers requests, by value, by promise and by stream', async () => {
    const network = new FakeNetwork();
    const server = new Service(network.link());
    await server.respond('sum', (data: number[]) => data.reduce((a, b) => a + b));
    await server.respond('count/+', async function* (to: number, { topicName }) {
      for (let n = 1; n <= to; n++) yield `${topicName} ${n}`;
    });
    const client = new Service(network.link());
    expect(await client.request('sum', [1, 2, 3])).toBe(6);
    const stream: unknown[] = [];
    for await (const item of client.requestStream('count/up', 3)) stream.push(item);
    expect(stream).toEqual(['count/up 1', 'count/up 2', 'count/up 3']);
    expect(await client.request('count/up', 2)).toBe('count/up 1');
  });

  it('gives a handler topic, User Properties and the message beside the data', async () => {
    const network = new FakeNetwork();
    const service = new Service(network.link());
    const seen = vi.fn();
    await service.on('sensors/+/t', (data, context) => seen(data, context));
    await service.publish('sensors/hall/t', 21.5, {
      qos: 1,
      properties: { userProperties: [['unit', 'C']] },
    });
    await eventually(() => expect(seen).toHaveBeenCalledOnce());
    expect(seen).toHaveBeenCalledWith(
      21.5,
      expect.objectContaining({
        topicName: 'sensors/hall/t',
        topicFilter: 'sensors/+/t',
        userProperties: [['unit', 'C']],
        isRequest: false,
        message: expect.objectContaining({ qos: 1, retain: false }),
      }),
    );
  });

  it('passes a thrown error on to the caller with name, code and details, and goes on', async () => {
    const network = new FakeNetwork();
    const server = new Service(network.link());
    await server.respond('risky', (bad: boolean) => {
      if (bad) throw Object.assign(new RangeError('too hot'), { code: 'HOT', details: { limit: 30 } });
      return 'fine';
    });
    const client = new Service(network.link());
    const error = await client.request('risky', true).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RemoteError);
    expect(error).toMatchObject({
      message: 'too hot',
      remoteName: 'RangeError',
      remoteCode: 'HOT',
      details: { details: { limit: 30 } },
    });
    expect(await client.request('risky', false)).toBe('fine');
  });

  it('answers an unreadable request with an error and reports an unreadable event', async () => {
    const network = new FakeNetwork();
    const onError = vi.fn();
    const server = new Service(network.link(), { onError });
    const handler = vi.fn();
    await server.respond('x', handler);
    await server.on('y', handler);
    const raw = network.link();
    const properties = { contentType: 'application/json' };
    const client = new Service(network.link());
    await expect(client.request('x', 'no json', { properties })).rejects.toMatchObject({
      remoteCode: 'PETREL_PAYLOAD_INVALID',
    });
    await raw.publish('y', bytes('{'), { properties });
    await eventually(() => expect(onError).toHaveBeenCalledOnce());
    expect(onError.mock.calls[0]?.[0]).toMatchObject({ code: 'PETREL_PAYLOAD_INVALID' });
    expect(handler).not.toHaveBeenCalled();
  });

  it('acknowledges after the handler, or before it where told', async () => {
    const network = new FakeNetwork();
    const link = network.link();
    const service = new Service(link);
    const { opened, open } = gate();
    await service.on('after', () => opened);
    await service.on('before', () => opened, { acknowledge: 'before' });
    await service.publish('after', 1);
    await service.publish('before', 1);
    await eventually(() => expect(link.acknowledged.map(({ topicName }) => topicName)).toEqual(['before']));
    open();
    await eventually(() =>
      expect(link.acknowledged.map(({ topicName }) => topicName)).toEqual(['before', 'after']),
    );
  });

  it('runs no more handlers at once than it may, per handler and in all', async () => {
    const network = new FakeNetwork();
    const service = new Service(network.link(), { concurrency: 5 });
    let running = 0;
    const most = { one: 0, all: 0 };
    const work = async (): Promise<void> => {
      most.all = Math.max(most.all, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
    };
    let ofOne = 0;
    await service.on('many', work);
    await service.on(
      'few',
      async () => {
        most.one = Math.max(most.one, ++ofOne);
        await work();
        ofOne--;
      },
      { concurrency: 2 },
    );
    for (let n = 0; n < 20; n++) await Promise.all([service.publish('many', n), service.publish('few', n)]);
    await eventually(() => expect(service.inWork).toBe(0));
    expect(most).toEqual({ one: 2, all: 5 });
  });

  it('drops QoS 0 messages beyond those that may wait, and says so once', async () => {
    const network = new FakeNetwork();
    const onError = vi.fn();
    const service = new Service(network.link(), { concurrency: 1, maximumWaiting: 2, onError });
    const { opened, open } = gate();
    const seen: unknown[] = [];
    await service.on('flood', async (data) => {
      await opened;
      seen.push(data);
    });
    for (let n = 0; n < 6; n++) await service.publish('flood', n, { qos: 0 });
    await eventually(() => expect(onError).toHaveBeenCalledOnce());
    expect(onError.mock.calls[0]?.[0]).toMatchObject({ code: 'PETREL_SERVICE_OVERLOADED' });
    open();
    await eventually(() => expect(seen).toEqual([0, 1, 2]));
    expect(onError).toHaveBeenCalledOnce();
  });

  it.each([true, false])(
    'runs each matching handler once per message (Subscription Identifiers: %s)',
    async (separatesSubscriptions) => {
      const network = new FakeNetwork();
      const service = new Service(network.link({ separatesSubscriptions }));
      const seen: string[] = [];
      for (const filter of ['a/b', 'a/#', 'a/+']) await service.on(filter, () => seen.push(filter));
      const late = await service.on('a/b', () => seen.push('second of a/b'));
      await service.publish('a/b', 1);
      await eventually(() => expect(service.inWork).toBe(0));
      expect(seen.sort()).toEqual(['a/#', 'a/+', 'a/b', 'second of a/b']);
      expect(network.topicFilters().sort()).toEqual(separatesSubscriptions ? ['a/#', 'a/+', 'a/b'] : ['a/#']);
      await late.close();
      await service.publish('a/b', 1);
      await eventually(() => expect(seen).toHaveLength(7));
    },
  );

  it('runs each handler of one filter once, whatever QoS they ask for and whenever they come', async () => {
    const network = new FakeNetwork();
    const service = new Service(network.link());
    const seen: string[] = [];
    const handler = (name: string) => (): unknown => seen.push(name);
    await Promise.all([
      service.on('a', handler('first'), { qos: 0 }),
      service.on('a', handler('together'), { qos: 1 }),
    ]);
    expect([...network.subscriptions].map(({ qos }) => qos)).toEqual([1]);
    const late = await service.on('a', handler('later'), { qos: 2 });
    await service.publish('a', 1, { qos: 2 });
    await eventually(() => expect(seen.sort()).toEqual(['first', 'later', 'together']));
    await late.close();
    await service.close();
    expect(network.topicFilters()).toEqual([]);
  });

  it('gives up what is within a wider filter once it knows that copies cannot be told apart', async () => {
    const network = new FakeNetwork();
    const link = network.link();
    const service = new Service(link, { keepSubscriptions: true });
    const seen: string[] = [];
    const registered = ['a/b', 'a/#'].map((filter, qos) =>
      service.on(filter, () => seen.push(filter), { qos: (1 - qos) as 0 | 1 }),
    );
    link.separatesSubscriptions = false;
    await Promise.all(registered);
    // Twice: the second one only raises the QoS to what "a/b" had.
    expect([...network.subscriptions].map(({ topicFilter, qos }) => [topicFilter, qos])).toEqual([
      ['a/#', 0],
      ['a/#', 1],
    ]);
    await service.publish('a/b', 1);
    await eventually(() => expect(seen.sort()).toEqual(['a/#', 'a/b']));
  });

  it('outlives an onError that throws', async () => {
    const network = new FakeNetwork();
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const onError = (): never => {
      throw new Error('the logger is broken');
    };
    const link = network.link();
    const service = new Service(link, { onError });
    await service.on('a', () => Promise.reject(new Error('failed')));
    await service.publish('a', 1);
    await eventually(() => expect(link.acknowledged).toHaveLength(1));
    expect(logged).toHaveBeenCalledOnce();
    logged.mockRestore();
  });

  it('lets the most specific handler answer, and runs the others too', async () => {
    const network = new FakeNetwork();
    const server = new Service(network.link());
    const seen: string[] = [];
    await server.on('a/b', () => seen.push('event'));
    for (const [filter, name] of [
      ['a/#', 'wide'],
      ['a/+', 'narrow'],
    ] as const) {
      await server.respond(filter, () => {
        seen.push(name);
        return name;
      });
    }
    const client = new Service(network.link());
    expect(await client.request('a/b')).toBe('narrow');
    await eventually(() => expect(seen.sort()).toEqual(['event', 'narrow', 'wide']));
    expect(client.unclaimedReplies).toBe(0);
  });

  it('does not let a watcher answer what another service serves', async () => {
    const network = new FakeNetwork();
    const watcher = new Service(network.link());
    const seen = vi.fn();
    await watcher.on('#', seen);
    const server = new Service(network.link());
    await server.respond('slow', () => new Promise((resolve) => setImmediate(resolve, 'answer')));
    expect(await new Service(network.link()).request('slow', 1)).toBe('answer');
    expect(seen).toHaveBeenCalledWith(1, expect.objectContaining({ isRequest: false, topicName: 'slow' }));
  });

  it('does not take replies for requests, but shows them to event handlers', async () => {
    const network = new FakeNetwork();
    const server = new Service(network.link({ protocolVersion: 4, separatesSubscriptions: false }));
    const asked = vi.fn(() => 'pong');
    const seen: string[] = [];
    await server.respond('x/#', asked);
    await server.on('#', (_, { topicName }) => seen.push(topicName));
    const client = new Service(network.link({ protocolVersion: 4 }));
    expect(await client.request('x/ping', 1)).toBe('pong');
    await eventually(() => expect(seen).toEqual(['x/ping', 'x/ping/reply']));
    expect(asked).toHaveBeenCalledOnce();
  });

  it('publishes a reply the way the handler says', async () => {
    const network = new FakeNetwork();
    const server = new Service(network.link());
    const userProperties = [['unit', 'C']] as const;
    await server.respond(
      't',
      () => new Outbound(21, { qos: 2, retain: true, properties: { userProperties } }),
    );
    expect(await new Service(network.link()).request('t')).toBe(21);
    const reply = network.published.at(-1);
    expect(reply).toMatchObject({ qos: 2, retain: true });
    expect(reply?.properties.userProperties).toContainEqual(['unit', 'C']);
  });

  it('clears a retained message with an empty payload', async () => {
    const network = new FakeNetwork();
    await new Service(network.link()).publish('state', undefined, { retain: true });
    expect(network.published[0]).toMatchObject({ retain: true, payload: new Uint8Array(0) });
  });

  it('fails to register a handler whose subscription is refused', async () => {
    const network = new FakeNetwork();
    network.refused.add('secret/#');
    await expect(new Service(network.link()).on('secret/#', () => undefined)).rejects.toMatchObject({
      code: 'PETREL_SUBSCRIPTION_REFUSED',
      message: expect.stringContaining('"secret/#"'),
    });
  });

  it.each([
    ['an option that does not exist', () => 1, { quos: 1 }, 'option "quos" of the handler of "x" is unknown'],
    ['a form of payload that does not exist', () => 1, { payload: 'xml' }, 'option "payload" of the handler'],
    [
      'a policy that cannot be',
      () => 1,
      { concurrency: 0 },
      'option "concurrency" must be an integer from 1',
    ],
    ['no handler', undefined, {}, 'the handler of "x" must be a function, got undefined'],
  ])('refuses %s', async (_, handler, options, message) => {
    const service = new Service(new FakeNetwork().link());
    for (const registered of [
      service.on('x', handler as never, options as never),
      service.respond('x', handler as never, options as never),
    ]) {
      await expect(registered).rejects.toMatchObject({
        code: 'PETREL_INVALID_ARGUMENT',
        message: expect.stringContaining(message),
      });
    }
  });

  it('drains on close: no new messages, running handlers finish and may still publish', async () => {
    const network = new FakeNetwork();
    const link = network.link();
    const service = new Service(link);
    const { opened, open } = gate();
    await service.on('job', async () => {
      await opened;
      await service.publish('done', 1);
    });
    await service.publish('job', 1);
    await eventually(() => expect(service.inWork).toBe(1));
    const closed = service.close();
    await eventually(() => expect(network.topicFilters()).toEqual([]));
    expect(link.isClosed).toBe(false);
    open();
    expect(await closed).toBe(true);
    expect(await service.close()).toBe(true);
    expect(link.isClosed).toBe(true);
    expect(network.published.at(-1)?.topicName).toBe('done');
    await expect(service.publish('x', 1)).rejects.toMatchObject({ code: 'PETREL_SERVICE_CLOSED' });
  });

  it('sends requests, and gets their answers, with the QoS of "requestQos" or of the request', async () => {
    const network = new FakeNetwork();
    await new Service(network.link()).respond('sum', () => 3, { qos: 2 });
    const service = new Service(network.link(), { requestQos: 0 });
    await service.request('sum', 1);
    await service.request('sum', 1, { qos: 2 });
    expect(network.published.map(({ qos }) => qos)).toEqual([0, 0, 2, 2]);
  });

  it('answers a request at QoS 0 that it has no place for', async () => {
    const network = new FakeNetwork();
    const onError = vi.fn();
    const responder = new Service(network.link(), { onError });
    await responder.respond('slow', () => new Promise(() => undefined), {
      concurrency: 1,
      maximumWaiting: 1,
    });
    const asker = new Service(network.link(), { requestQos: 0 });
    const [first, second, third] = [asker.request('slow'), asker.request('slow'), asker.request('slow')];
    await expect(third).rejects.toMatchObject({ remoteCode: 'PETREL_SERVICE_OVERLOADED' });
    expect(onError).toHaveBeenCalledOnce();
    await asker.close();
    await expect(first).rejects.toMatchObject({ code: 'PETREL_REQUEST_CANCELLED' });
    await expect(second).rejects.toMatchObject({ code: 'PETREL_REQUEST_CANCELLED' });
  });

  it('tells handlers that outlast the drain by their signal', async () => {
    const network = new FakeNetwork();
    const service = new Service(network.link(), { drainTimeoutMs: 1 });
    let aborted = false;
    await service.on('job', (_, { signal }) => {
      signal.addEventListener('abort', () => (aborted = true));
      return new Promise(() => undefined);
    });
    await service.publish('job', 1);
    await eventually(() => expect(service.inWork).toBe(1));
    expect(await service.close()).toBe(false);
    expect(aborted).toBe(true);
  });

  it.each([
    [{ envelope: 'json' }, 'option "envelope" must be "auto", "native" or "nest", got "json"'],
    [{ concurrency: 0 }, 'option "concurrency" must be an integer from 1, or Infinity, got 0'],
    [{ acknowledge: 'never' }, 'option "acknowledge" must be "after", "before" or "manual", got "never"'],
    [{ requestTimeoutMs: -1 }, 'option "requestTimeoutMs" must be a number of milliseconds from 0, got -1'],
    [{ requestQos: '1' }, 'option "requestQos" must be 0, 1 or 2, got "1"'],
    [
      { inboxPrefix: 'a/#' },
      'option "inboxPrefix" must be a topic without wildcards [MQTT-4.7.0-1], got "a/#"',
    ],
  ])('refuses %j and says why', (settings, message) => {
    expect(() => new Service(new FakeNetwork().link(), settings as never)).toThrow(
      expect.objectContaining({ code: 'PETREL_INVALID_ARGUMENT', message }),
    );
  });
});
