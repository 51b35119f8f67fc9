import { createBroker } from '@petrel/broker';
import { createService } from '@petrel/service';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from './run.js';
import { petrel, terminal } from './test-terminal.suite.js';
import { visiblePayload, visibleText } from './visible-text.js';

let url = '';
let subscribed: (topicFilter: string) => Promise<void>;
let close: () => Promise<void>;

beforeAll(async () => {
  const seen: string[] = [];
  const watchers = new Set<() => void>();
  const broker = await createBroker({
    listeners: [{ type: 'tcp', port: 0 }],
    hooks: {
      subscribed: (_client, { topicFilter }) => {
        seen.push(topicFilter);
        for (const watch of watchers) watch();
      },
    },
  });
  url = broker.addresses[0]!.url;
  subscribed = (topicFilter) =>
    new Promise((resolve) => {
      const watch = () => {
        if (seen.includes(topicFilter)) resolve();
      };
      watchers.add(watch);
      watch();
    });
  close = () => broker.close();
});
afterAll(() => close());

describe('petrel', () => {
  test('says what it can do', async () => {
    expect(await petrel(['--help'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('petrel request'),
    });
    expect((await petrel([])).code).toBe(2);
    expect(await petrel(['--version'])).toEqual({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+/),
      err: '',
    });
    for (const command of ['broker', 'pub', 'sub', 'request']) {
      const { code, out } = await petrel([command, '--help']);
      expect([code, out]).toEqual([0, expect.stringMatching(new RegExp(`^petrel ${command}`))]);
    }
  });

  test.each([
    [['publish'], 'there is no command "publish"; did you mean petrel pub?'],
    [['stroe'], 'did you mean petrel store?'],
    [['dance'], 'petrel --help lists all'],
    [['pub'], '<topic> is missing'],
    [['pub', 'a', 'b', 'c'], '"c" is one argument too many'],
    [['pub', 'a', 'b', '--qos', '3'], 'option "--qos" must be an integer 0–2, got "3"'],
    [['pub', 'a', 'b', '--quos', '1'], 'there is no option "--quos"; did you mean "--qos"?'],
    [['pub', 'a', 'b', '--user-property', 'x'], 'option "--user-property" must be NAME=VALUE, got "x"'],
    [['pub', 'a', 'b', '--lines'], '--lines reads'],
    [['pub', 'a', 'b', '--protocol', '4'], 'option "--protocol" must be 5, 3.1.1, 3.1 or auto, got "4"'],
    [['pub', 'a', 'b', '--ca', '/nowhere.pem'], '/nowhere.pem'],
    [['pub', 'a', 'b', '--url', 'gopher://x'], 'gopher'],
    [['sub'], '<filter> is missing'],
    [['sub', '#', '--count', '0'], 'option "--count" must be an integer 1–'],
    [['request', 'a', '--timeout-ms', 'soon'], 'got "soon"'],
    [['broker', '--port', '70000'], 'option "--port" must be an integer 0–65,535, got "70000"'],
    [['broker', 'here'], 'one argument too many'],
  ])('%j is refused with a reason', async (args, why) => {
    const { code, err } = await petrel(args);
    expect([code, err]).toEqual([2, expect.stringContaining(why)]);
  });

  test('an unreachable broker is one line and exit code 1', async () => {
    const { code, err } = await petrel(['pub', 'a', 'b', '--url', 'mqtt://127.0.0.1:1']);
    expect([code, err]).toEqual([1, expect.stringMatching(/^petrel pub: .*PETREL_CONNECT_UNREACHABLE\)$/)]);
  });
});

describe('petrel pub and petrel sub', () => {
  async function sub(args: string[], ready: string, work: () => Promise<unknown>) {
    const { terminal: given, lines } = terminal();
    const done = run(['sub', '--url', url, ...args], given);
    await subscribed(ready);
    await work();
    return { code: await done, out: lines.out };
  }

  test('carry a message, with its properties', async () => {
    const { code, out } = await sub(['cli/one', '--json', '-C', '1', '-q', '1'], 'cli/one', async () => {
      const args = [
        'cli/one',
        'hello',
        '-q',
        '1',
        '--content-type',
        'text/plain',
        '--user-property',
        'a=b=c',
      ];
      expect(await petrel(['pub', '--url', url, ...args])).toEqual({ code: 0, out: '', err: '' });
    });
    expect(code).toBe(0);
    expect(JSON.parse(out[0]!)).toMatchObject({
      topicName: 'cli/one',
      payload: 'hello',
      qos: 1,
      retain: false,
      properties: { contentType: 'text/plain', userProperties: [['a', 'b=c']] },
    });
  });

  test('read standard input, whole or by lines', async () => {
    const { out } = await sub(['cli/input', '-C', '3'], 'cli/input', async () => {
      await petrel(['pub', '--url', url, 'cli/input'], Uint8Array.of(0xff, 0x00));
      await petrel(['pub', '--url', url, 'cli/input', '--lines'], 'one\ntwo\n');
    });
    expect(out).toEqual(['cli/input 0xff00', 'cli/input one', 'cli/input two']);
  });

  test('bytes that are no text are in base64 in the JSON', async () => {
    const { out } = await sub(['cli/bytes', '--json', '-C', '1'], 'cli/bytes', async () => {
      await petrel(['pub', '--url', url, 'cli/bytes'], Uint8Array.of(0xff));
    });
    expect(JSON.parse(out[0]!)).toMatchObject({ topicName: 'cli/bytes', payloadBase64: '/w==' });
  });

  test('a retained message is there for who comes later, until it is cleared', async () => {
    await petrel(['pub', '--url', url, 'cli/kept', 'still here', '--retain', '-q', '1']);
    const { out } = await sub(['cli/kept', '-C', '1'], 'cli/kept', async () => {});
    expect(out).toEqual(['cli/kept still here']);
    expect((await petrel(['pub', '--url', url, 'cli/kept', '', '--retain', '-q', '1'])).code).toBe(0);
  });

  test('at QoS 1 it is told that nobody listens', async () => {
    const { err } = await petrel(['pub', '--url', url, 'cli/desert', 'hello', '-q', '1']);
    expect(err).toBe('nobody subscribes to "cli/desert"');
  });

  test('Ctrl-C ends sub without an error', async () => {
    const { terminal: given, interrupt } = terminal();
    const done = run(['sub', '--url', url, 'cli/forever'], given);
    await subscribed('cli/forever');
    interrupt();
    expect(await done).toBe(0);
  });

  test('what a stranger sends does not steer the terminal', () => {
    expect(visibleText('red\u001b[31m\ttab\nline\u009b')).toBe('red\\u001b[31m\ttab\nline\\u009b');
    expect(visiblePayload(Uint8Array.of(0xc3, 0x28))).toBe('0xc328');
  });
});

describe('petrel request', () => {
  test('prints the answer, or the error in the words of the service', async () => {
    const service = await createService({ url });
    await service.respond('cli/sum', (numbers: number[]) => ({ sum: numbers.reduce((a, b) => a + b, 0) }));
    await service.respond('cli/greet', (name: string) => `hello ${name}`);
    await service.respond('cli/fail', () => {
      throw new Error('the kettle is empty');
    });
    const ask = (...args: string[]) => petrel(['request', '--url', url, ...args]);
    expect(await ask('cli/sum', '[1,2,3]')).toEqual({ code: 0, out: '{"sum":6}', err: '' });
    await service.respond('cli/count', async function* () {
      yield 1;
      yield { two: 2 };
    });
    expect(await ask('cli/count', '--stream')).toEqual({ code: 0, out: '1\n{"two":2}', err: '' });
    expect(await ask('cli/greet', 'Ada')).toMatchObject({ code: 0, out: 'hello Ada' });
    expect(await ask('cli/fail')).toMatchObject({
      code: 1,
      err: expect.stringContaining('the kettle is empty'),
    });
    expect(await ask('cli/nobody')).toMatchObject({
      code: 1,
      err: expect.stringContaining('PETREL_NO_RESPONDER'),
    });
    await service.close();
  });
});

describe('petrel broker', () => {
  test('prints its addresses and serves until Ctrl-C', async () => {
    const { terminal: given, lines, until, interrupt } = terminal();
    const done = run(['broker', '--port', '0', '--websocket-port', '0'], given);
    await until(() => lines.out.length === 2);
    expect(lines.out).toEqual([
      expect.stringMatching(/^mqtt:\/\/127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+/),
    ]);
    for (const each of lines.out) expect((await petrel(['pub', 'a', 'b', '--url', each])).code).toBe(0);
    interrupt();
    expect(await done).toBe(0);
  });

  test('a busy port and an open door are refused with a reason', async () => {
    const port = new URL(url).port;
    expect(await petrel(['broker', '--port', port])).toMatchObject({
      code: 1,
      err: expect.stringContaining('PETREL_LISTEN_ADDRESS_IN_USE'),
    });
    expect(await petrel(['broker', '--port', '0', '--host', '0.0.0.0'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--allow-anonymous lets everybody in'),
    });
  });
});
