/** Contracts in controllers and clients of NestJS, in a whole application on the harness. */
import { Controller, Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type ClientProxy, Ctx, type MicroserviceOptions, Payload } from '@nestjs/microservices';
import { asyncApiDocument, defineContract, event, request, stream } from '@petrel/service';
import { firstValueFrom, from, lastValueFrom, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { silenceNest } from './combinations.suite.js';
import { contractClient } from './contract-client.js';
import { ContractHandler } from './contract-handler.js';
import type { MqttContext } from './mqtt-context.js';
import { MqttServer } from './mqtt-server.js';
import { PetrelModule } from './petrel.module.js';
import { type NestHarness, startNestHarness } from './testing/index.js';

silenceNest();

const house = defineContract({
  'climate/average': request({
    input: z.object({ rooms: z.array(z.string()), unit: z.string().default('C') }),
    output: z.object({ average: z.number(), unit: z.string() }),
  }),
  'climate/history': stream({ input: z.string(), output: z.number() }),
  'sensors/:room/temperature': event({ payload: z.number() }),
  notifications: event({ payload: z.object({ text: z.string() }) }),
});
const url = 'mqtt://no.such.broker';

@Injectable()
class Notifier {
  readonly typed;
  constructor(@Inject('BUS') readonly client: ClientProxy) {
    this.typed = contractClient(client, house);
  }
}

@Controller()
class ClimateController {
  constructor(@Inject(Notifier) private readonly notifier: Notifier) {}

  @ContractHandler(house, 'climate/average')
  average(@Payload() { rooms, unit }: { rooms: string[]; unit: string }) {
    return { average: rooms.includes('broken') ? Number.NaN : rooms.length, unit };
  }

  @ContractHandler(house, 'climate/history')
  history(@Payload() room: string) {
    return from(room === 'broken' ? [20, Number.NaN, 22] : [20, 21]);
  }

  @ContractHandler(house, 'sensors/:room/temperature', { qos: 2 })
  async temperature(@Payload() celsius: number, @Ctx() context: MqttContext): Promise<void> {
    const text = `${context.getTopic()}: ${celsius}`;
    await firstValueFrom(this.notifier.typed.emit('notifications', { text }, { qos: 1 }), {
      defaultValue: undefined,
    });
  }
}

@Module({
  imports: [PetrelModule.register([{ name: 'BUS', options: { url } }])],
  controllers: [ClimateController],
  providers: [Notifier],
})
class AppModule {}

let harness: NestHarness;
let server: MqttServer;
let notifier: Notifier;
let close: () => Promise<void>;
beforeEach(async () => {
  harness = await startNestHarness();
  server = new MqttServer({ url, name: 'climate' });
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(AppModule, {
    strategy: server,
    logger: false,
  });
  await app.listen();
  notifier = app.get(Notifier);
  close = () => app.close();
});
afterEach(async () => {
  await close();
  await harness.close();
});

describe('a handler under a contract', () => {
  it('gets what the schema gives, and answers', async () => {
    const asked = notifier.typed.send('climate/average', { rooms: ['kitchen'] });
    expect(await firstValueFrom(asked)).toEqual({ average: 1, unit: 'C' });
  });

  it('streams, each answer checked', async () => {
    const ask = (room: string) => lastValueFrom(notifier.typed.send('climate/history', room).pipe(toArray()));
    expect(await ask('kitchen')).toEqual([20, 21]);
    await expect(ask('broken')).rejects.toMatchObject({
      code: 'PETREL_CONTRACT_BROKEN',
      details: { part: 'output' },
    });
  });

  it('does not hear of a wrong request, whose caller is told where it is wrong', async () => {
    const asked = firstValueFrom(notifier.client.send('climate/average', { rooms: ['kitchen', 4711] }));
    const error = await asked.catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      status: 'error',
      name: 'ContractError',
      code: 'PETREL_CONTRACT_BROKEN',
      message: 'input of "climate/average" breaks the contract at "rooms[1]"',
      details: { part: 'input', paths: ['rooms[1]'] },
    });
    expect(JSON.stringify(error)).not.toContain('4711');
  });

  it('does not send a wrong answer', async () => {
    const asked = firstValueFrom(notifier.client.send('climate/average', { rooms: ['broken'] }));
    await expect(asked).rejects.toMatchObject({
      code: 'PETREL_CONTRACT_BROKEN',
      details: { paths: ['average'] },
    });
  });

  it('of events has parameters in its topic, and publishes by contract itself', async () => {
    const sent = notifier.typed.emit('sensors/:room/temperature', 31, { parameters: { room: 'kitchen' } });
    await lastValueFrom(sent, { defaultValue: undefined });
    expect(await harness.published('notifications')).toMatchObject({
      data: { text: 'sensors/kitchen/temperature: 31' },
      qos: 1,
    });
  });
});

describe('a client under a contract', () => {
  it('sends nothing that breaks it', async () => {
    const asked = firstValueFrom(notifier.typed.send('climate/average', { rooms: [5] as never }));
    await expect(asked).rejects.toMatchObject({ code: 'PETREL_CONTRACT_BROKEN', part: 'input' });
    const sent = lastValueFrom(notifier.typed.emit('notifications', { text: 5 as never }));
    await expect(sent).rejects.toMatchObject({ code: 'PETREL_CONTRACT_BROKEN', part: 'payload' });
    await harness.settled();
    expect(harness.messages()).toEqual([]);
  });
});

it('the running server has its AsyncAPI document', () => {
  const { info, operations } = asyncApiDocument(server.service, { sends: [house] });
  expect(info).toMatchObject({ title: 'climate' });
  expect(Object.keys(operations as object).sort()).toEqual([
    'receive.climate_average',
    'receive.climate_history',
    'receive.sensors_room_temperature',
    'send.notifications',
  ]);
});

it('the compiler refuses handlers and calls that are not those of the contract', () => {
  class Wrong {
    // @ts-expect-error -- rooms are an array
    @ContractHandler(house, 'climate/average')
    input(_: { rooms: string }) {
      return { average: 1, unit: 'C' };
    }

    // @ts-expect-error -- the answer needs "unit"
    @ContractHandler(house, 'climate/average')
    output() {
      return { average: 1 };
    }
  }
  const calls = () => [
    notifier.typed.send('climate/average', { rooms: [] }),
    // @ts-expect-error -- an event is not asked
    notifier.typed.send('notifications', { text: '' }),
    // @ts-expect-error -- the parameter "room" is missing
    notifier.typed.emit('sensors/:room/temperature', 21),
    // @ts-expect-error -- a temperature is a number
    notifier.typed.emit('sensors/:room/temperature', '21', { parameters: { room: 'kitchen' } }),
  ];
  expectTypeOf(calls).toBeFunction();
  expect(Wrong.name).toBe('Wrong');
});
