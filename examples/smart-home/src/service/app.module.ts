/** The service's module: three controllers over one house, and a client to publish with. */
import { type DynamicModule, Module } from '@nestjs/common';
import { ClientsModule } from '@nestjs/microservices';
import { MqttClient, type PetrelMqttOptions } from '@petrel/nestjs';
import { topics } from '../house/topics.js';
import { Announcer } from './announcer.js';
import { Bus, busToken } from './bus.js';
import { ClimateController } from './climate.controller.js';
import { CommandsController } from './commands.controller.js';
import { House } from './house.js';
import { SensorsController } from './sensors.controller.js';

@Module({})
export class AppModule {
  static over(url: string): DynamicModule {
    const options: PetrelMqttOptions = {
      url,
      clientIdentifier: 'house-service-bus',
      // Everybody in this house speaks MQTT 5.
      envelope: 'native',
      reconnect: { minDelayMs: 200, maxDelayMs: 1_500 },
      will: {
        topicName: topics.serviceStatus,
        payload: JSON.stringify({ state: 'offline' }),
        qos: 1,
        retain: true,
      },
    };
    return {
      module: AppModule,
      imports: [ClientsModule.register([{ name: busToken, customClass: MqttClient, options }])],
      controllers: [SensorsController, ClimateController, CommandsController],
      providers: [House, Bus, Announcer],
    };
  }
}
