/** What the logger of NestJS is told: a line for a person, and the same as fields for whoever collects logs. */
import { Controller, Logger, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, RpcException } from '@nestjs/microservices';
import { type Broker, createBroker } from '@petrel/broker';
import { eventually } from '@petrel/testing';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { MqttClient } from './mqtt-client.js';
import { MqttServer } from './mqtt-server.js';
import { moduleOf } from './pains-app.suite.js';

@Controller()
class FailingController {
  @EventPattern<string>('fails/+')
  fails(): never {
    throw new RpcException({ code: 'NO_ROOM', message: 'no such room' });
  }

  @EventPattern<string>('secret/+')
  secret(): void {}
}

/** Keeps what it is told. */
class CollectingLogger implements LoggerService {
  readonly lines: { level: string; message: unknown; fields: unknown; context: unknown }[] = [];

  log(): void {}

  warn(message: unknown, ...more: unknown[]): void {
    this.#keep('warn', message, more);
  }

  error(message: unknown, ...more: unknown[]): void {
    this.#keep('error', message, more);
  }

  #keep(level: string, message: unknown, more: unknown[]): void {
    const context = more.at(-1);
    this.lines.push({ level, message, fields: more.length > 1 ? more[0] : undefined, context });
  }
}

let logger: CollectingLogger;
let broker: Broker;
const open: { close(): unknown }[] = [];

beforeEach(async () => {
  logger = new CollectingLogger();
  broker = await createBroker({
    hooks: { authorizeSubscribe: (_, { topicFilter }) => !topicFilter.startsWith('secret') },
  });
});
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
  await broker.destroy();
});
afterAll(() => Logger.overrideLogger(false));

async function serve(): Promise<MqttServer> {
  const strategy = new MqttServer({
    stream: () => broker.connect(),
    clientId: 'house',
    reconnect: { minDelayMs: 1, maxDelayMs: 20 },
    onRefusedSubscription: 'warn',
  });
  const app = await NestFactory.createMicroservice(moduleOf(FailingController), { strategy, logger });
  open.push(app);
  await app.listen();
  return strategy;
}

it('a refused subscription that is to be a warning is one, and names the filter', async () => {
  await serve();
  expect(logger.lines).toMatchObject([
    { level: 'warn', message: expect.stringContaining('"secret/+"'), context: 'MqttServer' },
  ]);
});

it('a failed handler of events is an error with filter, topic and code', async () => {
  await serve();
  logger.lines.length = 0;
  const client = new MqttClient({ stream: () => broker.connect() });
  open.push(client);
  client.emit('fails/1', 1);
  await eventually(() => expect(logger.lines).toHaveLength(1));
  expect(logger.lines[0]).toEqual({
    level: 'error',
    message: expect.stringMatching(
      /^Handler of "fails\/\+" failed on a message to "fails\/1": .*no such room/,
    ),
    fields: { topicFilter: 'fails/+', topicName: 'fails/1', code: 'NO_ROOM' },
    context: 'MqttServer',
  });
});

it('a lost connection is one warning with Client Identifier and code, also where a client shares it', async () => {
  const server = await serve();
  logger.lines.length = 0;
  const back = new Promise<void>((resolve) => server.on('connect', resolve));
  const before = broker;
  broker = await createBroker();
  await before.destroy();
  await back;
  const lost = logger.lines.filter(({ message }) => String(message).startsWith('Connection lost'));
  expect(lost).toEqual([
    {
      level: 'warn',
      message: expect.stringMatching(/^Connection lost \(.+\), reconnecting$/),
      fields: expect.objectContaining({ clientIdentifier: 'house', code: expect.stringMatching(/^PETREL_/) }),
      context: 'MqttServer',
    },
  ]);
});
