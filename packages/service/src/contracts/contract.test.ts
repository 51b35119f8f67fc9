/** Contracts over any schema library: what is checked where, and what a refusal says. */
import { eventually } from '@petrel/testing';
import { type } from 'arktype';
import * as v from 'valibot';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { RemoteError } from '../errors.js';
import { FakeNetwork } from '../fake-network.suite.js';
import { Outbound } from '../handler.js';
import { Service } from '../service.js';
import { defineContract, event, request, stream } from './contract.js';
import { contracted } from './contracted-service.js';
import type { StandardSchema } from './standard-schema.js';

const libraries = {
  zod: {
    rooms: z.object({ rooms: z.array(z.string()), unit: z.string().default('C') }),
    average: z.object({ average: z.number() }),
    celsius: z.number(),
  },
  valibot: {
    rooms: v.object({ rooms: v.array(v.string()), unit: v.optional(v.string(), 'C') }),
    average: v.object({ average: v.number() }),
    celsius: v.number(),
  },
  arktype: {
    rooms: type({ rooms: 'string[]', unit: "string = 'C'" }),
    average: type({ average: 'number' }),
    celsius: type('number'),
  },
};

const open: Service[] = [];
afterEach(async () => {
  for (const service of open.splice(0)) await service.close();
});

function serviceOn(network: FakeNetwork, onError = vi.fn()): Service {
  const service = new Service(network.link(), { onError });
  open.push(service);
  return service;
}

describe.each(Object.entries(libraries))('with %s', (_, schemas) => {
  const contract = defineContract({
    'climate/average': request({ input: schemas.rooms as StandardSchema, output: schemas.average }),
    'climate/history': stream({ input: schemas.rooms, output: schemas.celsius }),
    'sensors/:room/temperature/:probe': event({ payload: schemas.celsius }),
  });

  it('a request that keeps the contract is answered, with the defaults of the schema', async () => {
    const network = new FakeNetwork();
    const handler = vi.fn(() => ({ average: 21 }));
    await contracted(serviceOn(network), contract).respond('climate/average', handler);
    const caller = contracted(serviceOn(network), contract);
    expect(await caller.request('climate/average', { rooms: ['kitchen'] })).toEqual({ average: 21 });
    expect(handler).toHaveBeenCalledWith({ rooms: ['kitchen'], unit: 'C' }, expect.anything());
  });

  it('a wrong input does not leave its sender', async () => {
    const network = new FakeNetwork();
    const caller = contracted(serviceOn(network), contract);
    await expect(caller.request('climate/average', { rooms: ['kitchen', 5] })).rejects.toMatchObject({
      code: 'PETREL_CONTRACT_BROKEN',
      message: 'input of "climate/average" breaks the contract at "rooms[1]"',
      part: 'input',
      paths: ['rooms[1]'],
    });
    expect(network.published).toEqual([]);
  });

  it('a wrong input of somebody without the contract does not reach the handler; the answer names the field, never the value', async () => {
    const network = new FakeNetwork();
    const handler = vi.fn(() => ({ average: 21 }));
    await contracted(serviceOn(network), contract).respond('climate/average', handler);
    const asked = serviceOn(network).request('climate/average', {
      rooms: ['kitchen', 'SECRET-7'],
      unit: 4711,
    });
    const error = await asked.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RemoteError);
    expect(error).toMatchObject({
      remoteName: 'ContractError',
      remoteCode: 'PETREL_CONTRACT_BROKEN',
      details: { details: { part: 'input', paths: ['unit'] } },
    });
    expect(JSON.stringify((error as RemoteError).details)).not.toMatch(/SECRET|4711/);
    expect(handler).not.toHaveBeenCalled();
  });

  it('a wrong answer does not leave its handler', async () => {
    const network = new FakeNetwork();
    await contracted(serviceOn(network), contract).respond('climate/average', () => ({
      average: '21' as never,
    }));
    const asked = serviceOn(network).request('climate/average', { rooms: [] });
    await expect(asked).rejects.toThrow('output of "climate/average" breaks the contract at "average"');
  });

  it('a wrong answer of somebody without the contract fails the caller', async () => {
    const network = new FakeNetwork();
    await serviceOn(network).respond('climate/average', () => ({ average: '21' }));
    const asked = contracted(serviceOn(network), contract).request('climate/average', { rooms: [] });
    await expect(asked).rejects.toMatchObject({ code: 'PETREL_CONTRACT_BROKEN', part: 'output' });
  });

  it('every answer of a stream is checked', async () => {
    const network = new FakeNetwork();
    await contracted(serviceOn(network), contract).respond('climate/history', async function* () {
      yield* [20, 21];
      yield 'warm' as never;
    });
    const taken: number[] = [];
    const ask = async () => {
      const caller = contracted(serviceOn(network), contract);
      for await (const celsius of caller.requestStream('climate/history', { rooms: [] })) taken.push(celsius);
    };
    await expect(ask()).rejects.toThrow('output of "climate/history" breaks the contract');
    expect(taken).toEqual([20, 21]);
  });

  it('an event goes to the topic of its parameters, and comes with them', async () => {
    const network = new FakeNetwork();
    const seen = new Promise((resolve) => {
      void contracted(serviceOn(network), contract).on(
        'sensors/:room/temperature/:probe',
        (celsius, { parameters }) => resolve([celsius, parameters.room, parameters.probe]),
      );
    });
    await eventually(() => expect(network.topicFilters()).toEqual(['sensors/+/temperature/+']));
    const sender = contracted(serviceOn(network), contract);
    const parameters = { room: 'kitchen', probe: 1 };
    await sender.publish('sensors/:room/temperature/:probe', 21.5, { parameters });
    expect(await seen).toEqual([21.5, 'kitchen', '1']);
  });

  it('a wrong event of somebody without the contract is reported and not handled', async () => {
    const network = new FakeNetwork();
    const onError = vi.fn();
    const handler = vi.fn();
    await contracted(serviceOn(network, onError), contract).on('sensors/:room/temperature/:probe', handler);
    await serviceOn(network).publish('sensors/kitchen/temperature/1', 'warm');
    await eventually(() => expect(onError).toHaveBeenCalledOnce());
    expect(onError.mock.calls[0]?.[0]).toMatchObject({
      code: 'PETREL_CONTRACT_BROKEN',
      message: 'payload of "sensors/:room/temperature/:probe" breaks the contract',
      paths: [''],
    });
    expect(handler).not.toHaveBeenCalled();
  });
});

describe('a contract', () => {
  it('sends what it was given where a schema converts, since the other end converts again', async () => {
    const contract = defineContract({ day: event({ payload: z.string().transform((text) => text.length) }) });
    const network = new FakeNetwork();
    const seen = vi.fn();
    await contracted(serviceOn(network), contract).on('day', seen);
    await contracted(serviceOn(network), contract).publish('day', 'Monday');
    await eventually(() => expect(seen).toHaveBeenCalledWith(6, expect.anything()));
  });

  it('waits for an asynchronous schema', async () => {
    const known = async (room: string) => room === 'kitchen';
    const contract = defineContract({ room: event({ payload: z.string().refine(known) }) });
    const sender = contracted(serviceOn(new FakeNetwork()), contract);
    await sender.publish('room', 'kitchen');
    await expect(sender.publish('room', 'cellar')).rejects.toMatchObject({ code: 'PETREL_CONTRACT_BROKEN' });
  });

  it('checks the data inside an Outbound, and keeps its options', async () => {
    const contract = defineContract({ now: request({ input: z.any(), output: z.number() }) });
    const network = new FakeNetwork();
    const properties = { userProperties: [['unit', 'C']] as [string, string][] };
    await contracted(serviceOn(network), contract).respond('now', () => new Outbound(21, { properties }));
    expect(await contracted(serviceOn(network), contract).request('now', undefined)).toBe(21);
    expect(network.published.at(-1)?.properties.userProperties).toContainEqual(['unit', 'C']);
  });

  it('shortens the names that a peer made up, and keeps what the library said to this process', async () => {
    const contract = defineContract({ names: event({ payload: z.record(z.string(), z.number()) }) });
    const onError = vi.fn();
    const network = new FakeNetwork();
    await contracted(serviceOn(network, onError), contract).on('names', () => undefined);
    const wrong = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [`${'x'.repeat(500)} ${at}`, 'no']),
    );
    await serviceOn(network).publish('names', wrong);
    await eventually(() => expect(onError).toHaveBeenCalledOnce());
    const error = onError.mock.calls[0]?.[0] as { paths: string[]; message: string; issues: unknown[] };
    expect(error.paths.every((path) => path.length <= 101)).toBe(true);
    expect(error.paths.length).toBeLessThanOrEqual(10);
    expect(error.message.length).toBeLessThan(200);
    expect(error.issues).toHaveLength(30);
    expect(Object.keys(error)).not.toContain('issues');
  });

  it.each([
    ['a/+', event({ payload: z.any() }), '"a/+" has a wildcard without a name; write ":name" or "*name"'],
    [
      '$share/g/a',
      event({ payload: z.any() }),
      '"$share/g/a": a contract says nothing about groups; which replica gets a message is its receivers\' choice',
    ],
    [
      'a',
      event({ payload: {} as StandardSchema }),
      '"payload" of "a" must be a schema with the Standard Schema interface 1',
    ],
    ['a', {} as never, '"a" must be made by event(), request() or stream()'],
  ])('of %s is refused when it is defined wrongly', (pattern, operation, message) => {
    expect(() => defineContract({ [pattern]: operation })).toThrow(
      expect.objectContaining({ code: 'PETREL_INVALID_ARGUMENT', message }),
    );
  });

  it('refuses a pattern that it does not have, and one of another kind', () => {
    const contract = defineContract({ a: event({ payload: z.any() }) });
    expect(() => contract.operation('b', 'event')).toThrow('the contract has no "b"; it has "a"');
    expect(() => contract.operation('a', 'request')).toThrow('"a" is of the kind "event", not request');
  });
});
