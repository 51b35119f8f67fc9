/** Traces end in the memory of OpenTelemetry's own SDK, with W3C's propagator: what any collector would get. */

import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { eventually } from '@petrel/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeNetwork } from './fake-network.suite.js';
import { openTelemetry } from './opentelemetry.js';
import { Service } from './service.js';

const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const tracer = tracerProvider.getTracer('test');

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
});
beforeEach(() => exporter.reset());
afterAll(() => {
  context.disable();
  propagation.disable();
});

function tracedService(network: FakeNetwork, protocolVersion: 4 | 5 = 5): Service {
  const observers = [openTelemetry({ tracerProvider, attributes: { 'server.address': 'broker.example' } })];
  return new Service(network.link({ protocolVersion }), { observers, onError: () => undefined });
}

/** The spans with these names, in this order, once all have ended. */
async function spansNamed(...names: string[]): Promise<ReadableSpan[]> {
  await eventually(() =>
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(expect.arrayContaining(names)),
  );
  expect(exporter.getFinishedSpans()).toHaveLength(names.length);
  return names.map(
    (wanted) => exporter.getFinishedSpans().find(({ name }) => name === wanted) as ReadableSpan,
  );
}

const parentOf = (span: ReadableSpan | undefined) => span?.parentSpanContext?.spanId;

describe('an event', () => {
  it('is one trace: the program, PRODUCER, CONSUMER, and what the handler does', async () => {
    const network = new FakeNetwork();
    const service = tracedService(network);
    await service.on('sensors/:room', async () => {
      await service.publish('alerts', 'warm');
    });
    await tracer.startActiveSpan('program', async (span) => {
      await service.publish('sensors/kitchen', 31);
      span.end();
    });
    const names = ['program', 'publish sensors/kitchen', 'process sensors/:room', 'publish alerts'];
    const [program, published, processed, alert] = await spansNamed(...names);
    expect([published, processed, alert].map(parentOf)).toEqual(
      [program, published, processed].map((span) => span?.spanContext().spanId),
    );
    expect(published).toMatchObject({
      kind: SpanKind.PRODUCER,
      attributes: {
        'messaging.system': 'mqtt',
        'messaging.operation.name': 'publish',
        'messaging.operation.type': 'send',
        'messaging.destination.name': 'sensors/kitchen',
        'server.address': 'broker.example',
      },
    });
    expect(processed).toMatchObject({
      kind: SpanKind.CONSUMER,
      attributes: {
        'messaging.operation.name': 'process',
        'messaging.operation.type': 'process',
        'messaging.destination.name': 'sensors/kitchen',
        'messaging.destination.template': 'sensors/:room',
        'messaging.message.body.size': 2,
      },
    });
  });

  it('carries W3C trace context in its User Properties', async () => {
    const network = new FakeNetwork();
    await tracedService(network).publish('a', 1);
    const [published] = await spansNamed('publish a');
    const { traceId, spanId } = published?.spanContext() ?? {};
    expect(network.published[0]?.properties.userProperties).toEqual([
      ['traceparent', `00-${traceId}-${spanId}-01`],
    ]);
  });

  it('continues the trace of any other program, and begins one where there is none', async () => {
    const network = new FakeNetwork();
    await tracedService(network).on('a', () => undefined);
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const userProperties: [string, string][] = [['Traceparent', traceparent]];
    await network.link().publish('a', new Uint8Array(), { properties: { userProperties } });
    const [continued] = await spansNamed('process a');
    expect(continued?.spanContext().traceId).toBe('4bf92f3577b34da6a3ce929d0e0e4736');
    expect(parentOf(continued)).toBe('00f067aa0ba902b7');
    exporter.reset();
    await network.link().publish('a', new Uint8Array(), {});
    const [begun] = await spansNamed('process a');
    expect(parentOf(begun)).toBeUndefined();
  });

  it('whose handler fails leaves a span with the error', async () => {
    const service = tracedService(new FakeNetwork());
    await service.on('$share/workers/a', () => {
      throw Object.assign(new Error('too warm'), { code: 'TOO_WARM' });
    });
    await new FakeNetwork().link().publish('a', new Uint8Array(), {});
    await service.publish('$share/workers/a'.slice(15), 1);
    const [, processed] = await spansNamed('publish a', 'process a');
    expect(processed).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'too warm' },
      attributes: { 'error.type': 'TOO_WARM', 'messaging.consumer.group.name': 'workers' },
      events: [{ name: 'exception' }],
    });
  });
});

describe('a request', () => {
  it.each([5, 4] as const)('is one trace over MQTT version %d: CLIENT and SERVER', async (version) => {
    const network = new FakeNetwork();
    await tracedService(network, version).respond('sum', () => trace.getActiveSpan()?.spanContext().spanId);
    const answer = await tracedService(network, version).request('sum', [1]);
    const [asked, served] = await spansNamed('request sum', 'process sum');
    expect([asked?.kind, served?.kind]).toEqual([SpanKind.CLIENT, SpanKind.SERVER]);
    expect(parentOf(served)).toBe(asked?.spanContext().spanId);
    expect(answer).toBe(served?.spanContext().spanId);
  });

  it('that fails has the code of its error, at both ends', async () => {
    const network = new FakeNetwork();
    await tracedService(network).respond('sum', () => {
      throw new RangeError('no numbers');
    });
    await expect(tracedService(network).request('sum')).rejects.toThrow();
    const [asked, served] = await spansNamed('request sum', 'process sum');
    expect(asked?.attributes['error.type']).toBe('PETREL_REMOTE_ERROR');
    expect(served?.attributes['error.type']).toBe('RangeError');
  });
});

it('nothing of OpenTelemetry is loaded by a program that does not ask for it', async () => {
  const { readFileSync, readdirSync } = await import('node:fs');
  const folder = new URL('./', import.meta.url);
  const importers = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .filter((file) =>
      /from '(@opentelemetry\/|\.\.?\/opentelemetry\.js)/.test(readFileSync(new URL(file, folder), 'utf8')),
    );
  expect(importers).toEqual(['opentelemetry.ts']);
});
