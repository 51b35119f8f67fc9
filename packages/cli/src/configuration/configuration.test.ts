import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigurationError } from '../errors.js';
import { assembleConfiguration } from './assemble.js';
import { variablesOf } from './environment.js';
import { loadConfiguration } from './load.js';
import { problemLine } from './problem.js';
import { configurationRule } from './schema.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'petrel-configuration-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function problemsOf(text: string, environment: Record<string, string> = {}): string[] {
  return assembleConfiguration({ file: { name: 'petrel.yaml', text }, environment }).problems.map(
    problemLine,
  );
}

async function refusalOf(text: string): Promise<string> {
  const file = join(folder, 'petrel.yaml');
  await writeFile(file, text);
  const error = await loadConfiguration({ file }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConfigurationError)) throw new Error(`no refusal: ${String(error)}`);
  return error.message.replaceAll(`${folder}/`, '');
}

describe('a configuration file', () => {
  test('that is empty, or has comments only, is one in which everything has its default', () => {
    expect(problemsOf('')).toEqual([]);
    expect(problemsOf('# nothing yet\n')).toEqual([]);
  });

  test.each([
    [
      'an unknown setting',
      'limits:\n  maximumConections: 5\n',
      'petrel.yaml:2:3: "limits.maximumConections" does not exist; did you mean "maximumConnections"?',
    ],
    ['an unknown section', 'autentication: []\n', 'petrel.yaml:1:1: "autentication" does not exist; '],
    [
      'a wrong type',
      'limits:\n  maximumConnections: many\n',
      'petrel.yaml:2:3: "limits.maximumConnections" must be an integer 1–4294967295, got "many"',
    ],
    [
      'a number out of bounds',
      'limits: { receiveMaximum: 0 }\n',
      'petrel.yaml:1:11: "limits.receiveMaximum" must be an integer 1–65535, got 0',
    ],
    [
      'yes for true',
      'allowAnonymous: yes\n',
      'petrel.yaml:1:1: "allowAnonymous" must be true or false, got "yes"',
    ],
    [
      'a name without a value',
      'allowAnonymous:\n',
      'petrel.yaml:1:1: "allowAnonymous" must be true or false, got nothing',
    ],
    [
      'a listener without type',
      'listeners:\n  - port: 1883\n',
      'petrel.yaml:2:5: "listeners[0].type" is missing: one of tcp, tls, websocket, unix',
    ],
    [
      'a listener of no known type',
      'listeners:\n  - type: udp\n',
      'petrel.yaml:2:5: "listeners[0].type" must be one of tcp, tls, websocket, unix, got "udp"',
    ],
    [
      'a listener without its port',
      'listeners:\n  - type: tcp\n',
      'petrel.yaml:2:5: "listeners[0].port" is missing',
    ],
    [
      'a setting of another type of listener',
      'listeners:\n  - { type: tcp, port: 1, key: k.pem }\n',
      'petrel.yaml:2:27: "listeners[0].key" does not exist; there are port, host',
    ],
    ['durability without a folder', 'durability: os\n', 'petrel.yaml:1:1: "durability" needs "dataFolder"'],
    [
      'two listeners on one port',
      'listeners:\n  - { type: tcp, port: 1 }\n  - { type: websocket, port: 1 }\n',
      'petrel.yaml:3:24: "listeners[1]" and "listeners[0]" both listen on 127.0.0.1 port 1',
    ],
    [
      'a key without certificate',
      'listeners:\n  - { type: websocket, port: 1, key: k.pem }\n',
      'petrel.yaml:2:33: "key" and "cert" need each other',
    ],
    [
      'TLS without a certificate',
      'listeners:\n  - { type: websocket, port: 1, minVersion: TLSv1.3 }\n',
      'petrel.yaml:2:33: "listeners[0].minVersion" needs "key" and "cert"',
    ],
    ['one name twice', 'durability: os\ndurability: sync\n', 'petrel.yaml:2:1: "durability" is given twice'],
    [
      'a second document, which would be read by nobody',
      'log: { level: info }\n---\naccess: { default: deny }\n',
      'petrel.yaml:2:1: a configuration is one document',
    ],
    ['no listener at all', 'listeners: []\n', 'petrel.yaml:1:1: "listeners" is empty'],
    [
      'a listener on every address and another on the same port of one',
      'allowAnonymous: true\nlisteners:\n  - { type: tcp, port: 1, host: 0.0.0.0 }\n  - { type: tcp, port: 1 }\n',
      'petrel.yaml:4:18: "listeners[1]" and "listeners[0]" both listen on 127.0.0.1 port 1',
    ],
    [
      'two listeners on one socket file',
      'listeners:\n  - { type: unix, path: a }\n  - { type: unix, path: a }\n',
      'petrel.yaml:3:19: "listeners[1]" and "listeners[0]" both listen on a',
    ],
    [
      'the port of a listener for the admin API',
      'listeners: [{ type: tcp, port: 9883 }]\nadmin: { tokenFile: t }\n',
      'petrel.yaml:1:26: "listeners[0]" and "admin" both listen on 127.0.0.1 port 9883',
    ],
    [
      'the port of the admin API for health',
      'admin: { tokenFile: t, port: 9884 }\nhealth: { host: 0.0.0.0 }\n',
      'petrel.yaml:2:1: "health" and "admin" both listen on 0.0.0.0 port 9884',
    ],
    [
      'a keep alive above the longest',
      'limits: { serverKeepAlive: 60, maximumKeepAlive: 10 }\n',
      'petrel.yaml:1:11: "limits.serverKeepAlive" is 60, above "limits.maximumKeepAlive", 10',
    ],
    [
      'shedding before newcomers wait',
      'limits: { admissionLagMs: 500, sheddingLagMs: 100 }\n',
      'petrel.yaml:1:11: "limits.admissionLagMs" is 500, above "limits.sheddingLagMs", 100',
    ],
    [
      'more strangers than connections',
      'limits: { maximumPendingConnections: 20, maximumConnections: 10 }\n',
      'petrel.yaml:1:11: "limits.maximumPendingConnections" is 20, above "limits.maximumConnections", 10',
    ],
    ['bad indentation', 'limits:\n a: 1\n  b: 2\n', 'petrel.yaml:2:5: '],
    ['a list', '- 1\n', 'petrel.yaml: a configuration must be a set of named values, got a list'],
    [
      'a name that objects have by themselves',
      '__proto__: { allowAnonymous: true }\n',
      '"__proto__" does not exist',
    ],
    [
      'aliases that would fill the memory',
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${'*a,'.repeat(9)}]\nc: &c [${'*b,'.repeat(9)}]\nd: &d [${'*c,'.repeat(9)}]\n`,
      'petrel.yaml: ',
    ],
  ])('refuses %s, with line and hint', (_, text, expected) => {
    const problems = problemsOf(text);
    expect(problems).toEqual([expect.stringContaining(expected)]);
  });

  test('whatever it is, is right or has problems with a place', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ...[
          'listeners',
          'access',
          'rules',
          'limits',
          'type',
          'tcp',
          '- ',
          ': ',
          '\n',
          '  ',
          '[',
          '{',
          '}',
          ']',
          '&a',
          '*a',
          '!!js',
          '|',
          '>',
          '#',
          '"',
          "'",
          '%',
          '---',
          '<<',
          '? ',
          '\t',
          '\0',
        ],
      ),
      fc.string({ maxLength: 6 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const { problems } = assembleConfiguration({ file: { name: 'petrel.yaml', text: pieces.join('') } });
        for (const problem of problems) expect(problemLine(problem)).toMatch(/^petrel\.yaml(:\d+:\d+)?: ./);
      }),
      { numRuns: 2_000 },
    );
  });

  test('tells all problems at once', () => {
    expect(problemsOf('durability: never\nlimits:\n  maximumQoS: 3\n  wrong: 1\n')).toHaveLength(3);
  });

  test('that opens the broker to other machines without authentication is refused where it says so', async () => {
    const exposed = 'listeners:\n  - type: tcp\n    port: 0\n    host: 0.0.0.0\n';
    expect(await refusalOf(exposed)).toMatch(
      /^petrel\.yaml:4:5: "listeners\[0\]\.host" is "0\.0\.0\.0".*allowAnonymous: true/,
    );
    const file = join(folder, 'open.yaml');
    await writeFile(file, `${exposed}allowAnonymous: true\n`);
    expect((await loadConfiguration({ file })).options.allowAnonymous).toBe(true);
  });

  test.each([
    ['webhook', '{ type: webhook, url: "https://me:opensesame@example.com/" }'],
    ['jwt', '{ type: jwt, audience: a, keysUrl: "https://me:opensesame@example.com/" }'],
  ])('has no password in the URL of a %s, and none is shown', async (_, method) => {
    const refusal = await refusalOf(`authentication: [${method}]\n`);
    expect(refusal).toContain('must have no user name and no password in it');
    expect(refusal).not.toContain('opensesame');
  });

  test('has no password in the URL of a bridge, and none is shown', async () => {
    const refusal = await refusalOf(
      'bridges: [{ name: a, url: "mqtt://me:opensesame@example.com", topics: [{ filter: a }] }]\n',
    );
    expect(refusal).toContain('petrel.yaml:1:22: "bridges[0].url" must have no user name');
    expect(refusal).not.toContain('opensesame');
  });

  test('that names a file which is not there, or no key, is refused at that line', async () => {
    const tls = 'listeners:\n  - type: tls\n    port: 0\n    key: key.pem\n    cert: cert.pem\n';
    expect((await refusalOf(tls)).split('\n')).toEqual([
      expect.stringMatching(/^petrel\.yaml:4:5: "listeners\[0\]\.key" cannot be read: ENOENT/),
      expect.stringMatching(/^petrel\.yaml:5:5: "listeners\[0\]\.cert" cannot be read: ENOENT/),
    ]);
    await writeFile(join(folder, 'key.pem'), 'no key');
    await writeFile(join(folder, 'cert.pem'), 'no certificate');
    expect(await refusalOf(tls)).toContain('petrel.yaml:4:5: "listeners[0].key" must be PEM');
  });

  test('fails closed: a file that cannot be read is no empty one (CVE-2018-12550, CVE-2018-12551, CVE-2017-7652)', async () => {
    await expect(loadConfiguration({ file: join(folder, 'missing.yaml') })).rejects.toThrow(
      ConfigurationError,
    );
    await expect(loadConfiguration({ file: folder })).rejects.toThrow('cannot be read');
    const file = join(folder, 'closed.yaml');
    await writeFile(file, 'allowAnonymous: false\n');
    await chmod(file, 0o000);
    // Root reads everything.
    if (process.getuid?.() !== 0) await expect(loadConfiguration({ file })).rejects.toThrow('cannot be read');
    await writeFile(join(folder, 'binary.yaml'), Buffer.from([0, 1, 2, 255]));
    await expect(loadConfiguration({ file: join(folder, 'binary.yaml') })).rejects.toThrow(
      ConfigurationError,
    );
  });
});

describe('environment variables', () => {
  test('win over the file, and keep the type of their setting', () => {
    const { configuration, problems } = assembleConfiguration({
      file: { name: 'petrel.yaml', text: 'limits: { maximumQoS: 1 }\ndataFolder: a\n' },
      environment: {
        PETREL_LIMITS_MAXIMUM_QOS: '2',
        PETREL_LIMITS_SESSION_QUEUE_MAXIMUM_MESSAGES: '7',
        PETREL_DATA_FOLDER: '007',
        PETREL_LISTENERS: '[{type: tcp, port: 0}]',
        PETREL_URL: 'mqtt://elsewhere',
      },
    });
    expect(problems).toEqual([]);
    expect(configuration).toEqual({
      limits: { maximumQoS: 2, sessionQueue: { maximumMessages: 7 } },
      dataFolder: '007',
      listeners: [{ type: 'tcp', port: 0 }],
    });
  });

  test('that are wrong are named', () => {
    expect(problemsOf('', { PETREL_LIMITS_MAXIMUM_QOS: 'two' })).toEqual([
      'PETREL_LIMITS_MAXIMUM_QOS: "limits.maximumQoS" must be one of 0, 1, 2, got "two"',
    ]);
    expect(problemsOf('', { PETREL_LIMITS_MAXIMUM_CONECTIONS: '5' })).toEqual([
      'PETREL_LIMITS_MAXIMUM_CONECTIONS: there is no such setting; did you mean PETREL_LIMITS_MAXIMUM_CONNECTIONS?',
    ]);
    expect(problemsOf('', { PETREL_AUTHENTICATON: '[]' })).toEqual([
      'PETREL_AUTHENTICATON: there is no such setting; did you mean PETREL_AUTHENTICATION?',
    ]);
    // Those of the other commands are none of the broker's.
    expect(problemsOf('', { PETREL_PASSWORD: 'x', PETREL_URL: 'x', PETREL_MOSQUITTO: 'x' })).toEqual([]);
    expect(problemsOf('', { PETREL_LISTENERS: '[{' })).toEqual([
      expect.stringMatching(/^PETREL_LISTENERS:1:/),
    ]);
  });

  test('have names of their own, each for one setting', () => {
    const names = variablesOf(configurationRule).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('PETREL_LIMITS_MAXIMUM_QOS');
  });
});

test('options of the command line win over both', () => {
  const { configuration } = assembleConfiguration({
    file: { name: 'petrel.yaml', text: 'durability: os\ndataFolder: a\n' },
    environment: { PETREL_DATA_FOLDER: 'b' },
    arguments: [{ option: '--data-folder', path: ['dataFolder'], value: 'c' }],
  });
  expect(configuration).toEqual({ durability: 'os', dataFolder: 'c' });
});
