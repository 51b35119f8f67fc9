/** The stock transport and this one, each as server and as client, over brokers that speak MQTT 3.1.1 only. `features.test` has the others, and more of each. */
import { Controller, Module } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import { describePeer, eventually, findNats, findRabbitMq, startNats, startRabbitMq } from '@petrel/testing';
import { firstValueFrom, from, lastValueFrom, type Observable, toArray } from 'rxjs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createClient, type Side, silenceNest, startServer } from './combinations.suite.js';

silenceNest();

const seen: unknown[] = [];

@Controller()
class InteropController {
  @MessagePattern('interop/sum')
  sum(@Payload() numbers: number[]): number {
    return numbers.reduce((total, value) => total + value, 0);
  }

  @MessagePattern('interop/count')
  count(@Payload() to: number): Observable<number> {
    return from(Array.from({ length: to }, (_, index) => index + 1));
  }

  @MessagePattern('interop/fails')
  fails(): never {
    throw new RpcException({ code: 'NO_ROOM', message: 'no such room' });
  }

  @EventPattern<string>('interop/events/+')
  event(@Payload() data: unknown): void {
    seen.push(data);
  }
}

@Module({ controllers: [InteropController] })
class InteropModule {}

const sides: readonly Side[] = ['petrel', 'stock'];
const brokers = [
  { name: 'NATS', peer: findNats(), start: startNats },
  { name: 'RabbitMQ', peer: findRabbitMq(), start: startRabbitMq },
] as const;

for (const { name, peer, start } of brokers)
  describePeer(peer, `over ${name}`, () => {
    let broker: Awaited<ReturnType<typeof start>>;
    const open: { close(): unknown }[] = [];

    beforeAll(async () => {
      broker = await start();
    }, 120_000);
    afterAll(() => broker?.stop(), 30_000);
    afterEach(async () => {
      for (const one of open.splice(0).reverse()) await one.close();
    });

    describe.each(sides.flatMap((server) => sides.map((client) => [client, server] as const)))(
      '%s client, %s server',
      (clientSide, serverSide) => {
        it('requests, streams, errors and events', async () => {
          seen.length = 0;
          const { url } = broker;
          const app = await startServer(serverSide, InteropModule, { url, subscribeOptions: { qos: 1 } });
          open.push(app);
          const client = createClient(clientSide, { url });
          open.push(client);
          await client.connect();
          expect(await firstValueFrom(client.send('interop/sum', [1, 2, 3]))).toBe(6);
          expect(await lastValueFrom(client.send('interop/count', 3).pipe(toArray()))).toEqual([1, 2, 3]);
          await expect(firstValueFrom(client.send('interop/fails', 1))).rejects.toMatchObject({
            code: 'NO_ROOM',
            message: 'no such room',
          });
          await lastValueFrom(client.emit('interop/events/1', { id: 1, room: 'hall' }), {
            defaultValue: undefined,
          });
          await eventually(() => expect(seen).toEqual([{ id: 1, room: 'hall' }]));
        });
      },
    );
  });
