import { expect, test } from 'vitest';
import { launchOnFreePort, launchProcess } from './launch-process.js';

const node = (code: string) => ({ command: process.execPath, args: ['-e', code] });

test('collects output, finds lines past and future, and gives the exit code', async () => {
  const launched = await launchProcess(
    node(`
      console.log('first 1');
      process.stdin.once('data', (text) => { console.error('heard ' + text); process.exit(3); });
    `),
  );
  expect((await launched.line(/first (\d)/))[1]).toBe('1');
  launched.write('hello');
  await launched.line(/heard hello/);
  expect(await launched.exited).toEqual({ code: 3, signal: null });
  expect(launched.stdout).toBe('first 1\n');
  expect(launched.stderr).toBe('heard hello\n');
  await expect(launched.line(/never/)).rejects.toThrow(
    /ended before it printed \/never\/; its output:\nfirst 1/,
  );
});

test('follows complete lines, from the first one on', async () => {
  const launched = await launchProcess(
    node(`console.log('one'); process.stdin.once('data', () => process.stdout.write('two\\nrest'))`),
  );
  await launched.line(/one/);
  const lines: string[] = [];
  launched.followLines((line) => lines.push(line));
  expect(lines).toEqual(['one']);
  launched.write('go on');
  launched.endInput();
  await launched.exited;
  expect(lines).toEqual(['one', 'two']);
});

test('waits until the port accepts connections, and ends the program by its pid', async () => {
  const { launched, port } = await launchOnFreePort((port) =>
    node(`setTimeout(() => require('net').createServer().listen(${port}, '127.0.0.1'), 50)`),
  );
  expect(port).toBeGreaterThan(0);
  expect(launched.exit).toBeUndefined();
  expect(await launched.stop()).toEqual({ code: null, signal: 'SIGTERM' });
  expect(await launched.stop()).toEqual({ code: null, signal: 'SIGTERM' });
});

test('a program that ignores SIGTERM is killed', async () => {
  const launched = await launchProcess({
    ...node(`process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')`),
    ready: { line: /up/ },
  });
  expect(await launched.stop(10)).toEqual({ code: null, signal: 'SIGKILL' });
});

test('a program that ends before it is ready is an error with its output', async () => {
  const broken = { ...node(`console.error('no such option'); process.exit(2)`), ready: { line: /ready/ } };
  await expect(launchProcess(broken)).rejects.toThrow(/no such option/);
  await expect(launchProcess({ command: '/no/such/program' })).rejects.toThrow(
    /cannot start \/no\/such\/program/,
  );
});
