/** The module, the decorators, and NestJS's own hooks and (de)serializers on this transport. */
import { Controller, Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxy,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
  Transport,
} from '@nestjs/microservices';
import { type Broker, createBroker } from '@petrel/broker';
import { eventually } from '@petrel/testing';
import { EMPTY, firstValueFrom, type Observable } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silenceNest } from './combinations.suite.js';
import { MqttClient } from './mqtt-client.js';
import { MqttServer } from './mqtt-server.js';
import type { PetrelMqttOptions } from './options.js';
import { PetrelModule } from './petrel.module.js';

silenceNest();

@Controller()
class EchoController {
  @MessagePattern('echo')
  echo(@Payload() data: unknown): unknown {
    return data;
  }
}

@Module({ controllers: [EchoController] })
class EchoModule {}

@Injectable()
class Caller {
  constructor(@Inject('MATH_SERVICE') private readonly client: ClientProxy) {}

  ask(data: unknown): Promise<unknown> {
    return firstValueFrom(this.client.send('echo', data));
  }
}

let broker: Broker;
const open: { close(): unknown }[] = [];

beforeEach(async () => {
  broker = await createBroker();
});

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
  await broker.destroy();
});

const connection = (): PetrelMqttOptions => ({ stream: () => broker.connect() });

async function serve(options: PetrelMqttOptions = {}): Promise<MqttServer> {
  const strategy = new MqttServer({ ...connection(), ...options });
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(EchoModule, {
    strategy,
    logger: false,
  });
  await app.listen();
  open.push(app);
  return strategy;
}

describe('PetrelModule', () => {
  it.each([
    ['register', () => PetrelModule.register([{ name: 'MATH_SERVICE', options: connection() }])],
    [
      'registerAsync',
      () => PetrelModule.registerAsync([{ name: 'MATH_SERVICE', useFactory: async () => connection() }]),
    ],
  ])('%s injects a client that closes with the application', async (_, imported) => {
    await serve();
    @Module({ imports: [imported()], providers: [Caller] })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
    expect(await app.get(Caller).ask('hello')).toBe('hello');
    const client = app.get<MqttClient>('MATH_SERVICE');
    await app.close();
    expect(() => client.unwrap()).toThrow(/Not initialized/);
  });
});

describe('MqttServer', () => {
  it('is a transport strategy for MQTT, made by hand or by a factory', async () => {
    expect(new MqttServer().transportId).toBe(Transport.MQTT);
    const options = { inject: [], useFactory: () => ({ strategy: new MqttServer(connection()) }) };
    const app = await NestFactory.createMicroservice(EchoModule, { ...options, logger: false });
    open.push(app);
    await app.listen();
    const client = new MqttClient(connection());
    open.push(client);
    expect(await firstValueFrom(client.send('echo', 1))).toBe(1);
  });

  it('runs every event handler of a pattern, even behind one whose stream is empty', async () => {
    const server = new MqttServer(connection());
    open.push(server);
    const seen: string[] = [];
    const handler = (name: string, result: unknown) => async (): Promise<Observable<unknown>> => {
      seen.push(name);
      return result as Observable<unknown>;
    };
    server.addHandler('event', handler('first', EMPTY), true);
    server.addHandler('event', handler('second', EMPTY), true);
    server.addHandler('event', handler('third', undefined), true);
    await new Promise<void>((resolve) => void server.listen(() => resolve()));
    const client = new MqttClient(connection());
    open.push(client);
    client.emit('event', 1);
    await eventually(() => expect(seen).toEqual(['first', 'second', 'third']));
    expect(server.getHandlerByPattern('event')).toBeTypeOf('function');
  });

  it('calls the processing hooks around each handler, once', async () => {
    const server = await serve();
    const calls: string[] = [];
    server.setOnProcessingStartHook((_, __, done) => {
      calls.push('start');
      void done();
    });
    server.setOnProcessingEndHook(() => void calls.push('end'));
    const client = new MqttClient(connection());
    open.push(client);
    await firstValueFrom(client.send('echo', 1));
    await eventually(() => expect(calls).toEqual(['start', 'end']));
  });

  it('may listen again after close', async () => {
    const server = await serve();
    await server.close();
    await new Promise<void>((resolve) => void server.listen(() => resolve()));
    const client = new MqttClient(connection());
    open.push(client);
    expect(await firstValueFrom(client.send('echo', 1))).toBe(1);
  });

  it('calls back once when listening fails', async () => {
    const server = new MqttServer({ url: 'mqtt://127.0.0.1:1', maxConnectionAttempts: 1 });
    const callback = vi.fn();
    await server.listen(callback);
    expect(callback).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ code: 'PETREL_CONNECT_UNREACHABLE' }),
    );
  });
});

describe('serializer and deserializer', () => {
  const reverse = (text: string): string => [...text].reverse().join('');
  const serializer = { serialize: (packet: unknown) => reverse(JSON.stringify(packet)) };
  const deserializer = { deserialize: async (value: string) => JSON.parse(reverse(value)) as never };

  it('of both ends replace the wire format', async () => {
    await serve({ serializer, deserializer });
    const client = new MqttClient({ ...connection(), serializer, deserializer });
    open.push(client);
    expect(await firstValueFrom(client.send('echo', { n: 1 }))).toEqual({ n: 1 });
  });
});
