/** What the options do that fingers know from mosquitto_pub, mosquitto_sub and mosquitto_rr. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Broker, createBroker } from '@petrel/broker';
import { createService } from '@petrel/service';
import { eventually } from '@petrel/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from './run.js';
import { petrel, terminal } from './test-terminal.suite.js';

let broker: Broker;
let folder = '';
let [port, webSocketPort] = ['', ''];
const subscribed: (() => void)[] = [];
const clients: { readonly clientIdentifier: string; readonly userProperties: unknown }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'petrel-options-'));
  broker = await createBroker({
    listeners: [
      { type: 'tcp', port: 0 },
      { type: 'websocket', port: 0 },
      { type: 'unix', path: join(folder, 'mqtt.sock') },
    ],
    hooks: {
      connect: (_client, { clientIdentifier, properties }) => {
        clients.push({ clientIdentifier, userProperties: properties.userProperties });
        return true;
      },
      subscribed: () => subscribed.shift()?.(),
    },
  });
  [port = '', webSocketPort = ''] = broker.addresses.map((address) => String(address.port));
});
afterAll(async () => {
  await broker.close();
  await rm(folder, { recursive: true, force: true });
});

const at = () => ['-h', '127.0.0.1', '-p', port];
const pub = (...args: string[]) => petrel(['pub', ...at(), '-q', '1', ...args]);
const keep = (topic: string, payload: string) => pub('-r', '-t', topic, '-m', payload);

/** Runs `petrel sub`, does the work once the broker has the subscription, and gives back what was printed. */
async function sub(args: string[], work: () => Promise<unknown> = async () => {}, isShown = false) {
  const { terminal: given, lines, written, interrupt } = terminal('', { isShown });
  const ready = new Promise<void>((resolve) => subscribed.push(resolve));
  const done = run(['sub', ...at(), '-q', '1', ...args], given);
  await Promise.race([ready, done]);
  // Not everybody subscribes.
  subscribed.length = 0;
  await work();
  return { done, interrupt, lines, written };
}

describe('petrel pub', () => {
  test('-m takes a number below zero, and so does the operand', async () => {
    const { done, lines } = await sub(['-t', 'below', '-C', '2'], async () => {
      await pub('-t', 'below', '-m', '-5');
      await pub('below', '-6.5');
    });
    expect([await done, lines.out]).toEqual([0, ['below -5', 'below -6.5']]);
  });

  test('-L with the topic in its path, --repeat, --repeat-delay and -D', async () => {
    const { done, lines } = await sub(['-t', 'a b/c', '--json', '-C', '3'], async () => {
      const properties = [
        '-D',
        'publish',
        'content-type',
        'text/plain',
        '-D',
        'publish',
        'user-property',
        'k',
        'v',
      ];
      const more = ['--user-property', 'l=w', '-D', 'publish', 'message-expiry-interval', '60'];
      const args = [
        '-L',
        `mqtt://127.0.0.1:${port}/a%20b/c`,
        '-m',
        'x',
        '-q',
        '1',
        '--repeat',
        '3',
        '--repeat-delay',
        '.01',
      ];
      expect(await petrel(['pub', ...args, ...properties, ...more])).toEqual({ code: 0, out: '', err: '' });
    });
    expect(await done).toBe(0);
    expect(JSON.parse(lines.out[2] ?? '')).toMatchObject({
      topicName: 'a b/c',
      properties: {
        contentType: 'text/plain',
        messageExpiryInterval: 60,
        userProperties: [
          ['k', 'v'],
          ['l', 'w'],
        ],
      },
    });
  });

  test('-l keeps the order with many on their way, and all have arrived at its end', async () => {
    const expected = Array.from({ length: 500 }, (_, index) => `lines ${index}`);
    const { done, lines } = await sub(['-t', 'lines', '-C', '500'], async () => {
      const input = expected.map((line) => line.replace('lines ', '')).join('\n');
      expect((await petrel(['pub', ...at(), '-t', 'lines', '-q', '2', '-l', '-M', '7'], input)).code).toBe(0);
    });
    expect([await done, lines.out]).toEqual([0, expected]);
  });

  test('the first of many messages that is refused is the end, with its reason', async () => {
    const refused = await petrel(['pub', ...at(), '-V', '5', '-t', '$SYS/x', '-q', '1', '-l'], 'a\nb\nc\n');
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('PETREL_PUBLISH_REFUSED') });
  });

  test('that nobody listens is said once', async () => {
    const { err } = await petrel(['pub', ...at(), '-t', 'desert', '-q', '1', '-l'], 'a\nb\nc\n');
    expect(err).toBe('nobody subscribes to "desert"');
  });

  test.each([[['-t', 'x']], [['-t', 'x', '-l']]])(
    '%j ends with 130 when it is interrupted while it reads',
    async (args) => {
      const silent = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
      const { terminal: given, interrupt } = terminal(silent);
      const before = clients.length;
      const done = run(['pub', ...at(), ...args], given);
      if (args.includes('-l')) await eventually(() => expect(clients).toHaveLength(before + 1));
      interrupt();
      expect(await done).toBe(130);
    },
  );

  test('--ws, --unix, -I and -D connect', async () => {
    expect((await petrel(['pub', '--ws', '-p', webSocketPort, 'a', 'b'])).code).toBe(0);
    expect((await petrel(['pub', '--unix', join(folder, 'mqtt.sock'), 'a', 'b'])).code).toBe(0);
    await pub('a', 'b', '-I', 'probe-', '-D', 'connect', 'user-property', 'site', '7', '--nodelay');
    expect(clients.at(-1)).toEqual({
      clientIdentifier: `probe-${process.pid}`,
      userProperties: [['site', '7']],
    });
  });

  test('-d tells of packets, but not of what is in them', async () => {
    const { out, err } = await petrel([
      'pub',
      ...at(),
      '-d',
      '-i',
      'teller',
      '-t',
      'a',
      '-m',
      'a secret',
      '-q',
      '1',
    ]);
    expect(out).toBe('');
    expect(err.split('\n')).toEqual([
      expect.stringMatching(
        /^mqtt:\/\/127\.0\.0\.1:\d+\/? speaks MQTT version 5; "teller" has a new session$/,
      ),
      expect.stringMatching(/^> PUBLISH \d+ "a" QoS 1, 8 bytes$/),
      expect.stringMatching(/^< PUBACK \d+$/),
      'nobody subscribes to "a"',
      '> DISCONNECT',
    ]);
  });
});

describe('petrel sub', () => {
  test('-F, -N and -v as in mosquitto_sub', async () => {
    const bytes = Uint8Array.of(0xff, 0x0a, 0x00);
    const printed = async (args: string[], isShown = false) => {
      const { done, written } = await sub(
        [...args, '-t', 'pictures', '-C', '1'],
        () => petrel(['pub', ...at(), '-t', 'pictures', '-s'], bytes),
        isShown,
      );
      expect(await done).toBe(0);
      return written().toString('latin1');
    };
    expect(await printed(['-N'])).toBe('\u00ff\n\0');
    expect(await printed(['-N', '-v'])).toBe('pictures \u00ff\n\0');
    expect(await printed(['-F', '%t|%l|%x'])).toBe('pictures|3|ff0a00\n');
    expect(await printed(['-F', 'a\\\\'])).toBe('a\\\n');
    expect(await printed(['-N'], true)).toBe('0xff0a00');
  });

  test('--pretty', async () => {
    const { done, lines } = await sub(['-t', 'p', '--json', '--pretty', '-C', '1'], () => pub('p', 'x'));
    expect(await done).toBe(0);
    expect(lines.out[0]).toMatch(/^\{\n {2}"topicName": "p",\n/);
  });

  test('-T leaves topics out', async () => {
    const { done, lines } = await sub(
      ['-t', 'house/#', '-T', 'house/+/noise', '-T', 'house/b', '-C', '2'],
      async () => {
        for (const topic of ['house/a', 'house/a/noise', 'house/b', 'house/c']) await pub(topic, '1');
      },
    );
    expect([await done, lines.out]).toEqual([0, ['house/a 1', 'house/c 1']]);
  });

  test('--retained-only ends at the first message that was not there before', async () => {
    await keep('kept/a', '1');
    await keep('kept/b', '2');
    const { done, lines } = await sub(['-t', 'kept/#', '--retained-only'], () => pub('kept/c', '3'));
    expect([await done, lines.out.sort()]).toEqual([0, ['kept/a 1', 'kept/b 2']]);
  });

  test('--remove-retained clears what comes and is not filtered out', async () => {
    for (const topic of ['old/a', 'old/b', 'old/c']) await keep(topic, 'x');
    const { done } = await sub(['-t', 'old/#', '--remove-retained', '-T', 'old/b', '-C', '2']);
    expect(await done).toBe(0);
    const left = await sub(['-t', 'old/#', '--retained-only'], () => pub('old/end', ''));
    expect([await left.done, left.lines.out]).toEqual([0, ['old/b x']]);
  });

  test('-E leaves a subscription behind, -c goes on with it, -U ends it', async () => {
    const mine = ['-i', 'keeper', '-c'];
    expect(await (await sub(['-t', 'jobs', '-E', ...mine])).done).toBe(0);
    await pub('jobs', 'while away');
    const later = await sub(['-t', 'jobs', '-C', '1', ...mine]);
    expect([await later.done, later.lines.out]).toEqual([0, ['jobs while away']]);
    expect(await (await sub(['-U', 'jobs', '-E', ...mine])).done).toBe(0);
    expect((await pub('jobs', 'x')).err).toBe('nobody subscribes to "jobs"');
  });

  test('Ctrl-C is the end of a sub, and 130 where a count was not reached', async () => {
    const endless = await sub(['-t', 'nothing']);
    endless.interrupt();
    const counted = await sub(['-t', 'nothing', '-C', '1']);
    counted.interrupt();
    expect([await endless.done, await counted.done]).toEqual([0, 130]);
  });
});

test('petrel request -f, -s, -n and --json', async () => {
  const service = await createService({ url: `mqtt://127.0.0.1:${port}` });
  await service.respond('echo', (data: unknown) => ({ data }));
  await service.respond('greet', () => 'hello');
  const ask = (args: string[], input?: string) => petrel(['request', ...at(), ...args], input);
  await writeFile(join(folder, 'data.json'), '[1, 2]');
  expect((await ask(['echo', '-f', join(folder, 'data.json')])).out).toBe('{"data":[1,2]}');
  expect((await ask(['-t', 'echo', '-s', '-q', '0'], '{"a":1}')).out).toBe('{"data":{"a":1}}');
  expect((await ask(['-t', 'greet', '-n'])).out).toBe('hello');
  expect((await ask(['greet', '--json'])).out).toBe('"hello"');
  await service.close();
});
