import { type MqttOptions, MqttRecord } from '@nestjs/microservices';
import { resolveDeliveryPolicy } from '@petrel/service';
import { describe, expect, it } from 'vitest';
import { MqttClient } from './mqtt-client.js';
import { fromProperties, toProperties } from './mqtt-js-properties.js';
import { unwrapRecord } from './mqtt-record.js';
import { MqttServer } from './mqtt-server.js';
import { resolveOptions, toSubscribeOptions } from './options.js';
import { readExtras, routeOf } from './pattern.js';

const policy = resolveDeliveryPolicy({});

describe('resolveOptions', () => {
  it('takes the names of MQTT.js', () => {
    const { connection } = resolveOptions({
      url: 'mqtts://broker.example',
      clientId: 'c',
      keepalive: 30,
      username: 'u',
      password: 'p',
      clean: false,
      connectTimeout: 5000,
      reconnectPeriod: 2000,
      queueQoSZero: false,
      protocolVersion: 5,
      rejectUnauthorized: false,
      ca: 'pem',
      properties: { sessionExpiryInterval: 60, receiveMaximum: 20, userProperties: { app: 'x' } },
      will: { topic: 'gone', payload: 'bye', qos: 1, retain: true },
    });
    expect(connection).toEqual({
      url: 'mqtts://broker.example',
      clientIdentifier: 'c',
      keepAlive: 30,
      userName: 'u',
      password: 'p',
      cleanStart: false,
      sessionExpiryInterval: 60,
      connectTimeoutMs: 5000,
      reconnect: { minDelayMs: 2000, maxDelayMs: 30_000 },
      offlineQueue: { qos0: false },
      protocolVersion: 5,
      tls: { ca: 'pem', rejectUnauthorized: false },
      receiveMaximum: 20,
      properties: { userProperties: [['app', 'x']] },
      will: { topicName: 'gone', payload: 'bye', qos: 1, retain: true },
    });
  });

  it.each([
    [{}, { url: 'mqtt://localhost:1883' }],
    [{ url: 'mqtt://a:1', host: 'b' }, { url: 'mqtt://b:1' }],
    [{ host: 'b', port: 8083, protocol: 'ws', path: '/mqtt' }, { url: 'ws://b:8083/mqtt' }],
    [{ url: 'mqtt://u:p@a:1', port: 2 }, { url: 'mqtt://u:p@a:2' }],
    [
      {
        servers: [
          { host: 'a', port: 1 },
          { host: 'b', port: 2 },
        ],
      },
      { urls: ['mqtt://a:1', 'mqtt://b:2'], url: undefined },
    ],
    [{ urls: ['mqtt://a', 'mqtt://b'] }, { urls: ['mqtt://a', 'mqtt://b'] }],
  ] as const)('finds the server in %j', (options, expected) => {
    expect(resolveOptions(options as never).connection).toEqual(expected);
  });

  it('takes an options object of the stock transport as it is', () => {
    const stock: NonNullable<MqttOptions['options']> = {
      url: 'mqtt://a',
      protocolVersion: 5,
      subscribeOptions: { qos: 2, nl: true, rh: 1 },
      userProperties: { app: 'x' },
      maxConnectionAttempts: 3,
    };
    expect(new MqttServer(stock)).toBeInstanceOf(MqttServer);
    expect(new MqttClient(stock)).toBeInstanceOf(MqttClient);
  });

  it('takes its own names, and lets them go over those of MQTT.js', () => {
    const { connection, service } = resolveOptions({
      clientId: 'a',
      clientIdentifier: 'b',
      concurrency: 5,
      envelope: 'native',
    });
    expect(connection.clientIdentifier).toBe('b');
    expect(service).toMatchObject({ concurrency: 5, envelope: 'native', keepSubscriptions: false });
  });

  it('keeps a session for ever that asked for `clean: false` and no more, as MQTT 3.1.1 does', () => {
    const { connection, service } = resolveOptions({ clean: false });
    expect(connection).toMatchObject({ cleanStart: false, sessionExpiryInterval: 0xffff_ffff });
    expect(service.keepSubscriptions).toBe(true);
  });

  it('ends reconnecting with `reconnectPeriod: 0`', () => {
    expect(resolveOptions({ reconnectPeriod: 0 }).connection.reconnect).toBe(false);
  });

  it('accepts what only tunes MQTT.js, without effect', () => {
    expect(
      resolveOptions({ reschedulePings: true, protocolId: 'MQTT', resubscribe: true }).connection,
    ).toEqual({
      url: 'mqtt://localhost:1883',
    });
  });

  it('never writes to the object it is given', () => {
    const options = Object.freeze({
      url: 'mqtt://a',
      subscribeOptions: Object.freeze({ qos: 1 as const }),
      properties: Object.freeze({ sessionExpiryInterval: 5 }),
      will: Object.freeze({ topic: 't', payload: '', qos: 0 as const, retain: false }),
    });
    expect(() => resolveOptions(options)).not.toThrow();
  });
});

describe('subscription options', () => {
  it('have short names and long ones', () => {
    expect(toSubscribeOptions({ qos: 2, nl: true, rap: true, rh: 1 })).toEqual({
      qos: 2,
      noLocal: true,
      retainAsPublished: true,
      retainHandling: 1,
    });
    expect(toSubscribeOptions({ noLocal: false, nl: true })).toEqual({ noLocal: false });
  });

  it('come from the extras of a handler, given as they are or as the documentation shows them', () => {
    const defaults = { subscribe: { qos: 1 as const, noLocal: true }, group: undefined, policy };
    for (const extras of [{ qos: 2 }, { extras: { qos: 2 } }]) {
      const { subscribe } = routeOf('a', false, readExtras(extras), defaults);
      expect(subscribe).toEqual({ qos: 2, noLocal: true });
    }
  });

  it('share a subscription of a group, without No Local [MQTT-3.8.3-4]', () => {
    const defaults = { subscribe: { noLocal: true }, group: 'g', policy };
    const route = (pattern: string, extras = {}) => routeOf(pattern, true, extras, defaults);
    expect(route('a/+')).toMatchObject({ topicFilter: '$share/g/a/+', subscribe: { qos: 1 } });
    expect(route('a/+').subscribe.noLocal).toBeUndefined();
    expect(route('a', { group: false }).topicFilter).toBe('a');
    expect(route('a', { group: 'own' }).topicFilter).toBe('$share/own/a');
    expect(route('$share/x/a').topicFilter).toBe('$share/x/a');
  });

  it('of a pattern with parameters are those of its Topic Filter; an object pattern has none', () => {
    const defaults = { subscribe: {}, group: undefined, policy };
    expect(routeOf('sensors/:room/*rest', false, {}, defaults).topicFilter).toBe('sensors/+/#');
    expect(routeOf('{"cmd":"a/:b/*c"}', true, {}, defaults).topicFilter).toBe('{"cmd":"a/:b/*c"}');
  });

  it('refuse a payload form that does not exist', () => {
    const defaults = { subscribe: {}, group: undefined, policy };
    expect(() => routeOf('a', true, { payload: 'xml' as never }, defaults)).toThrow(
      /option "payload" of the handler of "a" must be .* got "xml"/,
    );
  });
});

describe('records', () => {
  it('are known by their class and by the class of another copy of NestJS', () => {
    const Foreign = {
      MqttRecord: class MqttRecord {
        data = 1;
        options = { qos: 2, retain: true };
      },
    }.MqttRecord;
    for (const record of [new MqttRecord(1, { qos: 2, retain: true }), new Foreign()]) {
      expect(unwrapRecord(record)).toEqual({
        data: 1,
        options: { qos: 2, retain: true },
        properties: undefined,
      });
    }
  });

  it('are not any object with the same members', () => {
    const data = { data: 1, options: { qos: 2 } };
    expect(unwrapRecord(data).data).toBe(data);
  });
});

describe('properties', () => {
  it('go from the notation of MQTT.js and back', () => {
    const given = {
      userProperties: { a: '1', b: ['2', '3'] },
      correlationData: Buffer.from('x'),
      payloadFormatIndicator: true,
      responseTopic: 'r',
    };
    const properties = toProperties(given);
    expect(properties).toEqual({
      userProperties: [
        ['a', '1'],
        ['b', '2'],
        ['b', '3'],
      ],
      correlationData: Buffer.from('x'),
      payloadFormatIndicator: 1,
      responseTopic: 'r',
    });
    expect(fromProperties(properties)).toEqual(given);
  });

  it('of a hostile name stay plain members', () => {
    const { userProperties } = fromProperties({ userProperties: [['__proto__', 'x']] });
    expect(Object.getPrototypeOf(userProperties)).toBe(Object.prototype);
    expect(Object.keys(userProperties as object)).toEqual(['__proto__']);
  });

  it('leave out what only a connection can choose', () => {
    expect(toProperties({ topicAlias: 5, subscriptionIdentifier: 1, contentType: 'a/b' })).toEqual({
      contentType: 'a/b',
    });
  });
});
