/** The code of the guides for NestJS is this file's own: what they show is compiled and run here. */
import { readFileSync } from 'node:fs';
import { Controller, Get, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type ClientProxy,
  Ctx,
  EventPattern,
  type MicroserviceOptions,
  Payload,
} from '@nestjs/microservices';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { defineContract, event, request } from '@petrel/service';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { silenceNest } from './combinations.suite.js';
import {
  ContractHandler,
  contractClient,
  type MqttContext,
  MqttHealthIndicator,
  MqttServer,
  PetrelModule,
} from './index.js';
import { startNestHarness } from './testing/index.js';

silenceNest();

const house = defineContract({
  'climate/average': request({
    input: z.object({ rooms: z.array(z.string()), unit: z.string().default('C') }),
    output: z.object({ average: z.number(), unit: z.string() }),
  }),
  'sensors/:room/temperature/:probe': event({ payload: z.number() }),
});

@Controller()
class ClimateController {
  @ContractHandler(house, 'climate/average')
  average(@Payload() { rooms, unit }: { rooms: string[]; unit: string }) {
    return { average: rooms.length, unit };
  }

  @ContractHandler(house, 'sensors/:room/temperature/:probe', { qos: 1 })
  temperature(@Payload() celsius: number, @Ctx() context: MqttContext): void {
    console.log(context.getTopic(), celsius);
  }
}

@Controller()
class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly checks: HealthCheckService,
    @Inject(MqttHealthIndicator) private readonly mqtt: MqttHealthIndicator,
    @Inject('MQTT_SERVER') private readonly server: MqttServer,
  ) {}

  @Get('health')
  check() {
    return this.checks.check([() => this.mqtt.isHealthy('mqtt', this.server)]);
  }
}

@Controller()
class OrdersController {
  constructor(@Inject('BUS') private readonly bus: ClientProxy) {}

  @EventPattern<string>('orders')
  async order(@Payload() { id }: { id: number }): Promise<void> {
    await firstValueFrom(this.bus.emit('notifications', { text: `order ${id}` }), {
      defaultValue: undefined,
    });
  }
}

@Module({
  imports: [PetrelModule.register([{ name: 'BUS' }])],
  controllers: [ClimateController, OrdersController],
})
class AppModule {}

describe('the guides for NestJS', () => {
  it('testing.md: an application on the harness', async () => {
    const harness = await startNestHarness();
    const strategy = new MqttServer({ url: 'mqtts://broker.example' });
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(AppModule, {
      strategy,
      logger: false,
    });
    await app.listen();

    app.get<ClientProxy>('BUS').emit('orders', { id: 7 });
    expect((await harness.published('notifications')).data).toEqual({ text: 'order 7' });

    await harness.close();
    await app.close();
  });

  it('contracts.md: a service asked by contract', async () => {
    const harness = await startNestHarness();
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(AppModule, {
      strategy: new MqttServer(),
      logger: false,
    });
    await app.listen();
    const client = app.get<ClientProxy>('BUS');
    const typed = contractClient(client, house);
    const answer = await firstValueFrom(typed.send('climate/average', { rooms: ['kitchen'] }));
    expect(answer).toEqual({ average: 1, unit: 'C' });
    await harness.close();
    await app.close();
  });

  it('observability.md: the health of the server', async () => {
    const harness = await startNestHarness();
    const server = new MqttServer();
    @Module({
      imports: [TerminusModule],
      controllers: [HealthController],
      providers: [MqttHealthIndicator, { provide: 'MQTT_SERVER', useValue: server }],
    })
    class HealthModule {}
    const app = await NestFactory.create(HealthModule, { logger: false });
    app.connectMicroservice<MicroserviceOptions>({ strategy: server });
    await app.startAllMicroservices();
    await app.init();
    expect(await app.get(HealthController).check()).toMatchObject({ status: 'ok' });
    await harness.close();
    await app.close();
  });

  it.each(['contracts.md', 'testing.md', 'observability.md'])('%s: its blocks are in this file', (guide) => {
    const text = readFileSync(new URL(`../../../docs/guides/${guide}`, import.meta.url), 'utf8');
    const blocks = [...text.matchAll(/^```ts nestjs\n([\s\S]*?)^```/gm)].map(({ 1: block = '' }) =>
      squeezed(block),
    );
    const own = squeezed(readFileSync(new URL(import.meta.url), 'utf8'));
    expect(blocks.length).toBeGreaterThan(0);
    expect(blocks.filter((block) => !own.includes(block))).toEqual([]);
  });
});

/** Without the spaces, line ends and commas that a formatter moves. */
function squeezed(code: string): string {
  return code.replace(/,(?=\s*[)}\]])/g, '').replace(/\s+/g, '');
}
