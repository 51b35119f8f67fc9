import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { nextFreePort } from './ports.js';
import { readStartOptions } from './start-options.js';
import { Supervisor } from './supervisor.js';
import { startWebServer } from './web-server.js';

const folder = mkdtempSync(join(tmpdir(), 'smart-home-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('ports', () => {
  test('a busy port gives the next free one', async () => {
    const busy = createServer().listen(0, '127.0.0.1');
    await once(busy, 'listening');
    const { port } = busy.address() as AddressInfo;
    const found = await nextFreePort(port);
    expect(found).toBeGreaterThan(port);
    expect(await nextFreePort(port, [found])).toBeGreaterThan(found);
    busy.close();
  });

  test('0 is any port', async () => {
    expect(await nextFreePort(0)).toBeGreaterThan(0);
  });
});

describe('options', () => {
  test('have defaults', () => {
    expect(readStartOptions([])).toEqual({
      kind: 'start',
      options: { port: 8080, mqttPort: 1883, webSocketPort: 8083, speed: 40, cutEvery: 12 },
    });
    expect(readStartOptions(['--speed', '5', '--port=0'])).toMatchObject({ options: { speed: 5, port: 0 } });
    expect(readStartOptions(['--help'])).toEqual({ kind: 'help' });
  });

  test.each([
    [['--speed', 'fast'], 'option "--speed" must be a number 0.1–10000, got "fast"'],
    [['--speed', '0'], 'got "0"'],
    [['--port', '70000'], 'option "--port" must be a number 0–65535, got "70000"'],
    [['--port', '1.5'], 'must be an integer'],
    [['--sped', '1'], "Unknown option '--sped'"],
    [['quickly'], 'quickly'],
  ])('%j is wrong, and the answer says why', (args, why) => {
    expect(readStartOptions(args)).toMatchObject({ kind: 'wrong', why: expect.stringContaining(why) });
  });
});

describe('the supervisor', () => {
  const program = (name: string, source: string) => {
    const file = join(folder, `${name}.mjs`);
    writeFileSync(file, source);
    return { name, module: pathToFileURL(file) };
  };
  const steady =
    'process.on("SIGTERM", () => process.exit(0)); process.on("message", () => {}); process.send("ready");';

  /** A log that can be waited for. */
  function watchedLog() {
    const lines: string[] = [];
    let wake = () => {};
    return {
      lines,
      log: (line: string) => {
        lines.push(line);
        wake();
      },
      until: async (text: string) => {
        while (!lines.some((line) => line.includes(text)))
          await new Promise<void>((resolve) => (wake = resolve));
      },
    };
  }

  test('starts a process again that was killed, and says so', async () => {
    const { log, lines, until } = watchedLog();
    const supervisor = new Supervisor({ log, restartDelayMs: 1 });
    await supervisor.start(program('steady', steady));
    const before = supervisor.pids.steady!;
    process.kill(before, 'SIGKILL');
    await until('steady is back');
    expect(lines[0]).toBe('steady ended by SIGKILL; it is started again');
    expect(supervisor.pids.steady).not.toBe(before);
    await supervisor.stop();
    expect(() => process.kill(supervisor.pids.steady!, 0)).toThrow('ESRCH');
  });

  test('stops the last started first, kills one that will not stop, and may be told twice', async () => {
    const { log, lines } = watchedLog();
    const supervisor = new Supervisor({ log, graceMs: 50 });
    await supervisor.start(program('steady', steady));
    await supervisor.start(
      program(
        'deaf',
        'process.on("SIGTERM", () => {}); process.on("message", () => {}); process.send("ready");',
      ),
    );
    await Promise.all([supervisor.stop(), supervisor.stop()]);
    expect(lines).toEqual(['deaf did not stop within 50 ms; it is killed']);
    await expect(supervisor.start(program('late', steady))).rejects.toThrow('everything is being stopped');
  });

  test('stops although one has just died', async () => {
    const { log, until } = watchedLog();
    const supervisor = new Supervisor({ log, restartDelayMs: 60_000 });
    await supervisor.start(program('steady', steady));
    process.kill(supervisor.pids.steady!, 'SIGKILL');
    await until('ended by SIGKILL');
    await supervisor.stop();
  });

  test('a process that ends before it is ready fails the start', async () => {
    const supervisor = new Supervisor({ log: () => {} });
    await expect(supervisor.start(program('broken', 'process.exit(3)'))).rejects.toThrow(
      'broken ended before',
    );
    await supervisor.stop();
  });
});

describe('the web server', () => {
  async function site() {
    writeFileSync(join(folder, 'index.html'), '<h1>house</h1>');
    writeFileSync(join(folder, 'secret.key'), 'secret');
    const port = await nextFreePort(0);
    const server = await startWebServer({
      port,
      folder: pathToFileURL(`${folder}/`),
      settings: { webSocketPort: 4321, mqttPort: 1234 },
    });
    const get = (path: string, { method = 'GET', host = `127.0.0.1:${port}` } = {}) =>
      new Promise<{ status: number | undefined; headers: object; body: string }>((resolve, reject) => {
        const sent = request({ port, host: '127.0.0.1', path, method, headers: { host } }, (response) => {
          let body = '';
          response.setEncoding('utf8').on('data', (text: string) => {
            body += text;
          });
          response.once('end', () =>
            resolve({ status: response.statusCode, headers: response.headers, body }),
          );
        });
        sent.once('error', reject).end();
      });
    return { get, server };
  }

  test('serves the page and its settings, with a policy that names the WebSocket and nothing foreign', async () => {
    const { get, server } = await site();
    const page = await get('/?theme=dark');
    expect(page).toMatchObject({ status: 200, body: '<h1>house</h1>' });
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': expect.stringMatching(
        /default-src 'none';.*connect-src 'self' ws:\/\/127\.0\.0\.1:4321 ws:\/\/localhost:4321;/,
      ),
    });
    expect(JSON.parse((await get('/settings.json')).body)).toEqual({ webSocketPort: 4321, mqttPort: 1234 });
    expect(await get('/', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
    await server.close();
  });

  test('refuses other paths, methods and host names', async () => {
    const { get, server } = await site();
    expect((await get('/secret.key')).status).toBe(404);
    expect((await get('/../package.json')).status).toBe(404);
    expect((await get('/', { method: 'POST' })).status).toBe(405);
    expect((await get('/', { host: 'evil.example' })).status).toBe(403);
    await server.close();
  });
});
