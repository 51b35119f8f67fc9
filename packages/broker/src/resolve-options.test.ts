import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';
import { systemClock } from './clock.js';
import { silentLogger } from './logger.js';
import type { BrokerOptions } from './options.js';
import { resolveBrokerOptions } from './resolve-options.js';

/** What a JavaScript caller or a configuration file may pass. */
const resolveAnything = (options: unknown) => resolveBrokerOptions(options as BrokerOptions);

function freezeDeeply<T extends object>(value: T): T {
  for (const inner of Object.values(value))
    if (typeof inner === 'object' && inner !== null) freezeDeeply(inner);
  return Object.freeze(value);
}

describe('defaults', () => {
  test('no options at all', () => {
    const options = resolveBrokerOptions();
    expect(options).toMatchObject({
      listeners: [],
      hooks: {},
      allowAnonymous: false,
      sysTopicsIntervalMs: 10_000,
    });
    expect(options.clock).toBe(systemClock);
    expect(options.logger).toBe(silentLogger);
    expect(options.store).toBeUndefined();
    expect(options.limits).toMatchObject({
      maximumPacketSizeBytes: 2_097_152,
      receiveMaximum: 1_024,
      maximumQoS: 2,
      serverKeepAlive: undefined,
      sessionQueue: { maximumMessages: 10_000, overflow: 'drop-oldest' },
    });
  });

  test('a listener without a host stays on this machine', () => {
    expect(resolveBrokerOptions({ listeners: [{ type: 'tcp', port: 0 }] }).listeners).toEqual([
      { type: 'tcp', port: 0, host: '127.0.0.1', loopbackOnly: true },
    ]);
  });
});

test('the result is frozen all the way down, and the given object is not written to', () => {
  const given: BrokerOptions = freezeDeeply({
    listeners: [{ type: 'websocket', port: 0, origins: ['https://app.example.com'] }],
    limits: { sessionQueue: { maximumMessages: 5 }, retained: { maximumBytes: 7 } },
  } satisfies BrokerOptions);
  const options = resolveBrokerOptions(given);
  for (const part of [
    options,
    options.listeners,
    options.listeners[0],
    options.limits,
    options.limits.sessionQueue,
  ]) {
    expect(Object.isFrozen(part)).toBe(true);
  }
  expect(Object.isFrozen(options.limits.retained)).toBe(true);
  expect(options.limits.sessionQueue).toEqual({
    maximumMessages: 5,
    maximumBytes: 16_777_216,
    maximumAgeMs: 0,
    overflow: 'drop-oldest',
  });
});

test('objects of the program stay its own', () => {
  const hooks = { authenticate: () => true };
  const server = createServer();
  const options = resolveBrokerOptions({ hooks, listeners: [{ type: 'websocket', server }] });
  expect(options.hooks).toBe(hooks);
  expect(Object.isFrozen(hooks)).toBe(false);
  expect(Object.isFrozen(server)).toBe(false);
});

describe('bad values are named with their rule', () => {
  test.each<[options: unknown, message: string]>([
    [7, 'options must be an object, got 7'],
    [{ listener: [] }, 'option "listener" does not exist; did you mean "listeners"?'],
    [{ listeners: {} }, 'option "listeners" must be an array, got an object'],
    [{ listeners: ['tcp'] }, 'option "listeners[0]" must be an object, got "tcp"'],
    [
      { listeners: [{ type: 'tcp', port: 1883 }, { type: 'udp' }] },
      'option "listeners[1].type" must be one of "tcp", "tls", "websocket", "unix", got "udp"',
    ],
    [
      { listeners: [{ type: 'tcp', port: 'abc' }] },
      'option "listeners[0].port" must be an integer 0–65535, got "abc"',
    ],
    [
      { listeners: [{ type: 'tcp' }] },
      'option "listeners[0].port" must be an integer 0–65535, got undefined',
    ],
    [{ listeners: [{ type: 'tcp', port: 1, path: '/' }] }, 'option "listeners[0].path" does not exist'],
    [
      { listeners: [{ type: 'tls', port: 1 }] },
      'option "listeners[0].key" must be PEM text, its bytes, or an array of these',
    ],
    [
      { listeners: [{ type: 'websocket', port: 1, path: 'mqtt' }] },
      'option "listeners[0].path" must be a path such as "/mqtt", got "mqtt"',
    ],
    [
      { listeners: [{ type: 'websocket', port: 1, origins: ['app.example.com'] }] },
      'option "listeners[0].origins" must be an array of origins such as "https://app.example.com", or "*", got an array',
    ],
    [
      { listeners: [{ type: 'websocket', port: 1, server: createServer() }] },
      'option "listeners[0].port" belongs to the server in "listeners[0].server": set it there',
    ],
    [{ limits: { maximumQos: 1 } }, 'option "limits.maximumQos" does not exist; did you mean "maximumQoS"?'],
    [{ limits: { maximumQoS: 3 } }, 'option "limits.maximumQoS" must be one of 0, 1, 2, got 3'],
    [
      { limits: { serverKeepAlive: 1.5 } },
      'option "limits.serverKeepAlive" must be an integer 0–65535 (seconds), got 1.5',
    ],
    [{ limits: { receiveMaximum: 0 } }, 'option "limits.receiveMaximum" must be an integer 1–65535, got 0'],
    [
      { limits: { sessionQueue: { overflow: 'drop' } } },
      'option "limits.sessionQueue.overflow" must be one of "drop-oldest", "drop-newest", "refuse", "disconnect", got "drop"',
    ],
    [
      { store: { open() {} } },
      'option "store" must be an object with the methods open, commit, close, got an object',
    ],
    [{ hooks: { authenticate: true } }, 'option "hooks.authenticate" must be a function, got true'],
    [{ observers: {} }, 'option "observers" must be an array, got an object'],
    [{ observers: [true] }, 'option "observers[0]" must be an object, got true'],
    [{ observers: [{ delivered: 1 }] }, 'option "observers[0].delivered" must be a function, got 1'],
    [
      { observers: [{}, { authenticate: () => true }] },
      'option "observers[1].authenticate" does not exist; there are connected, routing, published',
    ],
  ])('%j', (options, message) => {
    expect(() => resolveAnything(options)).toThrow(message);
  });

  test('a misspelt hook is refused, for it would decide nothing (CVE-2018-12550: configuration that fails open)', () => {
    expect(() => resolveAnything({ hooks: { authorisePublish: () => false } })).toThrow(
      'option "hooks.authorisePublish" does not exist; did you mean "authorizePublish"?',
    );
  });

  test('an object of a class may have members besides its hooks', () => {
    class Rules {
      readonly table = new Map();
      authenticate() {
        return this.table.size === 0;
      }
    }
    expect(resolveBrokerOptions({ hooks: new Rules() }).hooks).toBeInstanceOf(Rules);
  });

  test('keys and passphrases never show in a message', () => {
    const listener = { type: 'tls', port: 0, key: 'top secret', cert: 'x', passphrase: 5 };
    expect(() => resolveAnything({ listeners: [listener] })).toThrow(/passphrase/);
    expect(() => resolveAnything({ listeners: [{ ...listener, passphrase: undefined }] })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') }),
    );
  });
});

describe('a listener beyond this machine', () => {
  const pem = '-----BEGIN CERTIFICATE-----';
  const listeners = (host: string): unknown[] => [
    { type: 'tcp', port: 0, host },
    { type: 'tls', port: 0, host, key: pem, cert: pem },
    { type: 'websocket', port: 0, host },
  ];
  const hosts = [
    '0.0.0.0',
    '::',
    '192.168.1.5',
    '::ffff:10.0.0.1',
    'broker.example.com',
    '127.1',
    'localhost.example.com',
  ];

  test.each(hosts)(
    '%s is refused while nobody is authenticated (CVE-2018-12551: configuration that fails open)',
    (host) => {
      for (const listener of listeners(host)) {
        expect(() => resolveAnything({ listeners: [listener] })).toThrow(
          expect.objectContaining({
            code: 'PETREL_LISTEN_EXPOSED',
            message: `option "listeners[0].host" is "${host}", which can be reached from other machines: set hooks.authenticate, or allowAnonymous: true`,
          }),
        );
      }
    },
  );

  test.each(hosts)('%s is allowed with a hook authenticate, or with allowAnonymous', (host) => {
    for (const listener of listeners(host)) {
      expect(resolveAnything({ listeners: [listener], allowAnonymous: true }).listeners[0]).toMatchObject({
        host,
      });
      expect(
        resolveAnything({ listeners: [listener], hooks: { authenticate: () => false } }).listeners[0],
      ).toMatchObject({ loopbackOnly: false });
    }
  });

  test.each([
    '127.0.0.1',
    '127.5.6.7',
    '::1',
    '::ffff:127.0.0.1',
    'localhost',
    'LOCALHOST',
    'petrel.localhost',
  ])('%s is this machine', (host) => {
    for (const listener of listeners(host)) {
      expect(resolveAnything({ listeners: [listener] }).listeners[0]).toMatchObject({ loopbackOnly: true });
    }
  });

  test('another hook than authenticate does not open it', () => {
    expect(() =>
      resolveAnything({ listeners: listeners('0.0.0.0'), hooks: { connect: () => true } }),
    ).toThrow(expect.objectContaining({ code: 'PETREL_LISTEN_EXPOSED' }));
  });
});
