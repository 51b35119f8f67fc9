/** The IndexedDB store in a real browser: the cases run in a page, what they observe is compared here. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromiumArgs, describePeer, findChromium, pathOf } from '@petrel/testing';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sessionStoreCases } from './session-store.suite.js';

const script = `
  import { IndexedDbSessionStore } from '@petrel/client';
  import { sessionStoreCases } from './session-store.suite.ts';
  let databases = 0;
  globalThis.observe = (name, durability) => {
    const store = new IndexedDbSessionStore({ databaseName: 'test-' + databases++, durability });
    return sessionStoreCases.find((each) => each.name === name).observe(store);
  };
  globalThis.codeOf = async (run) => {
    try {
      return await run(IndexedDbSessionStore);
    } catch (error) {
      return error.code;
    }
  };
`;

describePeer(findChromium(), 'in IndexedDB of Chromium', () => {
  let browser: Browser;
  let server: Server;
  let page: Page;
  beforeAll(async () => {
    const { outputFiles } = await build({
      stdin: { contents: script, resolveDir: import.meta.dirname, loader: 'js' },
      bundle: true,
      write: false,
      platform: 'browser',
      format: 'esm',
      conditions: ['@petrel/source', 'browser'],
      logLevel: 'silent',
    });
    const html = `<!doctype html><title>store</title><script type="module">${outputFiles[0]?.text}</script>`;
    server = createServer((_request, response) =>
      response.setHeader('content-type', 'text/html; charset=utf-8').end(html),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    browser = await chromium.launch({ executablePath: pathOf(findChromium()), args: [...chromiumArgs] });
    // A context of its own, so that its pages share an origin's storage.
    page = await (await browser.newContext()).newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction('globalThis.observe !== undefined');
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  test.each(sessionStoreCases)('$name', async ({ name, expected }) => {
    for (const durability of ['sync', 'os']) {
      const observed = await page.evaluate(`observe(${JSON.stringify(name)}, '${durability}')`);
      expect(observed).toEqual(expected);
    }
  });

  test('a session is open once in all pages, and free again when it is closed', async () => {
    const open = `codeOf(async (Store) => {
      globalThis.session = await new Store({ databaseName: 'locked' }).open('device');
      return 'open';
    })`;
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.waitForFunction('globalThis.observe !== undefined');
    expect(await page.evaluate(open)).toBe('open');
    expect(await other.evaluate(open)).toBe('PETREL_SESSION_STORE_LOCKED');
    await page.evaluate('session.close()');
    await expect.poll(() => other.evaluate(open)).toBe('open');
    await other.close();
    await expect.poll(() => page.evaluate(open)).toBe('open');
    await page.evaluate('session.close()');
  });

  test('a database of a newer version, and records of something else, are errors', async () => {
    const newer = `codeOf(async (Store) => {
      await new Promise((resolve, reject) => {
        const request = indexedDB.open('newer', 99);
        request.onerror = reject;
        request.onsuccess = () => { request.result.close(); resolve(); };
      });
      await new Store({ databaseName: 'newer' }).open('device');
    })`;
    expect(await page.evaluate(newer)).toBe('PETREL_SESSION_STORE_NEWER');
    const damaged = `codeOf(async (Store) => {
      const store = new Store({ databaseName: 'damaged' });
      await (await store.open('device')).close();
      await new Promise((resolve, reject) => {
        const request = indexedDB.open('damaged');
        request.onsuccess = () => {
          const transaction = request.result.transaction('messages', 'readwrite');
          transaction.objectStore('messages').put(new Uint8Array([1, 2, 3]), ['device', 1]);
          transaction.oncomplete = () => { request.result.close(); resolve(); };
        };
      });
      await store.open('device');
    })`;
    expect(await page.evaluate(damaged)).toBe('PETREL_SESSION_STORE_CORRUPT');
  });
});
