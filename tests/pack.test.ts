/**
 * The packages as a stranger gets them: packed, installed into an empty project from the tarballs alone, and the first
 * service of the README run there, letter by letter.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, launchProcess } from '@petrel/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fencedBlocks } from './markdown.js';
import { manifestOf, root } from './source-files.js';

const minutes = 60_000;
const folders = (manifestOf('.').workspaces ?? []).filter((folder) => manifestOf(folder).private !== true);
const names = folders.map((folder) => manifestOf(folder).name);
const place = mkdtempSync(join(tmpdir(), 'petrel-pack-'));
const project = join(place, 'project');

/** What a project brings along besides ours: the peers of the Nest transport, and what TypeScript needs. */
const neighbours = [
  '@nestjs/common',
  '@nestjs/core',
  '@nestjs/microservices',
  'reflect-metadata',
  'rxjs',
  '@types/node',
];

beforeAll(() => {
  run(root, process.execPath, [bin('typescript', 'tsc'), '-b']);
  const workspaces = folders.flatMap((folder) => ['--workspace', folder]);
  const packed = JSON.parse(npm(root, ['pack', '--json', '--pack-destination', place, ...workspaces]));
  const tarballs = (Object.values(packed) as { filename: string }[]).map(({ filename }) =>
    join(place, filename),
  );

  mkdirSync(project);
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'stranger', private: true, type: 'module' }),
  );
  const versions = neighbours.map((name) => `${name}@${manifestOf(`node_modules/${name}`).version}`);
  npm(project, ['install', '--prefer-offline', '--no-audit', '--no-fund', ...tarballs, ...versions]);
}, 5 * minutes);

afterAll(() => rmSync(place, { recursive: true, force: true }));

test('every public package is packed with its code, its types and its licence, and without tests', () => {
  expect(names.length).toBeGreaterThan(4);
  for (const name of names) {
    const files = readdirSync(join(project, 'node_modules', name), { recursive: true, encoding: 'utf8' });
    expect(files, name).toEqual(
      expect.arrayContaining(['package.json', 'LICENSE', 'dist/index.js', 'dist/index.d.ts']),
    );
    expect(
      files.filter((file) => /\.(test|suite)\.|\bvectors\b|tsbuildinfo/.test(file)),
      name,
    ).toEqual([]);
  }
});

test('npm publishes every manifest as it is, to everybody', () => {
  for (const folder of folders) {
    const { name, bin: programs = {}, publishConfig } = manifestOf(folder);
    // Scoped packages are private unless they say otherwise; npm takes a program whose path begins with "./" out.
    if (name.startsWith('@')) expect(publishConfig, name).toEqual({ access: 'public' });
    expect(
      Object.values(programs).filter((path) => path.startsWith('.')),
      name,
    ).toEqual([]);
  }
});

test('the handlers of the NestJS guide compile as they stand there', () => {
  const guide = readFileSync(join(root, 'docs/guides/nestjs.md'), 'utf8');
  const handlers = fencedBlocks(guide, 'ts').filter((code) => code.startsWith('@'));
  expect(handlers).toHaveLength(3);
  const source = [
    "import { Ctx, EventPattern, Payload } from '@nestjs/microservices';",
    "import { MqttContext, Topic, TopicParam, UserProperty } from '@petrel/nestjs';",
    `export class Handlers {\n${handlers.join('\n')}}`,
  ];
  writeFileSync(join(project, 'handlers.ts'), source.join('\n'));
  const options = ['--target', 'es2023', '--module', 'nodenext', '--strict', '--types', 'node', '--noEmit'];
  const decorators = ['--experimentalDecorators', '--emitDecoratorMetadata'];
  run(project, process.execPath, [bin('typescript', 'tsc'), ...options, ...decorators, 'handlers.ts']);
});

test('every package can be imported, and its types stand on their own', () => {
  const imports = names.map((name, index) => `import * as package${index} from '${name}';`);
  writeFileSync(
    join(project, 'all.ts'),
    [...imports, `console.log([${names.map((_, index) => `package${index}`).join(', ')}].length);`].join(
      '\n',
    ),
  );
  const options = ['--target', 'es2023', '--module', 'nodenext', '--strict', '--types', 'node'];
  run(project, process.execPath, [bin('typescript', 'tsc'), ...options, 'all.ts']);
  expect(run(project, process.execPath, ['all.js']).trim()).toBe(String(names.length));
});

test.each([
  ['nodenext', ['--module', 'nodenext', '--exactOptionalPropertyTypes']],
  ['a bundler', ['--module', 'esnext', '--moduleResolution', 'bundler']],
])(
  'in the strictest project, by the rules of %s, an option that may be undefined may be given',
  (_, rules) => {
    const program = `
    import { createBroker } from '@petrel/broker';
    import { connect } from '@petrel/client';
    import { MqttServer } from '@petrel/nestjs';
    import { createService } from '@petrel/service';
    const host = process.env['HOST'];
    const timeout = host === undefined ? undefined : 100;
    await createBroker({
      listeners: [{ type: 'tcp', port: 0, host }, { type: 'websocket', port: 0, path: host }],
      limits: { maximumConnections: timeout, sessionQueue: { maximumMessages: timeout } },
      logger: undefined,
    });
    await connect({ url: host, userName: host });
    await createService({ url: host, requestTimeoutMs: timeout });
    new MqttServer({ url: host, userName: host });
  `;
    writeFileSync(join(project, 'options.ts'), program);
    const strict = ['--strict', '--noUncheckedIndexedAccess', '--skipLibCheck', 'false', '--noEmit'];
    const options = ['--target', 'es2023', '--types', 'node', ...strict, ...rules];
    run(project, process.execPath, [bin('typescript', 'tsc'), ...options, 'options.ts']);
  },
);

describe('the first service of the README', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const [service = ''] = fencedBlocks(readme, 'ts first-service');

  test('is there, and the same in both languages', () => {
    expect(service).not.toBe('');
    expect(fencedBlocks(readFileSync(join(root, 'README.zh-CN.md'), 'utf8'), 'ts first-service')).toEqual([
      service,
    ]);
  });

  test('prints what the README says, and keeps serving', async () => {
    const promised = /It prints `([^`]+)`/.exec(readme)?.[1] ?? '';
    expect(promised).not.toBe('');
    const port = String(await freePort());
    writeFileSync(join(project, 'service.js'), service.replaceAll('1883', port));
    const launched = await launchProcess({ command: process.execPath, args: ['service.js'], cwd: project });
    try {
      await launched.line(new RegExp(`^${promised}$`, 'm'));
      expect(launched.output).toBe(`${promised}\n`);
      expect(launched.exit).toBeUndefined();
    } finally {
      await launched.stop();
    }
  });
});

describe('the command line program', () => {
  const [command = ''] = Object.keys(manifestOf('packages/cli').bin ?? {});
  const petrel = (...args: string[]) =>
    run(project, process.execPath, [join(project, 'node_modules', '.bin', command), ...args]);

  test('runs', () => {
    expect(petrel('--help')).toContain('petrel broker');
  });

  test('names the packages that tracing needs and a plain installation does not have', () => {
    const file = join(project, 'traced.yaml');
    writeFileSync(file, 'tracing: { url: "http://127.0.0.1:4318/v1/traces" }\n');
    expect(() => petrel('config', 'check', file)).toThrow(
      /traced\.yaml:1:\d+: "tracing" needs packages that are not installed: npm install @opentelemetry\//,
    );
  });
});

/** The path of a program that a package of this repository's node_modules brings along. */
function bin(packageName: string, program: string): string {
  return join(
    root,
    'node_modules',
    packageName,
    manifestOf(`node_modules/${packageName}`).bin?.[program] ?? '',
  );
}

function npm(folder: string, args: readonly string[]): string {
  return run(folder, 'npm', [...args, '--loglevel=error']);
}

/** Runs a program to its end and gives its output; throws with all it said when it fails. */
function run(folder: string, command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0)
    throw new Error(
      `${command} ${args.join(' ')}: ${error?.message ?? `exit ${status}`}\n${stdout}${stderr}`,
    );
  return stdout;
}
