/** What users of the stock MQTT transport suffer from, gone, as in `pains.test.ts`: what is to be seen from outside of a handler. */
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { propagation, SpanKind } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { type Broker, createBroker } from '@petrel/broker';
import type { Client } from '@petrel/client';
import { prometheusText, ServiceMetrics } from '@petrel/service';
import { openTelemetry } from '@petrel/service/opentelemetry';
import { eventually, startFaultyProxy } from '@petrel/testing';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silenceNest } from './combinations.suite.js';
import { MqttClient } from './mqtt-client.js';
import { MqttHealthIndicator } from './mqtt-health-indicator.js';
import { MqttServer } from './mqtt-server.js';
import type { PetrelMqttOptions } from './options.js';
import { behaviour, GroupController, JobController, moduleOf, RequestController } from './pains-app.suite.js';
import { startNestHarness } from './testing/index.js';

silenceNest();

let broker: Broker;
const open: { close(): unknown }[] = [];

beforeEach(async () => {
  broker = await createBroker({ listeners: [{ type: 'tcp', port: 0 }] });
});

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
  await broker.destroy();
});

const address = (): number => broker.addresses[0]?.port ?? 0;
const url = (): string => `mqtt://127.0.0.1:${address()}`;

async function serve(controller: Type, options: PetrelMqttOptions = {}): Promise<MqttServer> {
  const strategy = new MqttServer({ url: url(), ...options });
  const app = await NestFactory.createMicroservice(moduleOf(controller), { strategy, logger: false });
  open.push(app);
  await app.listen();
  return strategy;
}

function client(options: PetrelMqttOptions = {}): MqttClient {
  const one = new MqttClient({ url: url(), ownConnection: true, ...options });
  open.push(one);
  return one;
}

it('14: a request whose reply was sent while the connection was lost fails, and the next one is answered', async () => {
  let answer = (): void => undefined;
  behaviour.handle = (data) =>
    data === 'first'
      ? new Promise((resolve) => {
          answer = () => resolve(data);
        })
      : data;
  const server = await serve(RequestController);
  const proxy = await startFaultyProxy({ port: address() });
  open.push(proxy);
  const asking = client({
    url: `mqtt://127.0.0.1:${proxy.port}`,
    reconnect: { minDelayMs: 1, maxDelayMs: 20 },
    // Nothing of it is left when the connection comes back.
    sessionExpiryInterval: 0,
    requestTimeoutMs: 1000,
  });
  const failure = firstValueFrom(asking.send('x/echo', 'first')).catch((error: unknown) => error);
  await eventually(() => expect(server.health().messagesInWork).toBe(1));
  const lost = new Promise<void>((resolve) => asking.on('offline', resolve));
  proxy.reachable = false;
  proxy.cut();
  await lost;
  answer();
  await eventually(() => expect(server.health().messagesInWork).toBe(0));
  proxy.reachable = true;
  expect(await failure).toMatchObject({ code: expect.stringMatching(/^PETREL_REQUEST_/) });
  await eventually(async () => expect(await firstValueFrom(asking.send('x/echo', 2))).toBe(2));
});

it('21: a handler has its own group and its own subscription options', async () => {
  const seen: unknown[] = [];
  behaviour.handle = (data) => seen.push(data);
  const asked: unknown[] = [];
  for (let replica = 0; replica < 2; replica++) {
    const strategy = new MqttServer({ url: url() });
    strategy.on('packetsend', (packet) => {
      if (packet.type === 'subscribe') asked.push(...packet.subscriptions);
    });
    const app = await NestFactory.createMicroservice(moduleOf(GroupController), { strategy, logger: false });
    open.push(app);
    await app.listen();
  }
  const telling = client();
  for (let n = 0; n < 4; n++) await lastValueFrom(telling.emit('jobs/1', n), { defaultValue: undefined });
  await eventually(() => expect(seen.toSorted()).toEqual([0, 1, 2, 3]));
  const subscription = {
    topicFilter: '$share/workers/jobs/+',
    qos: 1,
    retainAsPublished: true,
    retainHandling: 2,
  };
  expect(asked).toEqual([1, 2].map(() => expect.objectContaining(subscription)));
});

describe('23', () => {
  it('health is that of the connection in use, and opens none', async () => {
    const proxy = await startFaultyProxy({ port: address() });
    open.push(proxy);
    const asking = client({ url: `mqtt://127.0.0.1:${proxy.port}` });
    await asking.connect();
    const links = vi.spyOn(proxy.links as Set<unknown>, 'add');
    const indicator = new MqttHealthIndicator();
    expect(indicator.isHealthy('mqtt', asking).mqtt).toMatchObject({ status: 'up' });
    const lost = new Promise<void>((resolve) => asking.on('offline', resolve));
    proxy.reachable = false;
    proxy.cut();
    await lost;
    expect(indicator.isHealthy('mqtt', asking).mqtt).toMatchObject({ status: 'down' });
    expect(links).not.toHaveBeenCalled();
  });

  it('a trace goes on in the handler of another service', async () => {
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    open.push({ close: () => propagation.disable() });
    const exporter = new InMemorySpanExporter();
    const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    const observers = [openTelemetry({ tracerProvider })];
    behaviour.handle = () => undefined;
    await serve(JobController, { observers });
    await lastValueFrom(client({ observers }).emit('jobs/1', 1), { defaultValue: undefined });
    const spans = await eventually(() => {
      expect(exporter.getFinishedSpans()).toHaveLength(2);
      return exporter.getFinishedSpans();
    });
    const [sent, handled] = [SpanKind.PRODUCER, SpanKind.CONSUMER].map((kind) =>
      spans.find((span) => span.kind === kind),
    );
    expect(handled?.parentSpanContext).toMatchObject({ spanId: sent?.spanContext().spanId });
    expect(handled?.spanContext().traceId).toBe(sent?.spanContext().traceId);
  });

  it('what handlers do is counted', async () => {
    const metrics = new ServiceMetrics();
    behaviour.handle = () => undefined;
    await serve(JobController, { observers: [metrics] });
    await lastValueFrom(client().emit('jobs/1', 1), { defaultValue: undefined });
    await eventually(() => expect(prometheusText(metrics)).toMatch(/jobs\/\+.*\} 1/));
  });

  it('an application is tested without a port, on time that the test moves', async () => {
    const harness = await startNestHarness();
    try {
      behaviour.handle = (data) => data;
      // Nobody listens there.
      const server = await serve(RequestController, { url: 'mqtt://127.0.0.1:1' });
      const asking = client({ url: 'mqtt://127.0.0.1:1' });
      expect(await firstValueFrom(asking.send('x/echo', 1))).toBe(1);
      await harness.settled();
      expect(harness.messages('x/echo')).toHaveLength(1);
      expect(server.unwrap<Client>().status).toBe('connected');
    } finally {
      await harness.close();
    }
  });
});
