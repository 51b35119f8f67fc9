/** The stock transport has the pains, as in `stock-pains.test.ts`: those of connections, requests and what is to be seen from outside. */
import { NestFactory } from '@nestjs/core';
import { MqttRecordBuilder, Transport } from '@nestjs/microservices';
import {
  MicroserviceHealthIndicator,
  type MicroserviceHealthIndicatorOptions,
  TerminusModule,
} from '@nestjs/terminus';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { createBroker } from '@petrel/broker';
import { eventually, startFaultyProxy } from '@petrel/testing';
import type { MqttClient as MqttJsClient } from 'mqtt';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { silenceNest } from './combinations.suite.js';
import { behaviour, JobController, RequestController } from './pains-app.suite.js';
import { stockSetting } from './stock.suite.js';

silenceNest();

describe('the stock transport', () => {
  const stock = stockSetting();
  const { serve, client } = stock;

  it('6: listens as if nothing was wrong when a subscription is denied', async () => {
    const broker = await createBroker({
      listeners: [{ type: 'tcp', port: 0 }],
      allowAnonymous: true,
      hooks: { authorizeSubscribe: () => false },
    });
    stock.closing({ close: () => broker.destroy() });
    const granted: unknown[] = [];
    const failed = vi.fn();
    // Resolves after the SUBACK: by then whoever wanted to say something would have.
    const app = await serve(JobController, { url: broker.addresses[0]?.url ?? '' }, (starting) => {
      starting.on('packetreceive', (packet: { cmd: string; granted?: number[] }) => {
        if (packet.cmd === 'suback') granted.push(...(packet.granted ?? []));
      });
      starting.on('error', failed);
    });
    expect(granted).toEqual([0x80]);
    expect(failed).not.toHaveBeenCalled();
    expect(app.unwrap<MqttJsClient>().connected).toBe(true);
  });

  it('12: brings every requester of a pattern the replies of all the others', async () => {
    const asked: (() => void)[] = [];
    behaviour.handle = (data) => new Promise((resolve) => asked.push(() => resolve(data)));
    await serve(RequestController);
    const [one, other] = [client(), client()];
    await Promise.all([one.connect(), other.connect()]);
    const received: unknown[] = [];
    one.unwrap<MqttJsClient>().on('message', (_, payload) => {
      received.push((JSON.parse(payload.toString()) as { response: unknown }).response);
    });
    const answers = [one, other].map((asking, n) => firstValueFrom(asking.send('x/echo', n)));
    // Both are in work, so both have subscribed.
    await eventually(() => expect(asked).toHaveLength(2));
    for (const answer of asked) answer();
    expect(await Promise.all(answers)).toEqual([0, 1]);
    await eventually(() => expect(received.sort()).toEqual([0, 1]));
  });

  it('14: goes on waiting for a reply that was sent while its connection was lost', async () => {
    let answer = (): void => undefined;
    let asked = 0;
    behaviour.handle = (data) => {
      asked++;
      return data === 'first'
        ? new Promise((resolve) => {
            answer = () => resolve(data);
          })
        : data;
    };
    await serve(RequestController);
    const proxy = await startFaultyProxy({ port: Number(new URL(stock.broker.url).port) });
    stock.closing(proxy);
    const asking = client({ url: `mqtt://127.0.0.1:${proxy.port}`, reconnectPeriod: 20 });
    const settled = vi.fn();
    asking.send('x/echo', 'first').subscribe({ next: settled, error: settled, complete: settled });
    await eventually(() => expect(asked).toBe(1));
    const replied = new Promise((resolve) => stock.foreign.once('message', resolve));
    await stock.foreign.subscribeAsync('x/echo/reply');
    proxy.reachable = false;
    proxy.cut();
    await eventually(() => expect(asking.unwrap<MqttJsClient>().connected).toBe(false));
    answer();
    await replied;
    proxy.reachable = true;
    await eventually(() => expect(asking.unwrap<MqttJsClient>().connected).toBe(true));
    for (let n = 0; n < 3; n++) expect(await firstValueFrom(asking.send('x/echo', n))).toBe(n);
    expect(settled).not.toHaveBeenCalled();
  });

  it('16: rejects emit() with a text while the broker is away, and queues nothing', async () => {
    const telling = client({ reconnectPeriod: 20 });
    await telling.connect();
    const offline = new Promise<void>((resolve) =>
      telling.unwrap<MqttJsClient>().once('offline', () => resolve()),
    );
    await stock.broker.stop();
    await offline;
    const record = new MqttRecordBuilder('sent offline').setQoS(1).setRetain(true).build();
    const failure: unknown = await lastValueFrom(telling.emit('event', record)).catch(
      (error: unknown) => error,
    );
    expect(failure).toBe('Error: Connection lost. Trying to reconnect...');
    expect(failure).not.toBeInstanceOf(Error);
    await stock.broker.restart();
  });

  it('20: needs a connection each for server and client, and one client identifier makes them end each other for ever', async () => {
    const options = { clientId: 'house', reconnectPeriod: 10 };
    let connections = 0;
    const app = await serve(RequestController, options);
    app.on('connect', () => connections++);
    const asking = client(options);
    asking.connect().catch(() => undefined);
    asking.unwrap<MqttJsClient>().on('connect', () => connections++);
    // Neither is ever done: six times each are enough to see that it does not end.
    await eventually(() => expect(connections).toBeGreaterThan(12));
    expect(asking.unwrap()).not.toBe(app.unwrap());
  });

  describe('23', () => {
    it('is checked for its health by a new connection, which says nothing about the one in use', async () => {
      const app = await NestFactory.createApplicationContext(TerminusModule, { logger: false });
      stock.closing(app);
      const indicator = await app.resolve(MicroserviceHealthIndicator);
      const proxy = await startFaultyProxy({ port: Number(new URL(stock.broker.url).port) });
      stock.closing(proxy);
      const asking = client({ url: `mqtt://127.0.0.1:${proxy.port}`, reconnectPeriod: 60_000 });
      await asking.connect();
      proxy.cut();
      await eventually(() => expect(asking.unwrap<MqttJsClient>().connected).toBe(false));
      const links = vi.spyOn(proxy.links as Set<unknown>, 'add');
      const url = `mqtt://127.0.0.1:${proxy.port}`;
      const options = { transport: Transport.MQTT, options: { url }, timeout: 30_000 };
      const result = await indicator.pingCheck('mqtt', options as MicroserviceHealthIndicatorOptions);
      // The connection in use is down, and the check says "up", of one that it has opened for that.
      expect(result).toMatchObject({ mqtt: { status: 'up' } });
      expect(links).toHaveBeenCalledOnce();
      expect(asking.unwrap<MqttJsClient>().connected).toBe(false);
    });

    it('carries no trace context', async () => {
      context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
      propagation.setGlobalPropagator(new W3CTraceContextPropagator());
      trace.setGlobalTracerProvider(new BasicTracerProvider());
      try {
        await serve(JobController);
        const telling = client({ protocolVersion: 5 });
        const told = new Promise<{ payload: string; properties: unknown }>((resolve) =>
          stock.foreign.once('message', (_, payload, { properties }) =>
            resolve({ payload: payload.toString(), properties }),
          ),
        );
        await stock.foreign.subscribeAsync('jobs/1');
        await trace.getTracer('test').startActiveSpan('caller', async (span) => {
          expect(trace.isSpanContextValid(span.spanContext())).toBe(true);
          await lastValueFrom(telling.emit('jobs/1', 1), { defaultValue: undefined });
          span.end();
        });
        expect((await told).payload).toBe('{"pattern":"jobs/1","data":1}');
        expect((await told).properties ?? {}).not.toHaveProperty('userProperties');
      } finally {
        trace.disable();
        context.disable();
        propagation.disable();
      }
    });
  });
});
