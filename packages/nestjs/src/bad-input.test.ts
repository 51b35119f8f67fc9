/** Each thing that a user can get wrong has a clear error, and nothing else stops working. */
import { Controller, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, MessagePattern, type MicroserviceOptions, Payload } from '@nestjs/microservices';
import { createBroker } from '@petrel/broker';
import { describePeer, eventually, findMosquitto, freePort, startMosquitto } from '@petrel/testing';
import { connectAsync } from 'mqtt';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { silenceNest } from './combinations.suite.js';
import { MqttClient } from './mqtt-client.js';
import { MqttServer } from './mqtt-server.js';
import type { PetrelMqttOptions } from './options.js';

silenceNest();

const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of cleanUp.splice(0).reverse()) await close();
});

const seen: unknown[] = [];

@Controller()
class MixedController {
  @MessagePattern('echo')
  echo(@Payload() data: unknown): unknown {
    return data;
  }

  @EventPattern<string>('event')
  event(@Payload() data: unknown): void {
    if (data === 'bad') throw new Error('the handler threw');
    seen.push(data);
  }
}

@Controller()
class SecretController {
  @EventPattern<string>('secret/+')
  secret(): void {}
}

@Controller()
class BadPatternController {
  @EventPattern<string>('a/#/b')
  bad(): void {}
}

function moduleOf(controller: Type): Type {
  @Module({ controllers: [controller] })
  class TestModule {}
  return TestModule;
}

async function listen(options: PetrelMqttOptions, controller: Type = MixedController): Promise<void> {
  const strategy = new MqttServer(options);
  const module = moduleOf(controller);
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(module, { strategy, logger: false });
  cleanUp.push(() => app.close());
  await app.listen();
}

async function inProcess(hooks: Parameters<typeof createBroker>[0] = {}) {
  const broker = await createBroker(hooks);
  cleanUp.push(() => broker.destroy());
  return { stream: () => broker.connect() };
}

function client(options: PetrelMqttOptions): MqttClient {
  const created = new MqttClient(options);
  cleanUp.push(() => created.close());
  return created;
}

describe('an unreachable broker', () => {
  it('fails connect, send and emit with the address and the cause', async () => {
    const port = await freePort();
    const unreachable = client({ url: `mqtt://127.0.0.1:${port}` });
    const error = {
      code: 'PETREL_CONNECT_UNREACHABLE',
      message: expect.stringContaining(`127.0.0.1:${port}`),
    };
    await expect(unreachable.connect()).rejects.toMatchObject(error);
    await expect(firstValueFrom(unreachable.send('echo', 1))).rejects.toMatchObject(error);
    await expect(lastValueFrom(unreachable.emit('event', 1))).rejects.toMatchObject(error);
  });

  it('fails listen after maxConnectionAttempts', async () => {
    const url = `mqtt://127.0.0.1:${await freePort()}`;
    const attempts = { maxConnectionAttempts: 3, reconnect: { minDelayMs: 1, maxDelayMs: 2 } };
    await expect(listen({ url, ...attempts })).rejects.toMatchObject({ code: 'PETREL_CONNECT_UNREACHABLE' });
  });

  it('is waited for without maxConnectionAttempts', async () => {
    const port = await freePort();
    const reconnect = { minDelayMs: 1, maxDelayMs: 10 };
    const listening = listen({ url: `mqtt://127.0.0.1:${port}`, reconnect });
    const broker = await createBroker({ listeners: [{ type: 'tcp', port }] });
    cleanUp.push(() => broker.destroy());
    await listening;
    expect(await firstValueFrom(client({ url: `mqtt://127.0.0.1:${port}` }).send('echo', 1))).toBe(1);
  });
});

describe('wrong credentials', () => {
  const hooks = {
    authenticate: ({
      userName,
      password,
    }: {
      userName?: string | undefined;
      password?: Uint8Array | undefined;
    }) => userName === 'nest' && Buffer.from(password ?? []).toString() === 'right',
  };

  it('fail listen and connect at once, however often they may try', async () => {
    const broker = await inProcess({ hooks });
    const refused = { code: 'PETREL_CONNECT_REFUSED', reasonCode: 0x86 };
    await expect(listen({ ...broker, username: 'nest', password: 'wrong' })).rejects.toMatchObject(refused);
    const error: unknown = await client({ ...broker, username: 'nest', password: 'wrong' })
      .connect()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject(refused);
    expect(String((error as Error).message)).not.toContain('wrong');
    await client({ ...broker, username: 'nest', password: 'right' }).connect();
  });

  describePeer(findMosquitto(), 'of Mosquitto', () => {
    it('fail listen and connect at once', async () => {
      const broker = await startMosquitto({ allowAnonymous: false });
      cleanUp.push(() => broker.stop());
      const url = `mqtt://127.0.0.1:${broker.port}`;
      await expect(listen({ url })).rejects.toMatchObject({
        code: 'PETREL_CONNECT_REFUSED',
        reasonCode: 0x87,
      });
      await expect(client({ url }).connect()).rejects.toMatchObject({ code: 'PETREL_CONNECT_REFUSED' });
    });
  });
});

// Over our broker only: the access control file of Mosquitto denies messages, never a SUBSCRIBE.
describe('pain 6: a denied subscription', () => {
  const refused = { code: 'PETREL_SUBSCRIPTION_REFUSED', message: expect.stringContaining('"secret/+"') };

  it('fails listen and names the pattern', async () => {
    const broker = await inProcess({
      hooks: { authorizeSubscribe: (_, { topicFilter }) => !topicFilter.startsWith('secret') },
    });
    await expect(listen(broker, SecretController)).rejects.toMatchObject(refused);
    await listen(broker);
  });
});

describe('a bad option', () => {
  it.each([
    [{ colour: 'red' }, /option "colour" is unknown/],
    [{ keepalive: 1.5 }, /option "keepAlive" must be an integer 0–65535 \(seconds\), got 1.5/],
    [{ subscribeOptions: { qos: 3 } }, /option "qos" must be 0, 1 or 2, got 3/],
    [{ maxConnectionAttempts: 0 }, /option "maxConnectionAttempts" must be -1 or an integer from 1, got 0/],
    [{ group: 'a/b' }, /option "group" must be a ShareName .* got "a\/b"/],
    [{ concurrency: -1 }, /option "concurrency" must be an integer from 1, or Infinity, got -1/],
    [
      { requestTimeoutMs: 'soon' },
      /option "requestTimeoutMs" must be a number of milliseconds from 0, got "soon"/,
    ],
    [{ requestQos: 3 }, /option "requestQos" must be 0, 1 or 2, got 3/],
    [{ manualConnect: true }, /option "manualConnect" of MQTT.js has no counterpart/],
  ])('%j fails where it is used first, by its name', async (options, message) => {
    const given = { url: 'mqtt://127.0.0.1:1', maxConnectionAttempts: 1, ...options } as PetrelMqttOptions;
    const fail = async (): Promise<void> => listen(given);
    await expect(fail()).rejects.toThrow(message);
    await expect((async () => client(given).connect())()).rejects.toThrow(message);
  });

  it('a pattern that is no Topic Filter fails listen and is named', async () => {
    await expect(listen(await inProcess(), BadPatternController)).rejects.toThrow(
      /"a\/#\/b".*\[MQTT-4.7.1-1\]/,
    );
  });

  it('a request to a topic with wildcards fails and is named', async () => {
    const caller = client(await inProcess());
    await expect(firstValueFrom(caller.send('a/+', 1))).rejects.toThrow(/"a\/\+" contains a wildcard/);
    await expect(lastValueFrom(caller.emit('a/#', 1))).rejects.toThrow(/"a\/#" contains a wildcard/);
  });
});

describe('what a peer gets wrong', () => {
  it('a handler that throws, and a payload that is not what its Content Type says, are logged and disturb nothing', async () => {
    const broker = await createBroker({ listeners: [{ type: 'tcp', port: 0 }] });
    cleanUp.push(() => broker.destroy());
    const url = broker.addresses[0]?.url ?? '';
    const onError = vi.fn();
    await listen({ url, onError });
    const foreign = await connectAsync(url, { protocolVersion: 5 });
    cleanUp.push(() => foreign.endAsync(true));
    await foreign.publishAsync('event', '"bad"', { qos: 1 });
    await foreign.publishAsync('event', '{ broken', {
      qos: 1,
      properties: { contentType: 'application/json' },
    });
    await foreign.publishAsync('event', '"good"', { qos: 1 });
    await eventually(() => expect(seen).toEqual(['good']));
    expect(onError.mock.calls.map(([error]) => error as unknown)).toEqual([
      { status: 'error', message: 'Internal server error' },
      expect.objectContaining({ code: 'PETREL_PAYLOAD_INVALID' }),
    ]);
    expect(await firstValueFrom(client({ url }).send('echo', 1))).toBe(1);
  });

  it('data that no payload can say fails the call', async () => {
    const caller = client(await inProcess());
    await caller.connect();
    await expect(lastValueFrom(caller.emit('event', 1n))).rejects.toMatchObject({
      code: 'PETREL_PAYLOAD_INVALID',
    });
    await expect(firstValueFrom(caller.send('echo', { n: 1n }))).rejects.toMatchObject({
      code: 'PETREL_REQUEST_NOT_SENT',
    });
  });

  it('a reply that nobody waits for is ignored', async () => {
    const broker = await inProcess();
    await listen(broker);
    const caller = client(broker);
    const twice = await Promise.all([
      firstValueFrom(caller.send('echo', 1)),
      firstValueFrom(caller.send('echo', 2)),
    ]);
    expect(twice).toEqual([1, 2]);
    // Unsubscribed before its answer: the answer finds nobody.
    caller.send('echo', 3).subscribe().unsubscribe();
    expect(await firstValueFrom(caller.send('echo', 4))).toBe(4);
  });
});
