/** Clients as providers, without spelling out `customClass`. */
import { type DynamicModule, Module } from '@nestjs/common';
import { type ClientProvider, ClientsModule, type ClientsProviderAsyncOptions } from '@nestjs/microservices';
import { MqttClient } from './mqtt-client.js';
import type { PetrelMqttOptions } from './options.js';

/** One client, by the token to inject it with. */
export interface PetrelClientOptions {
  readonly name: string | symbol;
  readonly options?: PetrelMqttOptions;
}

/** One client whose options come from a factory. */
export interface PetrelClientAsyncOptions
  extends Pick<ClientsProviderAsyncOptions, 'imports' | 'inject' | 'extraProviders'> {
  readonly name: string | symbol;
  // biome-ignore lint/suspicious/noExplicitAny: what is injected is known to NestJS alone
  readonly useFactory: (...dependencies: any[]) => PetrelMqttOptions | Promise<PetrelMqttOptions>;
}

/** `PetrelModule.register([{ name: 'MATH_SERVICE', options: { url } }])`: short for ClientsModule with MqttClient. */
@Module({})
export class PetrelModule {
  /** Provides a client per entry; each closes with the application. */
  static register(clients: readonly PetrelClientOptions[]): DynamicModule {
    const module = ClientsModule.register(
      clients.map(({ name, options = {} }) => ({ name, ...toProvider(options) })),
    );
    return { ...module, module: PetrelModule };
  }

  /** As `register`, with options that have to be injected or waited for. */
  static registerAsync(clients: readonly PetrelClientAsyncOptions[]): DynamicModule {
    const module = ClientsModule.registerAsync(
      clients.map(({ useFactory, ...client }) => ({
        ...client,
        useFactory: async (...dependencies: unknown[]) => toProvider(await useFactory(...dependencies)),
      })),
    );
    return { ...module, module: PetrelModule };
  }
}

function toProvider(options: PetrelMqttOptions): ClientProvider {
  return { customClass: MqttClient, options: options as Record<string, unknown> };
}
