/** What observers see of a service, and that they cannot harm it. */
import { eventually } from '@petrel/testing';
import { describe, expect, it, vi } from 'vitest';
import { FakeNetwork } from './fake-network.suite.js';
import type { Observation, Observer } from './observer.js';
import { Service } from './service.js';

/** Writes down what it is told, as one line each. */
function scribe(
  seen: string[],
  metadata?: Record<string, string>,
): Required<Pick<Observer, 'handling' | 'publishing' | 'requesting' | 'happened'>> {
  const observation = (what: string): Observation => {
    seen.push(`${what} begins`);
    const end = (error?: unknown) =>
      seen.push(`${what} ${error === undefined ? 'ends' : `fails: ${(error as Error).message}`}`);
    return { ...(metadata && { metadata }), end };
  };
  return {
    handling: ({ endpoint, message }) => observation(`${endpoint.topicFilter} of ${message.topicName}`),
    publishing: ({ topicName }) => observation(`publish ${topicName}`),
    requesting: ({ topicName }) => observation(`request ${topicName}`),
    happened: (what, endpoint) => seen.push(`${endpoint.topicFilter} ${what}`),
  };
}

describe('an observer', () => {
  it('sees a message published and handled, with the name of the filter', async () => {
    const network = new FakeNetwork();
    const seen: string[] = [];
    const service = new Service(network.link(), { observers: [scribe(seen)] });
    const handled = new Promise((resolve) => void service.on('a/:b', resolve));
    await eventually(() => expect(network.topicFilters()).toEqual(['a/+']));
    await service.publish('a/x', 1);
    await handled;
    await eventually(() => expect(service.inWork).toBe(0));
    const both = ['a/+ of a/x begins', 'a/+ of a/x ends', 'publish a/x begins', 'publish a/x ends'];
    expect(seen.sort()).toEqual(both);
  });

  it('sees what fails, at both ends of a request', async () => {
    const network = new FakeNetwork();
    const [served, asked]: [string[], string[]] = [[], []];
    const server = new Service(network.link(), { observers: [scribe(served)] });
    await server.respond('sum', () => {
      throw new Error('no numbers');
    });
    const client = new Service(network.link(), { observers: [scribe(asked)] });
    await expect(client.request('sum', [])).rejects.toThrow('no numbers');
    await eventually(() => expect(server.inWork).toBe(0));
    expect(served).toEqual(['sum of sum begins', 'sum of sum fails: no numbers']);
    expect(asked).toEqual(['request sum begins', 'request sum fails: no numbers']);
  });

  it('sees a payload that cannot be read as a failure of the handler', async () => {
    const network = new FakeNetwork();
    const seen: string[] = [];
    const onError = vi.fn();
    const service = new Service(network.link(), { observers: [scribe(seen)], onError });
    await service.on('a', () => undefined);
    const properties = { contentType: 'application/json' };
    await network.link().publish('a', new TextEncoder().encode('{'), { qos: 1, properties });
    await eventually(() => expect(onError).toHaveBeenCalledOnce());
    expect(seen).toEqual(['a of a begins', expect.stringContaining('a of a fails: ')]);
  });

  it('hears once of a request that is given up in the middle of its answers', async () => {
    const network = new FakeNetwork();
    const seen: string[] = [];
    const server = new Service(network.link());
    await server.respond('count', async function* () {
      yield* [1, 2, 3];
    });
    const client = new Service(network.link(), { observers: [scribe(seen)] });
    for await (const item of client.requestStream('count')) if (item === 1) break;
    await eventually(() => expect(server.inWork).toBe(0));
    expect(seen).toEqual(['request count begins', 'request count ends']);
  });

  it('sends its metadata along, beside those of the message', async () => {
    const network = new FakeNetwork();
    const observers = [scribe([], { one: '1' }), scribe([], { two: '2' })];
    const service = new Service(network.link(), { observers });
    await service.publish('a', 1, { properties: { userProperties: [['own', '0']] } });
    const expected = [
      ['own', '0'],
      ['one', '1'],
      ['two', '2'],
    ];
    expect(network.published[0]?.properties.userProperties).toEqual(expected);
  });

  it('is around the work where it wants to be, the last one outermost', async () => {
    const network = new FakeNetwork();
    const seen: string[] = [];
    const around = (name: string): Observer => ({
      publishing: () => ({
        run: (work) => {
          seen.push(`${name} in`);
          try {
            return work();
          } finally {
            seen.push(`${name} out`);
          }
        },
        end: () => undefined,
      }),
    });
    await new Service(network.link(), { observers: [around('inner'), around('outer')] }).publish('a', 1);
    expect(seen).toEqual(['outer in', 'inner in', 'inner out', 'outer out']);
  });

  it('that throws harms nobody', async () => {
    const network = new FakeNetwork();
    const broken = (): never => {
      throw new Error('broken observer');
    };
    const complaint = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const observers = [{ handling: broken, requesting: () => ({ end: broken }), publishing: broken }];
    const service = new Service(network.link(), { observers });
    await service.respond('echo', (data) => data);
    expect(await service.request('echo', 'hello')).toBe('hello');
    await service.publish('echo', 1);
    expect(complaint).toHaveBeenCalledWith(expect.objectContaining({ message: 'broken observer' }));
    complaint.mockRestore();
  });
});

it('a service tells what it serves, until it serves it no more', async () => {
  const service = new Service(new FakeNetwork().link());
  const registration = await service.on('a/:b', () => undefined);
  await service.respond('c', () => undefined);
  expect(service.endpoints).toMatchObject([
    { topicFilter: 'a/+', pattern: { pattern: 'a/:b' }, responds: false },
    { topicFilter: 'c', responds: true },
  ]);
  await registration.close();
  expect(service.endpoints).toHaveLength(1);
});
