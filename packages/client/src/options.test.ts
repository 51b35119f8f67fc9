/** Bad options: each has an error that names the option, the rule and the value. */
import { PetrelError } from '@petrel/protocol';
import { describe, expect, test } from 'vitest';
import { createClient } from './index.js';
import type { ClientOptions } from './options.js';
import { ScriptedServer } from './scripted-server.suite.js';

const url = 'mqtt://localhost';

describe('refused', () => {
  test.each([
    [{ url, keepAlive: 1.5 }, 'option "keepAlive" must be an integer 0–65535 (seconds), got 1.5'],
    [{ url, keepAlive: 70_000 }, 'option "keepAlive" must be an integer 0–65535 (seconds), got 70000'],
    [{ url, keepalive: 30 }, 'option "keepalive" is unknown; did you mean "keepAlive"?'],
    [{ url, nonsense: 1 }, 'option "nonsense" is unknown; known are'],
    [{ url, cleanStart: 'yes' }, 'option "cleanStart" must be true or false, got "yes"'],
    [{ url, protocolVersion: 6 }, 'option "protocolVersion" must be one of "auto", 5, 4, 3, got 6'],
    [{ url, clientIdentifier: 'a\0b' }, 'U+0000'],
    [
      { url, sessionExpiryInterval: -1 },
      'option "sessionExpiryInterval" must be an integer 0–4294967295 (seconds), got -1',
    ],
    [{ url, receiveMaximum: 0 }, 'option "receiveMaximum" must be an integer 1–65535, got 0'],
    [
      { url, maximumPacketSize: 0 },
      'option "maximumPacketSize" must be an integer 1–268435460 (bytes), got 0',
    ],
    [
      { url, connectTimeoutMs: 0 },
      'option "connectTimeoutMs" must be an integer 1–2147483647 (milliseconds), got 0',
    ],
    [
      { url, initialConnectAttempts: 0 },
      'option "initialConnectAttempts" must be an integer of at least 1 or Infinity, got 0',
    ],
    [
      { url, reconnect: { minDelayMs: 0 } },
      'option "reconnect.minDelayMs" must be an integer 1–2147483647 (milliseconds), got 0',
    ],
    [
      { url, reconnect: { minDelayMs: 50, maxDelayMs: 10 } },
      'option "reconnect.maxDelayMs" must be at least minDelayMs (50), got 10',
    ],
    [{ url, reconnect: { delay: 10 } }, 'option "reconnect.delay" is unknown'],
    [{ url, reconnect: true }, 'option "reconnect" must be an object, got true'],
    [
      { url, offlineQueue: { overflow: 'block' } },
      'option "offlineQueue.overflow" must be one of "reject", "drop-oldest", "drop-newest", got "block"',
    ],
    [{ url, onHandlerError: 'retry' }, 'option "onHandlerError" must be one of'],
    [{ url, will: { payload: 'x' } }, 'option "will.topicName" is missing'],
    [{ url, will: { topicName: 'a/#' } }, '[MQTT-3.3.2-2]'],
    [{ url, will: { topicName: 'a', qos: 3 } }, 'option "will.qos" must be one of 0, 1, 2, got 3'],
    [
      { url, will: { topicName: 'a', payload: 'x'.repeat(65_536) } },
      'option "will.payload" must be at most 65535 bytes, got 65536',
    ],
    [
      { url, will: { topicName: 'a', properties: { willDelay: 5 } } },
      'property "willDelay" is unknown; those of a Will are',
    ],
    [
      { url, will: { topicName: 'a', properties: { willDelayInterval: -1 } } },
      'property "willDelayInterval" (Will Delay Interval) must be an integer 0–4294967295, got -1',
    ],
    [
      { url, properties: { authenticationMethod: 'SCRAM' } },
      'option "properties.authenticationMethod" is unknown',
    ],
    [{ url, sessionStore: {} }, 'option "sessionStore" needs a clientIdentifier'],
    [{}, 'exactly one of the options "url", "urls" and "stream" is needed, got 0'],
    [{ url, urls: [url] }, 'exactly one of the options "url", "urls" and "stream" is needed, got 2'],
    [{ urls: [] }, 'option "urls" must be an array of one or more URLs, got Array'],
    [{ url: 'localhost' }, 'url "localhost" is no URL; write it like mqtt://localhost:1883'],
    [{ url: 'amqp://localhost' }, 'url scheme "amqp:" is not supported here; known are mqtt, tcp, mqtts'],
    [{ url: 'mqtt+unix://host/path' }, 'must name an absolute path'],
    [null, 'options must be an object, got null'],
  ])('%j', (options, message) => {
    expect(() => createClient(options as ClientOptions)).toThrow(PetrelError);
    expect(() => createClient(options as ClientOptions)).toThrow(message);
  });

  test('a password never shows up in the message', () => {
    expect(() => createClient({ url, password: 12345 as unknown as string })).toThrow('got a number');
    expect(() => createClient('mqtt//anna:secret@host')).toThrow(/^url "mqtt\/\/…@host" is no URL/);
  });
});

test("the caller's objects are neither written to nor looked at again", async () => {
  const server = new ScriptedServer();
  const options = Object.freeze({
    stream: server.stream,
    clock: server.clock,
    clientIdentifier: 'same',
    will: Object.freeze({ topicName: 'a', properties: Object.freeze({}) }),
    offlineQueue: Object.freeze({ maximumMessages: 1 }),
    properties: Object.freeze({}),
    reconnect: Object.freeze({}),
  });
  const client = createClient(options);
  const { connect } = await server.handshake();
  expect(connect.clientIdentifier).toBe('same');
  client.destroy();
});

test('null counts as absent, as configuration files have it', () => {
  const client = createClient({ url, keepAlive: null } as unknown as ClientOptions);
  client.destroy();
});
