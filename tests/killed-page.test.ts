/** A browser that is killed after `publish()` was accepted sends the message when its page is opened again, once at QoS 2. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Broker, createBroker } from '@petrel/broker';
import { type Client, connect } from '@petrel/client';
import {
  chromiumArgs,
  describePeer,
  findChromium,
  freePort,
  type LaunchedProcess,
  launchProcess,
  pathOf,
} from '@petrel/testing';
import { build } from 'esbuild';
import { chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

const script = `
  import { createClient, IndexedDbSessionStore } from '@petrel/client';
  globalThis.start = (url) => {
    globalThis.client = createClient({
      url,
      clientIdentifier: 'page',
      cleanStart: false,
      sessionExpiryInterval: 3600,
      sessionStore: new IndexedDbSessionStore(),
      reconnect: { minDelayMs: 20, maxDelayMs: 50 },
    });
  };
  globalThis.publish = (text) => client.publish('page/notes', text, { qos: 2, until: 'stored' });
`;

describePeer(findChromium(), 'a page in Chromium', () => {
  let broker: Broker;
  let subscriber: Client;
  let server: Server;
  let folder: string;
  const arrived: string[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'petrel-page-'));
    const { outputFiles } = await build({
      stdin: {
        contents: script,
        resolveDir: join(import.meta.dirname, '../packages/client/src'),
        loader: 'js',
      },
      bundle: true,
      write: false,
      platform: 'browser',
      format: 'esm',
      conditions: ['@petrel/source', 'browser'],
      logLevel: 'silent',
    });
    const html = `<!doctype html><title>page</title><script type="module">${outputFiles[0]?.text}</script>`;
    server = createServer((_request, response) =>
      response.setHeader('content-type', 'text/html; charset=utf-8').end(html),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    broker = await createBroker({
      listeners: [
        { type: 'tcp', port: 0 },
        { type: 'websocket', port: 0 },
      ],
    });
    subscriber = await connect({ url: urlOf('mqtt:') });
    await subscriber.subscribe('page/notes', { qos: 2 }, (message) => {
      arrived.push(message.text());
    });
  }, 60_000);
  afterAll(async () => {
    await subscriber?.close();
    await broker?.close();
    server?.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  function urlOf(protocol: string): string {
    return broker.addresses.map(({ url }) => url).find((url) => url.startsWith(protocol)) ?? '';
  }

  /** The page in a browser of its own with the one profile, its client on its way to a URL. */
  async function openPage(url: string): Promise<{ page: Page; chrome: LaunchedProcess }> {
    const chrome = await launchProcess({
      command: pathOf(findChromium()),
      args: [...chromiumArgs, '--headless', '--remote-debugging-port=0', `--user-data-dir=${folder}`],
    });
    const [, endpoint = ''] = await chrome.line(/DevTools listening on (ws:\S+)/);
    const browser = await chromium.connectOverCDP(endpoint);
    const page = await (browser.contexts()[0] ?? (await browser.newContext())).newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction('globalThis.start !== undefined');
    await page.evaluate(`start(${JSON.stringify(url)})`);
    return { page, chrome };
  }

  test('a message that was accepted without a server is sent after the browser was killed', async () => {
    const first = await openPage(`ws://127.0.0.1:${await freePort()}`);
    for (const text of ['one', 'two']) await first.page.evaluate(`publish('${text}')`);
    process.kill(first.chrome.pid, 'SIGKILL');
    await first.chrome.exited;
    expect(arrived).toEqual([]);

    const second = await openPage(urlOf('ws:'));
    await second.page.evaluate(`publish('three')`);
    await second.page.evaluate('client.connected().then(() => client.close({ graceMs: 30000 }))');
    expect(arrived).toEqual(['one', 'two', 'three']);
    await second.chrome.stop();
  }, 90_000);
});
