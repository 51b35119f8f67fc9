/** Traces end in the memory of OpenTelemetry's own SDK, with W3C's propagator: what any collector would get. */
import { readdirSync, readFileSync } from 'node:fs';
import { propagation, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type { UserProperties } from '@petrel/protocol';
import type { RawPeer } from '@petrel/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import {
  acknowledgement,
  connected,
  disconnect,
  openBroker,
  published,
  subscribed,
} from './broker-fixture.suite.js';
import { type OpenTelemetryOptions, openTelemetry } from './opentelemetry.js';
import type { BrokerOptions } from './options.js';

const exporter = new InMemorySpanExporter();

beforeAll(() => propagation.setGlobalPropagator(new W3CTraceContextPropagator()));
beforeEach(() => exporter.reset());
afterAll(() => propagation.disable());

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const publisherSpan = '00f067aa0ba902b7';
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });

/** Properties of a message whose publisher has a span; flags 00: not sampled. */
function fromPublisher(flags = '01'): { properties: { userProperties: UserProperties } } {
  return { properties: { userProperties: [['Traceparent', `00-${traceId}-${publisherSpan}-${flags}`]] } };
}

async function tracedBroker(tracing: OpenTelemetryOptions = {}, options: BrokerOptions = {}) {
  return openBroker({ ...options, observers: [openTelemetry({ tracerProvider, ...tracing })] });
}

/** Whatever the client sent before has been dealt with. */
async function settled(peer: RawPeer): Promise<void> {
  peer.send({ type: 'pingreq' });
  await peer.receive('pingresp');
}

const spans = (name?: string): ReadableSpan[] =>
  exporter.getFinishedSpans().filter((span) => name === undefined || span.name === name);
const parentOf = (span: ReadableSpan | undefined) => span?.parentSpanContext?.spanId;
const idOf = (span: ReadableSpan | undefined) => span?.spanContext().spanId;
const milliseconds = ([seconds, nanoseconds]: readonly [number, number]) => seconds * 1e3 + nanoseconds / 1e6;

const linksOf = (span: ReadableSpan | undefined) => span?.links.map(({ context }) => context.spanId);
const errorsOf = (name: string) => spans(name).map(({ attributes }) => attributes['error.type']);

describe('a message', () => {
  it('is one trace from its publisher to the PUBACK of each receiver', async () => {
    const { broker } = await tracedBroker({ attributes: { 'server.address': 'home' } });
    const phone = await connected(broker, { clientIdentifier: 'phone' });
    await subscribed(phone, 'rooms/#', { qos: 1 });
    const sensor = await connected(broker, { clientIdentifier: 'sensor' });
    await published(sensor, 'rooms/kitchen', '21', 1, fromPublisher());
    const { packetIdentifier } = await phone.receive('publish');
    expect(spans().map(({ name }) => name)).toEqual(['deliver', 'route']);
    phone.send(acknowledgement('puback', packetIdentifier));
    await settled(phone);

    const [route, deliver, settle] = ['route', 'deliver', 'settle'].map((name) => spans(name)[0]);
    for (const span of spans()) expect(span.spanContext().traceId).toBe(traceId);
    expect([route, deliver, settle].map(parentOf)).toEqual([publisherSpan, idOf(route), idOf(deliver)]);
    expect(route).toMatchObject({
      kind: SpanKind.SERVER,
      attributes: {
        'messaging.system': 'mqtt',
        'messaging.operation.name': 'route',
        'messaging.operation.type': 'process',
        'messaging.destination.name': 'rooms/kitchen',
        'messaging.message.body.size': 2,
        'messaging.client.id': 'sensor',
        'mqtt.qos': 1,
        'mqtt.retain': false,
        'petrel.has_receivers': true,
        'server.address': 'home',
      },
    });
    expect(deliver).toMatchObject({
      kind: SpanKind.PRODUCER,
      attributes: { 'messaging.operation.type': 'send', 'messaging.client.id': 'phone', 'mqtt.qos': 1 },
    });
    expect(settle?.attributes).toMatchObject({
      'messaging.operation.type': 'settle',
      'messaging.client.id': 'phone',
    });
    for (const span of spans()) expect(milliseconds(span.duration)).toBeGreaterThanOrEqual(0);
  });

  it('ends at QoS 2 with PUBCOMP', async () => {
    const { broker } = await tracedBroker();
    const peer = await connected(broker);
    await subscribed(peer, 'a', { qos: 2 });
    await broker.publish({ topicName: 'a', payload: '', qos: 2 });
    const { packetIdentifier } = await peer.receive('publish');
    peer.send(acknowledgement('pubrec', packetIdentifier));
    await peer.receive('pubrel');
    expect(spans('settle')).toHaveLength(0);
    peer.send(acknowledgement('pubcomp', packetIdentifier));
    await settled(peer);
    expect(spans('settle')).toHaveLength(1);
  });

  it('begins a trace where its publisher has none, and says when nobody is there', async () => {
    const { broker } = await tracedBroker();
    await published(await connected(broker, { protocolVersion: 4 }), 'a', '', 1);
    expect(spans()).toMatchObject([{ name: 'route', attributes: { 'petrel.has_receivers': false } }]);
    expect(parentOf(spans()[0])).toBeUndefined();
  });

  it('has no span, and none of its copies has, where its publisher decided so', async () => {
    const { broker } = await tracedBroker();
    const peer = await connected(broker);
    await subscribed(peer, 'a', { qos: 1 });
    await published(await connected(broker), 'a', '', 1, fromPublisher('00'));
    peer.send(acknowledgement('puback', (await peer.receive('publish')).packetIdentifier));
    await settled(peer);
    expect(spans()).toEqual([]);
  });

  it('[MQTT-3.3.2-17] is forwarded with the User Properties that it came with', async () => {
    const { broker } = await tracedBroker();
    const peer = await connected(broker);
    await subscribed(peer, '#');
    const sensor = await connected(broker);
    await published(sensor, 'a', '', 1, fromPublisher());
    await published(sensor, 'b', '', 1);
    expect((await peer.receive('publish')).properties).toEqual(fromPublisher().properties);
    expect((await peer.receive('publish')).properties).toEqual({});
  });
});

describe('a copy', () => {
  it('that waits for its receiver shows for how long', async () => {
    const { broker } = await tracedBroker();
    const session = {
      clientIdentifier: 'phone',
      cleanStart: false,
      properties: { sessionExpiryInterval: 60 },
    };
    const before = await connected(broker, session);
    await subscribed(before, 'a', { qos: 1 });
    before.send(disconnect());
    await before.closed();
    await broker.publish({ topicName: 'a', payload: '', qos: 1 });
    expect(spans('deliver')).toEqual([]);
    await (await connected(broker, session)).receive('publish');
    const [[route], [deliver]] = [spans('route'), spans('deliver')];
    expect(parentOf(deliver)).toBe(idOf(route));
    expect(deliver?.startTime).toEqual(route?.startTime);
    expect(milliseconds(deliver?.duration ?? [0, 0])).toBeGreaterThan(
      milliseconds(route?.duration ?? [0, 0]),
    );
  });

  it('that is lost is an error that says why', async () => {
    const { broker } = await tracedBroker({}, { limits: { sessionQueue: { maximumMessages: 1 } } });
    const session = {
      clientIdentifier: 'phone',
      cleanStart: false,
      properties: { sessionExpiryInterval: 60 },
    };
    const peer = await connected(broker, session);
    await subscribed(peer, '#', { qos: 1 });
    peer.send(disconnect());
    await peer.closed();
    await broker.publish({ topicName: 'a', payload: '', qos: 0 });
    await broker.publish({ topicName: 'b', payload: '', qos: 1 });
    await broker.publish({ topicName: 'c', payload: '', qos: 1 });
    expect(errorsOf('deliver')).toEqual(['not connected', 'queue full']);
    for (const span of spans('deliver')) expect(span.status.code).toBe(SpanStatusCode.ERROR);
    expect(spans('route')).toHaveLength(3);
  });

  it('of a retained message begins a trace of its own, with a link to the first', async () => {
    const { broker } = await tracedBroker();
    await published(await connected(broker), 'a', 'x', 1, { retain: true, ...fromPublisher() });
    const late = await connected(broker, { clientIdentifier: 'late' });
    await subscribed(late, 'a');
    await late.receive('publish');
    const [deliver] = spans('deliver');
    expect(parentOf(deliver)).toBeUndefined();
    expect(deliver?.spanContext().traceId).not.toBe(traceId);
    expect(linksOf(deliver)).toEqual([publisherSpan]);
    expect(deliver?.attributes).toMatchObject({ 'mqtt.retain': true, 'messaging.client.id': 'late' });
  });

  it('of the topics under $SYS has no span', async () => {
    const { broker, clock } = await tracedBroker({}, { sysTopicsIntervalMs: 1000 });
    const peer = await connected(broker);
    await subscribed(peer, '$SYS/broker/uptime');
    clock.advance(1000);
    await peer.receive('publish');
    expect(spans()).toEqual([]);
  });
});

describe('bounds', () => {
  it('maximumMessagesPerSecond: what is above it has no span, and none of its copies has', async () => {
    const { broker } = await tracedBroker({ maximumMessagesPerSecond: 1 });
    const peer = await connected(broker);
    await subscribed(peer, '#');
    // Far more than a slow machine could let pass at one a second.
    for (let count = 0; count < 500; count++) await broker.publish({ topicName: 'a', payload: '', qos: 0 });
    for (let count = 0; count < 500; count++) await peer.receive('publish');
    expect(spans('route').length).toBeLessThan(250);
    expect(spans('deliver')).toHaveLength(spans('route').length);
  });

  it('maximumReceiversPerMessage: so many copies have spans', async () => {
    const { broker } = await tracedBroker({ maximumReceiversPerMessage: 2 });
    for (const _ of [1, 2, 3]) await subscribed(await connected(broker), 'a');
    await broker.publish({ topicName: 'a', payload: '', qos: 0 });
    expect(spans('deliver')).toHaveLength(2);
  });

  it.each([
    [{ maximumMessagesPerSecond: 0 }, /"maximumMessagesPerSecond" must be an integer of at least 1, got 0/],
    [
      { maximumReceiversPerMessage: -1 },
      /"maximumReceiversPerMessage" must be an integer of at least 0, got -1/,
    ],
  ])('refuses %j', (options, error) => {
    expect(() => openTelemetry(options)).toThrow(error);
  });
});

test('nothing of OpenTelemetry is loaded by a program that does not ask for it', () => {
  const folder = new URL('./', import.meta.url);
  const importers = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .filter((file) =>
      /from '(@opentelemetry\/|\.\.?\/opentelemetry\.js)/.test(readFileSync(new URL(file, folder), 'utf8')),
    );
  expect(importers).toEqual(['opentelemetry.ts']);
});
