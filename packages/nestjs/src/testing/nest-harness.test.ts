/** A whole NestJS application on the harness: as it is, without a port, in a time of its own. */
import { Controller, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type ClientProxy,
  EventPattern,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
} from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silenceNest } from '../combinations.suite.js';
import { MqttServer } from '../mqtt-server.js';
import { PetrelModule } from '../petrel.module.js';
import { type NestHarness, startNestHarness } from './index.js';

silenceNest();
const url = 'mqtts://no.such.broker';

@Controller()
class OrdersController {
  constructor(@Inject('BUS') private readonly bus: ClientProxy) {}

  @EventPattern<string>('orders')
  async order(@Payload() order: { id: number }): Promise<void> {
    await firstValueFrom(this.bus.emit('notifications', { text: `order ${order.id}` }), {
      defaultValue: undefined,
    });
  }

  @MessagePattern('silence')
  silence(): Promise<never> {
    return new Promise(() => undefined);
  }
}

@Module({
  imports: [PetrelModule.register([{ name: 'BUS', options: { url, ca: 'none', requestTimeoutMs: 30_000 } }])],
  controllers: [OrdersController],
})
class AppModule {}

let harness: NestHarness;
let bus: ClientProxy;
let close: () => Promise<void>;
beforeEach(async () => {
  harness = await startNestHarness();
  const strategy = new MqttServer({ url });
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(AppModule, {
    strategy,
    logger: false,
  });
  await app.listen();
  bus = app.get<ClientProxy>('BUS');
  close = () => app.close();
});
afterEach(async () => {
  await harness.close();
  await close();
});

describe('an application on the harness', () => {
  it('is asked what it published', async () => {
    bus.emit('orders', { id: 7 });
    expect(await harness.published('notifications')).toMatchObject({ data: { text: 'order 7' } });
    await harness.settled();
    expect(harness.messages().map(({ topicName }) => topicName)).toEqual(['orders', 'notifications']);
  });

  it('that published nothing of the kind fails at once, with what it published instead', async () => {
    bus.emit('orders', { id: 7 });
    await harness.published('notifications');
    await expect(harness.published('invoices')).rejects.toThrow(
      'expected a message to "invoices", and saw "orders", "notifications"',
    );
  });

  it('waits in the time of the test', async () => {
    const failed = vi.fn();
    const asked = firstValueFrom(bus.send('silence', {})).catch(failed);
    await harness.advance(29_999);
    expect(failed).not.toHaveBeenCalled();
    await harness.advance(1);
    await asked;
    expect(failed).toHaveBeenCalledWith(expect.objectContaining({ code: 'PETREL_REQUEST_TIMEOUT' }));
  });

  it('has services without NestJS beside it', async () => {
    const service = await harness.services.service();
    await service.publish('orders', { id: 8 });
    expect(await harness.published('notifications')).toMatchObject({ data: { text: 'order 8' } });
  });
});

it('there is one harness at a time, and none after it is closed', async () => {
  await expect(startNestHarness()).rejects.toThrow('a harness is already in force in this process');
  await harness.close();
  const server = new MqttServer({ url: 'mqtt://127.0.0.1:1', maxConnectionAttempts: 1 });
  const outcome = new Promise((resolve) => void server.listen(resolve));
  expect(await outcome).toMatchObject({ code: 'PETREL_CONNECT_UNREACHABLE' });
  harness = await startNestHarness();
});
