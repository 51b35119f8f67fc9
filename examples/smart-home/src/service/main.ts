/** The NestJS service as a process. Argument: port of MQTT over TCP. */
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { MqttServer } from '@petrel/nestjs';
import { leaveInterruptToParent, reportReady } from '../start/child-process.js';
import { AppModule } from './app.module.js';
import { ServiceLogger } from './service-logger.js';

leaveInterruptToParent();
const url = `mqtt://127.0.0.1:${process.argv[2]}`;

const app = await NestFactory.createMicroservice<MicroserviceOptions>(AppModule.over(url), {
  strategy: new MqttServer({
    url,
    clientIdentifier: 'house-service',
    envelope: 'native',
    subscribeOptions: { qos: 1 },
    reconnect: { minDelayMs: 200, maxDelayMs: 1_500 },
  }),
  logger: new ServiceLogger({ logLevels: ['error', 'warn'] }),
});
await app.listen();
reportReady(() => app.close());
