/** The code of the guides about contracts, watching and testing runs, and does what it says. */
import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Broker, createBroker } from '@petrel/broker';
import { eventually } from '@petrel/testing';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { asyncApiPage } from './asyncapi/asyncapi-page.js';
import * as service from './index.js';
import { messagePack } from './message-pack.js';
import { openTelemetry } from './opentelemetry.js';
import { startHarness } from './testing/index.js';

type Run = (...values: unknown[]) => Promise<unknown>;

/** Runs all blocks of a tag in a guide as one program; `result` is what it leaves. */
async function run(
  guide: string,
  tag: string,
  names: Record<string, unknown>,
  result = 'undefined',
): Promise<unknown> {
  const text = readFileSync(new URL(`../../../docs/guides/${guide}`, import.meta.url), 'utf8');
  const blocks = [...text.matchAll(new RegExp(`^\`\`\`ts ${tag}\\n([\\s\\S]*?)^\`\`\``, 'gm'))];
  expect(blocks.length, `blocks of ${tag}`).toBeGreaterThan(0);
  const code = blocks.map(({ 1: block = '' }) => block.replace(/^import .*$/gm, '')).join('\n');
  const AsyncFunction = (async () => undefined).constructor as new (...parts: string[]) => Run;
  return new AsyncFunction(...Object.keys(names), `${code}\nreturn ${result};`)(...Object.values(names));
}

let broker: Broker;
const open: service.Service[] = [];
const createService = async (options: service.ServiceOptions = {}) => {
  const made = await service.createService({ ...options, url: undefined, stream: () => broker.connect() });
  open.push(made);
  return made;
};
beforeEach(async () => {
  broker = await createBroker();
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  await broker.destroy();
});

it('docs/guides/contracts.md: both ends keep the contract, and the service writes its document', async () => {
  const [print, store] = [vi.fn(), vi.fn()];
  const historyOf = async function* (room: string) {
    yield* [20, room.length];
  };
  const averageOf = (rooms: string[]) => rooms.length;
  const ends = { service: await createService(), otherService: await createService() };
  await run('contracts.md', 'contracts-guide', {
    ...service,
    z,
    print,
    store,
    historyOf,
    averageOf,
    ...ends,
  });
  await eventually(() => expect(store).toHaveBeenCalledWith('kitchen', '1', 21.5));
  expect(print.mock.calls.flat()).toEqual([1, 20, 7, 'PETREL_CONTRACT_BROKEN', 'Climate']);
});

it('docs/guides/contracts.md: the page is served', async () => {
  const { asyncApiDocument } = service;
  const names = {
    createServer: http.createServer,
    asyncApiPage,
    asyncApiDocument,
    service: await createService(),
    port: 0,
  };
  const server = (await run('contracts.md', 'asyncapi-page', names, 'server')) as http.Server;
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  expect(await (await fetch(`http://127.0.0.1:${port}/document.json`)).json()).toMatchObject({
    asyncapi: '3.0.0',
  });
  server.closeAllConnections();
  server.close();
});

it('docs/guides/observability.md: the metrics are counted, and the table names all of them', async () => {
  const print = vi.fn<(text: string) => void>();
  const names = { ...service, createService, openTelemetry, print, averageOf: () => 21, url: undefined };
  const metrics = (await run(
    'observability.md',
    'observability-guide',
    names,
    'metrics',
  )) as service.ServiceMetrics;
  // The answer is out before its handler is over.
  await eventually(() => expect(metrics.handlers[0]).toMatchObject({ topic: 'climate/average', handled: 1 }));
  const text = print.mock.calls[0]?.[0] ?? '';
  const guide = readFileSync(new URL('../../../docs/guides/observability.md', import.meta.url), 'utf8');
  const families = [...text.matchAll(/^# TYPE petrel_service_(\w+)/gm)].map(({ 1: name }) => name);
  expect(families.length).toBeGreaterThan(8);
  expect(families.filter((name) => !guide.includes(`\`${name}\``))).toEqual([]);
});

it('docs/guides/testing.md: the expectations of the example hold', async () => {
  expect.hasAssertions();
  await run('testing.md', 'testing-guide', { startHarness, expect });
});

it('docs/guides/payloads.md: everything arrives as what it was', async () => {
  const print = vi.fn();
  await run('payloads.md', 'payloads-guide', {
    ...service,
    createService,
    messagePack,
    print,
    url: undefined,
  });
  await eventually(() =>
    expect(print.mock.calls).toEqual([
      ['hall', { celsius: 21.5 }, []],
      ['hall', 'warm', []],
      ['hall', new Uint8Array([0x89, 0x50]), []],
      ['hall', { celsius: 21.5 }, [['unit', 'C']]],
    ]),
  );
  const asking = await createService();
  expect(await asking.request('now')).toEqual({ celsius: 21.5 });
  const kept = vi.fn();
  await asking.on('state/+', kept);
  await asking.publish('state/other', 1);
  await eventually(() => expect(kept.mock.calls.map(([data]) => data as unknown)).toEqual([1]));
});

it('docs/guides/routing.md: each handler gets what its pattern says', async () => {
  const print = vi.fn();
  await run('routing.md', 'routing-guide', { ...service, createService, print, url: undefined });
  await eventually(() =>
    expect(print.mock.calls).toEqual([
      ['hall', 'temperature/1', 21.5],
      ['hall', 'humidity/1', 40],
      ['all', 40],
      ['a colon', 1],
      ['a star', 2],
    ]),
  );
});

it('docs/guides/life.md: a refused subscription is told of, and the service closes in time', async () => {
  await broker.destroy();
  const authorizeSubscribe = (_: unknown, { topicFilter }: { topicFilter: string }) =>
    !topicFilter.startsWith('secret');
  broker = await createBroker({ hooks: { authorizeSubscribe } });
  const log = vi.fn();
  await run('life.md', 'life-guide', { createService, log, work: vi.fn(), url: undefined });
  expect(log.mock.calls).toEqual([
    ['warning', { code: 'PETREL_SUBSCRIPTION_REFUSED', message: expect.stringContaining('secret/+') }],
    ['closed', { finished: true }],
  ]);
});

it('docs/guides/requests.md: requests are given up, streams wait, many answer', async () => {
  const [print, write] = [vi.fn(), vi.fn(async () => new Promise((resolve) => setImmediate(resolve)))];
  const names = {
    service: await createService(),
    otherService: await createService(),
    asker: await createService(),
  };
  await run('requests.md', 'requests-guide', { ...names, print, write });
  expect(print.mock.calls.flat()).toEqual(['PETREL_REQUEST_CANCELLED', 500_500, 'first,second', true]);
});
