/** What NestJS's own dispatch allows: its pipeline and its ClientProxy with nothing between them, in this process. */
import 'reflect-metadata';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  BaseRpcContext,
  ClientProxy,
  type CustomTransportStrategy,
  EventPattern,
  MessagePattern,
  type MicroserviceOptions,
  type ReadPacket,
  Server,
  type WritePacket,
} from '@nestjs/microservices';
import type { Observable } from 'rxjs';

/** Per second, on one core. */
export interface DispatchBound {
  readonly events: number;
  /** With the cost of both ends. */
  readonly requests: number;
}

let handled = 0;

@Controller()
class BoundController {
  @MessagePattern('sum')
  sum({ left, right }: { left: number; right: number }): number {
    return left + right;
  }

  @EventPattern<string>('event')
  event(_: unknown): void {
    handled++;
  }
}

@Module({ controllers: [BoundController] })
class BoundModule {}

/** Hands packets to the handlers as every transport has to. */
class BareServer extends Server implements CustomTransportStrategy {
  listen(callback: () => void): void {
    callback();
  }

  close(): void {}

  override on(): void {}

  override unwrap<T>(): T {
    throw new Error('there is nothing to unwrap');
  }

  ask(data: unknown, respond: (packet: WritePacket) => void): unknown {
    const context = new BaseRpcContext([]);
    const handler = this.messageHandlers.get('sum');
    const result = handler?.(data, context);
    return this.handleRequest(
      context,
      async () => this.transformToObservable(result) as Observable<unknown>,
      respond,
    );
  }

  tell(data: unknown): Promise<unknown> {
    return this.handleEvent('event', { pattern: 'event', data }, new BaseRpcContext([]));
  }
}

class BareClient extends ClientProxy {
  readonly #server: BareServer;

  constructor(server: BareServer) {
    super();
    this.#server = server;
  }

  override async connect(): Promise<void> {}

  override close(): void {}

  override unwrap<T>(): T {
    throw new Error('there is nothing to unwrap');
  }

  protected override publish({ data }: ReadPacket, callback: (packet: WritePacket) => void): () => void {
    Promise.resolve(this.#server.ask(data, callback)).catch((err: unknown) => callback({ err }));
    return () => undefined;
  }

  protected override async dispatchEvent<T>({ data }: ReadPacket): Promise<T> {
    return (await this.#server.tell(data)) as T;
  }
}

/** Measures it for so many seconds each. */
export async function measureDispatch(seconds: number): Promise<DispatchBound> {
  const server = new BareServer();
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(BoundModule, {
    strategy: server,
    logger: ['error'],
  });
  await app.listen();
  const client = new BareClient(server);
  const events = await rateOf(() => server.tell({ celsius: 21.5 }), seconds);
  if (handled === 0) throw new Error('no event reached its handler');
  const ask = () =>
    new Promise<void>((resolve, reject) => {
      client.send('sum', { left: 1, right: 2 }).subscribe({ error: reject, complete: resolve });
    });
  const requests = await rateOf(ask, seconds);
  await app.close();
  return { events, requests };
}

const atOnce = 256;

async function rateOf(job: () => Promise<unknown>, seconds: number): Promise<number> {
  // What was measured first would be the compiler.
  await repeat(job, 1);
  return repeat(job, seconds);
}

async function repeat(job: () => Promise<unknown>, seconds: number): Promise<number> {
  const begunAt = performance.now();
  let done = 0;
  while (performance.now() - begunAt < seconds * 1000) {
    await Promise.all(Array.from({ length: atOnce }, job));
    await nextTurn();
    done += atOnce;
  }
  return done / ((performance.now() - begunAt) / 1000);
}
