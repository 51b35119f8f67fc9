/** How requests end through NestJS: cancelled at the handler, read slowly, answered by many, lost with the connection. */
import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { Controller, type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, MessagePattern, type MicroserviceOptions } from '@nestjs/microservices';
import { type Broker, createBroker } from '@petrel/broker';
import { eventually } from '@petrel/testing';
import { firstValueFrom, Observable, toArray } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MqttClient, MqttContext, MqttRequestRecord, MqttServer } from './index.js';

const seen = { given: 0, begun: 0, aborted: [] as unknown[], unsubscribed: 0, calls: 0 };

@Controller()
class RequestsController {
  @MessagePattern('report')
  report(@Ctx() context: MqttContext): Promise<never> {
    seen.begun++;
    const signal = context.getSignal();
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        seen.aborted.push(signal.reason);
        reject(signal.reason as Error);
      });
    });
  }

  @MessagePattern('ticks')
  ticks(): Observable<number> {
    return new Observable((observer) => {
      observer.next(1);
      return () => {
        seen.unsubscribed++;
      };
    });
  }

  @MessagePattern('flood')
  flood(): Observable<number> {
    return new Observable((observer) => {
      for (let number = 0; number <= 10_001 && !observer.closed; number++) observer.next(number);
    });
  }

  @MessagePattern('numbers')
  async *numbers(): AsyncGenerator<number> {
    for (;;) yield ++seen.given;
  }

  @MessagePattern('twice')
  twice(): Promise<string> | string {
    return ++seen.calls === 1 ? new Promise<string>(() => undefined) : 'done';
  }

  @MessagePattern('who')
  who(): string {
    return 'me';
  }
}

@Module({ controllers: [RequestsController] })
class RequestsModule {}

const until = (check: () => boolean) => eventually(() => expect(check()).toBe(true));
let broker: Broker;
let servers: INestMicroservice[];
let client: MqttClient;

async function serve(): Promise<void> {
  const strategy = new MqttServer({ stream: () => broker.connect(), drainTimeoutMs: 1 });
  const server = await NestFactory.createMicroservice<MicroserviceOptions>(RequestsModule, {
    strategy,
    logger: false,
  });
  await server.listen();
  servers.push(server);
}

beforeEach(async () => {
  Object.assign(seen, { given: 0, begun: 0, aborted: [], unsubscribed: 0, calls: 0 });
  servers = [];
  broker = await createBroker();
  await serve();
  client = new MqttClient({
    stream: () => broker.connect(),
    clientIdentifier: 'asker',
    reconnect: { minDelayMs: 1, maxDelayMs: 10 },
  });
  await client.connect();
});
afterEach(async () => {
  await client.close();
  await Promise.all(servers.map((server) => server.close()));
  await broker.destroy();
});

it('unsubscribing aborts the signal of the handler', async () => {
  const subscription = client.send('report', {}).subscribe();
  await until(() => seen.begun === 1);
  subscription.unsubscribe();
  await until(() => seen.aborted.length === 1);
  expect(seen.aborted).toEqual([expect.objectContaining({ code: 'PETREL_REQUEST_CANCELLED' })]);
});

it('unsubscribing unsubscribes the Observable that a handler returned', async () => {
  const values: number[] = [];
  const subscription = client.send<number>('ticks', {}).subscribe((value) => values.push(value));
  await until(() => values.length === 1);
  expect(seen.unsubscribed).toBe(0);
  subscription.unsubscribe();
  await until(() => seen.unsubscribed === 1);
});

it('an Observable that gives more than can leave is ended with an error', async () => {
  await expect(firstValueFrom(client.send('flood', {}).pipe(toArray()))).rejects.toMatchObject({
    code: 'PETREL_STREAM_OVERRUN',
  });
});

it('a handler that returns an AsyncIterable waits for who reads requestStream()', async () => {
  let read = 0;
  for await (const number of client.requestStream<number>('numbers', {}, { window: 8 })) {
    expect(number).toBe(++read);
    expect(seen.given - read).toBeLessThanOrEqual(9);
    if (read === 200) break;
  }
  expect(read).toBe(200);
});

it('scatter() has the answers of all servers', async () => {
  await serve();
  const answers = client.scatter<string>('who', {}, { answers: 2, timeoutMs: 0 }).pipe(toArray());
  expect(await firstValueFrom(answers)).toEqual([
    { status: 'fulfilled', value: 'me' },
    { status: 'fulfilled', value: 'me' },
  ]);
});

it('a lost connection fails a request at once, or sends it again where its record says so', async () => {
  const failed = firstValueFrom(client.send('report', {}));
  await until(() => seen.begun === 1);
  broker.disconnect('asker');
  await expect(failed).rejects.toMatchObject({ code: 'PETREL_REQUEST_LOST' });
  const again = firstValueFrom(
    client.send<string>('twice', new MqttRequestRecord({}, { onConnectionLost: 'resend' })),
  );
  await until(() => seen.calls === 1);
  broker.disconnect('asker');
  expect(await again).toBe('done');
});

it('docs/guides/requests.md: the code of the section about NestJS', async () => {
  const guide = readFileSync(new URL('../../../docs/guides/requests.md', import.meta.url), 'utf8');
  const code = /^```ts requests-nest\n([\s\S]*?)^```/m.exec(guide)?.[1]?.replace(/^import .*$/gm, '') ?? '';
  const AsyncFunction = (async () => undefined).constructor as new (
    ...parts: string[]
  ) => (...values: unknown[]) => Promise<void>;
  const printed: unknown[] = [];
  const print = (value: unknown) => printed.push(value);
  await new AsyncFunction('client', 'MqttRequestRecord', 'print', code)(client, MqttRequestRecord, print);
  await until(() => printed.length === 5);
  expect(printed).toEqual([1, 2, 3, 'me', 'me']);
});
