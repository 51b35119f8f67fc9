import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { launchProcess } from '../launch-process.js';
import { chromiumArgs, findChromium } from './chromium.js';
import { describePeer, pathOf } from './describe-peer.js';
import { findProgram } from './find-program.js';
import { findMosquitto, findMosquittoClient, startMosquitto } from './mosquitto.js';
import { findNats, startNats } from './nats.js';
import { findPaho } from './paho.js';
import { compilePahoC, findPahoC } from './paho-c.js';
import { findRabbitMq, startRabbitMq } from './rabbitmq.js';

test('a program that does not exist is missing, with the way to get it', () => {
  const peer = findProgram({
    name: 'Nothing',
    hint: 'make it',
    files: ['no-such-program'],
    variable: 'PETREL_NOTHING',
  });
  expect(peer).toEqual({ name: 'Nothing', hint: 'make it', path: undefined });
  expect(() => pathOf(peer)).toThrow('Nothing is missing: make it');
});

test('a variable overrides the search, and says so when it points nowhere', () => {
  const search = { name: 'Node', hint: 'install it', files: ['node'], variable: 'PETREL_TEST_PROGRAM' };
  process.env.PETREL_TEST_PROGRAM = '/no/such/node';
  try {
    expect(findProgram(search)).toMatchObject({
      path: undefined,
      hint: 'PETREL_TEST_PROGRAM=/no/such/node is no program that can be run',
    });
    process.env.PETREL_TEST_PROGRAM = process.execPath;
    expect(findProgram(search).path).toBe(process.execPath);
  } finally {
    delete process.env.PETREL_TEST_PROGRAM;
  }
});

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

describePeer(findMosquitto(), 'Mosquitto', () => {
  test('starts on free ports, stops, and starts again on the old port', async () => {
    const broker = await startMosquitto();
    expect(await accepts(broker.port)).toBe(true);
    expect(await accepts(Number(new URL(broker.webSocketUrl).port))).toBe(true);
    await broker.stop();
    expect(await accepts(broker.port)).toBe(false);
    const again = await startMosquitto({ port: broker.port });
    expect(again.url).toBe(broker.url);
    await again.stop();
  });

  test('a bad configuration is an error with what Mosquitto said', async () => {
    await expect(startMosquitto({ config: 'no_such_option true' })).rejects.toThrow(/no_such_option/);
  });
});

describePeer(findMosquittoClient('mosquitto_pub'), 'mosquitto_pub', () => {
  test('runs', async () => {
    const launched = await launchProcess({
      command: pathOf(findMosquittoClient('mosquitto_pub')),
      args: ['--help'],
    });
    await launched.exited;
    expect(launched.output).toContain('mosquitto_pub');
  });
});

describePeer(findNats(), 'NATS', () => {
  test('starts with MQTT and WebSocket', async () => {
    const broker = await startNats();
    expect(await accepts(broker.port)).toBe(true);
    expect(await accepts(Number(new URL(broker.webSocketUrl).port))).toBe(true);
    await broker.stop();
  });
});

describePeer(findRabbitMq(), 'RabbitMQ', () => {
  test('starts with MQTT and WebSocket, and leaves nothing running', { timeout: 120_000 }, async () => {
    const broker = await startRabbitMq();
    expect(await accepts(broker.port)).toBe(true);
    expect(await accepts(Number(new URL(broker.webSocketUrl).port))).toBe(true);
    await broker.stop();
    expect(await accepts(broker.port)).toBe(false);
  });
});

describePeer(findChromium(), 'Chromium', () => {
  test('runs', async () => {
    const launched = await launchProcess({
      command: pathOf(findChromium()),
      args: [...chromiumArgs, '--version'],
    });
    expect(await launched.exited).toMatchObject({ code: 0 });
    expect(launched.stdout).toMatch(/Chrom/);
  });
});

describePeer(findPaho(), 'Paho', () => {
  test('can be imported', async () => {
    const launched = await launchProcess({
      command: pathOf(findPaho()),
      args: ['-c', 'import paho.mqtt.client as client; print(client.MQTTv5)'],
    });
    expect(await launched.exited).toMatchObject({ code: 0 });
    expect(launched.stdout.trim()).toBe('5');
  });
});

describePeer(findPahoC(), 'Paho C', () => {
  test('a program that does not compile is an error with what the compiler said', async () => {
    await expect(compilePahoC('no-such-file.c')).rejects.toThrow(/no-such-file\.c/);
  });
});
