/**
 * The service that is measured: a NestJS application with one handler of requests and one of events, in a process of its own.
 * Arguments: transport, port, QoS of its subscriptions.
 */
import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, MessagePattern, type MicroserviceOptions } from '@nestjs/microservices';
import { transportNamed } from './transports.js';

// How many events go by between two words about them: the report must not be what is measured.
const reportEvery = 250;
let handled = 0;

@Controller()
class MeasuredController {
  @MessagePattern('bench/sum')
  sum({ left, right }: { left: number; right: number }): number {
    return left + right;
  }

  @EventPattern<string>('bench/event')
  event(_: unknown): void {
    if (++handled % reportEvery === 0) process.send?.({ handled });
  }
}

@Module({ controllers: [MeasuredController] })
class MeasuredModule {}

const [name, port, qos] = process.argv.slice(2);
const options = transportNamed(name).server(Number(port), qos === '0' ? 0 : 1);
const app = await NestFactory.createMicroservice<MicroserviceOptions>(MeasuredModule, {
  ...options,
  logger: ['error'],
});
await app.listen();
// A CPU profile is written only by a process that ends by itself.
process.on('SIGTERM', () => process.exit(0));
process.send?.({ ready: true });
