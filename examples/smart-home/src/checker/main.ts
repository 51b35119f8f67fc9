/** One of the replicas that check readings, as a process. Arguments: port of MQTT over TCP, name of the replica. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientsModule } from '@nestjs/microservices';
import { MqttClient, MqttServer, type PetrelMqttOptions } from '@petrel/nestjs';
import { checkerTopic } from '../house/topics.js';
import { ServiceLogger } from '../service/service-logger.js';
import { leaveInterruptToParent, reportReady } from '../start/child-process.js';
import { CheckerController } from './checker.controller.js';
import { busToken, checkerName, Tally } from './tally.js';

leaveInterruptToParent();
const [port, name = 'checker'] = process.argv.slice(2);

// Server and client have the same options, and so one connection.
const options: PetrelMqttOptions = {
  url: `mqtt://127.0.0.1:${port}`,
  clientIdentifier: `house-${name}`,
  envelope: 'native',
  // Nobody goes on with the session of a dead replica: what it had is at once for the other one.
  sessionExpiryInterval: 0,
  concurrency: 50,
  reconnect: { minDelayMs: 200, maxDelayMs: 1_500 },
  will: {
    topicName: checkerTopic(name),
    payload: JSON.stringify({ state: 'offline', checked: 0, failedCalls: 0 }),
    qos: 1,
    retain: true,
  },
};

@Module({
  imports: [ClientsModule.register([{ name: busToken, customClass: MqttClient, options }])],
  controllers: [CheckerController],
  providers: [Tally, { provide: checkerName, useValue: name }],
})
class CheckerModule {}

const app = await NestFactory.createMicroservice(CheckerModule, {
  strategy: new MqttServer({
    ...options,
    // What fails is kept as a dead letter, for the page to show.
    onError: () => undefined,
  }),
  logger: new ServiceLogger({ logLevels: ['error', 'warn'] }),
});
await app.listen();
reportReady(() => app.close());
