/** `tracing` of a configuration: spans reach a collector that speaks OTLP over HTTP. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@petrel/client';
import { freePort } from '@petrel/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from './run.js';
import { petrel, terminal } from './test-terminal.suite.js';

let folder: string;
const servers: Server[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'petrel-tracing-'));
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  rmSync(folder, { recursive: true, force: true });
});

interface OtlpSpan {
  readonly name: string;
  readonly traceId: string;
  readonly attributes: readonly { readonly key: string; readonly value: object }[];
}

interface OtlpTraces {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: OtlpSpan['attributes'] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

/** Takes traces as a collector does. */
async function startCollector() {
  const received: OtlpTraces[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      received.push(JSON.parse(text) as OtlpTraces);
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const all = () => received.flatMap(({ resourceSpans }) => resourceSpans);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    resources: () => all().map(({ resource }) => resource),
    spans: () => all().flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
  };
}

async function start(tracing: object) {
  const file = join(folder, 'petrel.yaml');
  writeFileSync(file, JSON.stringify({ listeners: [{ type: 'tcp', port: 0 }], tracing }));
  const { terminal: given, lines, until, interrupt } = terminal();
  const done = run(['broker', '--config', file], given);
  await until(() => lines.out.length > 0);
  const stop = () => {
    interrupt();
    return done;
  };
  return { url: lines.out[0] as string, lines, stop };
}

test('a message is seen from its publisher to the acknowledgement of its receiver', async () => {
  const collector = await startCollector();
  const { url, stop } = await start({ url: collector.url, serviceName: 'home', sampleOneIn: 1 });
  const phone = await connect({ url, clientIdentifier: 'phone' });
  const received = new Promise<void>((resolve) => {
    void phone.subscribe('rooms/+', { qos: 1 }, () => resolve());
  });
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
  const properties = { userProperties: [['traceparent', traceparent]] as [string, string][] };
  await phone.publish('rooms/kitchen', 'a secret', { qos: 1, properties });
  await received;
  await phone.close();
  expect(await stop()).toBe(0);

  const spans = collector.spans();
  expect(spans.map(({ name }) => name).sort()).toEqual(['deliver', 'route', 'settle']);
  for (const span of spans) {
    expect(span.traceId).toBe(traceId);
    expect(span.attributes).toContainEqual({
      key: 'messaging.destination.name',
      value: { stringValue: 'rooms/kitchen' },
    });
  }
  for (const { attributes } of collector.resources())
    expect(attributes).toContainEqual({ key: 'service.name', value: { stringValue: 'home' } });
  expect(JSON.stringify(spans)).not.toContain('secret');
});

test('of many messages whose publishers did not decide, one in so many has spans', async () => {
  const collector = await startCollector();
  const { url, stop } = await start({ url: collector.url, sampleOneIn: 1_000_000 });
  const client = await connect({ url });
  for (let count = 0; count < 20; count++) await client.publish('a', 'x', { qos: 1 });
  await client.close();
  expect(await stop()).toBe(0);
  expect(collector.spans()).toEqual([]);
});

test('a collector that is not there is said, and holds up nobody', async () => {
  const nowhere = `http://127.0.0.1:${await freePort()}/v1/traces`;
  const { url, lines, stop } = await start({ url: nowhere, sampleOneIn: 1 });
  const client = await connect({ url });
  await client.publish('a', 'x', { qos: 1 });
  await client.close();
  expect(await stop()).toBe(0);
  expect(lines.err.join('\n')).toMatch(/tracing: .*ECONNREFUSED/s);
});

test.each([
  ['{ url: "127.0.0.1:4318" }', /"tracing.url" must be a URL such as/],
  ['{ url: "http://127.0.0.1:4318/v1/traces", sampleOneIn: 0 }', /"tracing.sampleOneIn" must be .* got 0/],
])('config check refuses %s', async (tracing, message) => {
  const file = join(folder, 'petrel.yaml');
  writeFileSync(file, `tracing: ${tracing}\n`);
  const { code, err } = await petrel(['config', 'check', file]);
  expect(code).toBe(1);
  expect(err).toMatch(message);
});
