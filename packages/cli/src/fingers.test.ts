/** What fingers know from mosquitto_pub and mosquitto_sub works here too; and shells complete it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Broker, createBroker } from '@petrel/broker';
import { clientCertificate, serverCertificate, testAuthority } from '@petrel/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from './run.js';
import { petrel, terminal } from './test-terminal.suite.js';

let broker: Broker;
let folder = '';
const ports = { plain: '', secure: '' };
const subscribed: (() => void)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'petrel-fingers-'));
  broker = await createBroker({
    listeners: [
      { type: 'tcp', port: 0 },
      { type: 'tls', port: 0, ...serverCertificate, ca: testAuthority, requestCert: true },
    ],
    hooks: {
      authenticate: ({ userName, password, peerCertificate }) =>
        peerCertificate !== undefined ||
        (userName === 'anna' && Buffer.from(password ?? []).toString() === 'pw'),
      subscribed: () => subscribed.shift()?.(),
    },
  });
  [ports.plain = '', ports.secure = ''] = broker.addresses.map(({ port }) => String(port));
  const files = {
    'ca.pem': testAuthority,
    'cert.pem': clientCertificate.cert,
    'key.pem': clientCertificate.key,
    message: 'from a file',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
});
afterAll(async () => {
  await broker.close();
  await rm(folder, { recursive: true, force: true });
});

/** Subscribes by `petrel sub`, does the work once the broker has the subscription, and gives back what was printed. */
async function printedBy(args: string[], work: () => Promise<unknown>) {
  const { terminal: given, lines } = terminal();
  const ready = new Promise<void>((resolve) => subscribed.push(resolve));
  const done = run(['sub', ...args], given);
  await Promise.race([ready, done]);
  await work();
  return { code: await done, ...lines };
}

const anna = () => ['-h', '127.0.0.1', '-p', ports.plain, '-u', 'anna', '-P', 'pw'];

describe('petrel pub and petrel sub with the options of mosquitto', () => {
  test('-h -p -u -P -t -m -q -r -i -C -v', async () => {
    const { code, out } = await printedBy(
      [...anna(), '-t', 'a/#', '-t', 'b', '-v', '-C', '2', '-i', 'sub-1'],
      async () => {
        await petrel([
          'pub',
          ...anna(),
          '-t',
          'a/b',
          '-m',
          'one',
          '-q',
          '1',
          '-i',
          'pub-1',
          '-V',
          'mqttv311',
        ]);
        await petrel(['pub', ...anna(), '-t', 'b', '-m', 'two', '-q', '2', '-r']);
      },
    );
    expect([code, out]).toEqual([0, ['a/b one', 'b two']]);
    const late = await petrel(['sub', ...anna(), '-t', 'b', '-R', '-W', '1', '-C', '1']);
    expect(late).toMatchObject({ code: 1, out: '' });
    await petrel(['pub', ...anna(), '-t', 'b', '-n', '-r', '-q', '1']);
  });

  test('-f, -n, -s and --will-…', async () => {
    const { out } = await printedBy([...anna(), '-t', 'c', '-C', '3'], async () => {
      await petrel(['pub', ...anna(), '-t', 'c', '-f', join(folder, 'message'), '-q', '1']);
      await petrel(['pub', ...anna(), '-t', 'c', '-n', '-q', '1']);
      await petrel(
        ['pub', ...anna(), '-t', 'c', '-s', '-q', '1', '--will-topic', 'w', '--will-payload', 'x'],
        'from a pipe',
      );
    });
    expect(out).toEqual(['c from a file', 'c ', 'c from a pipe']);
  });

  test('--cafile, --cert and --key', async () => {
    const tls = ['-h', 'localhost', '-p', ports.secure, '--cafile', join(folder, 'ca.pem')];
    const pair = ['--cert', join(folder, 'cert.pem'), '--key', join(folder, 'key.pem')];
    expect((await petrel(['pub', ...tls, ...pair, '-t', 'd', '-m', 'x', '-q', '1'])).code).toBe(0);
    expect((await petrel(['pub', ...tls, '-t', 'd', '-m', 'x', '-q', '1'])).code).toBe(1);
  });

  test.each([
    [['pub', '-t', 'a', '-m', 'x', '-L', 'mqtt://x', '-h', 'y'], 'give it or "--host" and "--port"'],
    [['pub', '-t', 'a', '-m', 'x', 'y'], '"y" is one argument too many'],
    [['pub', '-t', 'a', '-m', 'x', '-n'], 'one message only'],
    [['pub', '-t', 'a', '-f', '/nowhere'], 'option "--file"'],
    [['pub', '-t', 'a', '-m', 'x', '--cert', 'x'], '"--cert" and "--key" need each other'],
    [['pub', '-t', 'a', '-m', 'x', '-c'], 'needs "--client-identifier"'],
    [['pub', '-t', 'a', '-m', 'x', '--will-qos', '1'], 'needs "--will-topic"'],
    [['sub', '-t', 'a', '-W', '0'], 'option "--timeout" must be an integer'],
  ])('%j is refused with a reason', async (args, why) => {
    const { code, err } = await petrel(args);
    expect([code, err]).toEqual([2, expect.stringContaining(why)]);
  });
});

test('-h alone asks for help', async () => {
  expect((await petrel(['pub', '-h'])).out).toMatch(/^petrel pub/);
});

describe('petrel completion', () => {
  test('knows every command and option, for each shell', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { code, out } = await petrel(['completion', shell]);
      expect(code).toBe(0);
      for (const word of ['broker', 'passwd', 'completion', 'user-name', 'verify'])
        expect(out).toContain(word);
    }
    expect((await petrel(['completion', 'csh'])).err).toContain('<shell> must be one of bash, zsh, fish');
  });
});
