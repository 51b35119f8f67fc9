/** Health as Terminus sees it: of the connection that is in use, up and down with it. */
import { Controller, Get, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { type Broker, createBroker } from '@petrel/broker';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { silenceNest } from './combinations.suite.js';
import { MqttClient } from './mqtt-client.js';
import { MqttHealthIndicator } from './mqtt-health-indicator.js';
import { MqttServer } from './mqtt-server.js';

silenceNest();
let broker: Broker;
let server: MqttServer;
let health: () => Promise<{ status: number; body: Record<string, unknown> }>;
let close: () => Promise<void>;

@Controller()
class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly checks: HealthCheckService,
    @Inject(MqttHealthIndicator) private readonly mqtt: MqttHealthIndicator,
  ) {}

  @Get('health')
  check() {
    return this.checks.check([() => this.mqtt.isHealthy('mqtt', server)]);
  }
}

@Module({ imports: [TerminusModule], controllers: [HealthController], providers: [MqttHealthIndicator] })
class HealthModule {}

beforeEach(async () => {
  broker = await createBroker();
  server = new MqttServer({ stream: () => broker.connect(), clientId: 'worker-1' });
  const app = await NestFactory.create(HealthModule, { logger: false });
  app.connectMicroservice({ strategy: server });
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  const url = `${await app.getUrl()}/health`;
  health = async () => {
    const answer = await fetch(url);
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  close = () => app.close();
});
afterEach(async () => {
  await close();
  await broker.destroy();
});

it('is up while the server is connected, with what it is connected by', async () => {
  const mqtt = {
    status: 'up',
    connection: 'connected',
    clientIdentifier: 'worker-1',
    protocolVersion: 5,
    messagesInWork: 0,
  };
  expect(await health()).toMatchObject({ status: 200, body: { status: 'ok', info: { mqtt } } });
});

it('is down once the connection is lost, and up again with it', async () => {
  const ended = new Promise<void>((resolve) => server.on('close', resolve));
  const before = broker;
  broker = await createBroker();
  await before.destroy();
  await ended;
  expect(await health()).toMatchObject({
    status: 503,
    body: { status: 'error', error: { mqtt: { status: 'down' } } },
  });
  await vi.waitFor(async () => expect((await health()).status).toBe(200), { timeout: 10_000 });
});

it('of a client that was never connected is down, and says why', async () => {
  const client = new MqttClient({ stream: () => broker.connect() });
  const indicator = new MqttHealthIndicator();
  expect(indicator.isHealthy('bus', client)).toEqual({
    bus: { status: 'down', connection: 'closed', messagesInWork: 0 },
  });
  await client.connect();
  expect(indicator.isHealthy('bus', client)).toMatchObject({
    bus: { status: 'up', connection: 'connected' },
  });
  await client.close();
});
