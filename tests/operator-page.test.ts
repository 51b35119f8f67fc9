/** The operator's page, followed word by word: its commands run in a shell, and print what stands below them. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describePeer, findProgram, freePort, type LaunchedProcess, launchProcess } from '@petrel/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from './source-files.js';

const minutes = 60_000;
const openssl = findProgram({
  name: 'OpenSSL',
  hint: 'apt-get install openssl',
  files: ['openssl'],
  variable: 'PETREL_OPENSSL',
});

const curl = findProgram({
  name: 'curl',
  hint: 'apt-get install curl',
  files: ['curl'],
  variable: 'PETREL_CURL',
});

interface Block {
  readonly info: string;
  readonly code: string;
}

/** All fenced blocks with what they are, in order. */
function blocksOf(page: string): Block[] {
  return [...page.matchAll(/^```(\S.*)\n([\s\S]*?)^```/gm)].map(([, info = '', code = '']) => ({
    info,
    code,
  }));
}

describePeer(curl.path === undefined ? curl : openssl, "the operator's page", () => {
  const home = mkdtempSync(join(tmpdir(), 'petrel-home-'));
  const bin = join(home, 'bin');
  const folder = join(home, 'petrel');
  let environment: NodeJS.ProcessEnv = {};
  let blocks: Block[] = [];
  let broker: LaunchedProcess | undefined;

  beforeAll(async () => {
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const built = spawnSync(process.execPath, [tsc, '-b', join(root, 'packages', 'cli')], {
      encoding: 'utf8',
    });
    expect(built.stdout, 'tsc -b').toBe('');
    mkdirSync(bin);
    const command = join(bin, 'petrel');
    writeFileSync(
      command,
      `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'packages/cli/bin/petrel.js')}' "$@"\n`,
    );
    chmodSync(command, 0o755);
    const { PATH = '' } = process.env;
    environment = { PATH: `${bin}:${PATH}`, HOME: home };
    // Another program may have the port of the page.
    const [port, adminPort] = [String(await freePort()), String(await freePort())];
    const page = readFileSync(join(root, 'docs/start/operator.md'), 'utf8')
      .replaceAll('8883', port)
      .replaceAll('9883', adminPort);
    blocks = blocksOf(page);
  }, 5 * minutes);

  afterAll(async () => {
    await broker?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  test(
    'does what it says',
    async () => {
      const exported: string[] = [];
      for (const [index, { info, code }] of blocks.entries()) {
        const next = blocks[index + 1];
        if (info === 'sh background') {
          broker = await launchProcess({
            command: 'sh',
            args: ['-c', `exec ${code}`],
            cwd: folder,
            env: environment,
            ready: { line: /^mqtts:\/\// },
            readyTimeoutMs: minutes,
          });
        } else if (info === 'sh') {
          const { status, stdout, stderr } = await runShell(
            exported.join('\n') + code,
            index === 0 ? home : folder,
            environment,
          );
          expect({ code, status, stderr: status === 0 ? '' : stderr }).toEqual({
            code,
            status: 0,
            stderr: '',
          });
          exported.push(...code.split('\n').filter((line) => line.startsWith('export ')), '');
          if (next?.info === 'text') expect(stdout).toBe(next.code);
          if (next?.info.startsWith('text ')) {
            const lines = stdout
              .trim()
              .split('\n')
              .filter((line) => !line.includes('--help'));
            expect(lines).toEqual(
              next.code
                .trim()
                .split('\n')
                .map((line) => expect.stringContaining(line)),
            );
          }
          if (code.includes('kill -HUP')) await broker?.line(/was read again/, minutes);
        } else {
          expect(info).toMatch(/^text/);
        }
      }
      expect(blocks.filter(({ info }) => info === 'sh').length).toBeGreaterThan(7);
      await broker?.stop(minutes);
      expect(broker?.exit).toEqual({ code: 0, signal: null });
    },
    5 * minutes,
  );
});

function runShell(script: string, cwd: string, env: NodeJS.ProcessEnv) {
  return new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    const shell = spawn('bash', ['-e', '-c', script], { cwd, env });
    let stdout = '';
    let stderr = '';
    shell.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    shell.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    shell.once('error', reject);
    shell.once('close', (status) => resolve({ status, stdout, stderr }));
  });
}
