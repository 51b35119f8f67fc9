/** The page shows a document in a browser, without asking anybody else for anything. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromiumArgs, describePeer, findChromium } from '@petrel/testing';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineContract, event, request } from '../contracts/contract.js';
import { contracted } from '../contracts/contracted-service.js';
import { FakeNetwork } from '../fake-network.suite.js';
import { Service } from '../service.js';
import { asyncApiDocument } from './asyncapi-document.js';
import { asyncApiPage } from './asyncapi-page.js';

const house = defineContract({
  'climate/average': request({
    summary: 'Average of some rooms',
    input: z.object({ rooms: z.array(z.string()) }),
    output: z.object({ average: z.number() }),
  }),
  'sensors/:room/temperature/:probe': event({ payload: z.number() }),
});

let server: Server;
let origin: string;
beforeAll(async () => {
  const service = new Service(new FakeNetwork().link(), { name: 'climate', version: '1.2.3' });
  await contracted(service, house).respond('climate/average', () => ({ average: 21 }));
  await contracted(service, house).on('sensors/:room/temperature/:probe', () => undefined);
  server = createServer(asyncApiPage(() => asyncApiDocument(service)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('the page', () => {
  it('gives out its own files and no others, to readers only', async () => {
    const status = async (path: string, method = 'GET') =>
      (await fetch(`${origin}${path}`, { method })).status;
    expect(await status('/')).toBe(200);
    expect(await status('/document.json?now')).toBe(200);
    expect(await status('/../package.json')).toBe(404);
    expect(await status('/document.json', 'POST')).toBe(404);
  });

  it('says to the browser that nothing may be loaded from elsewhere', async () => {
    const { headers } = await fetch(origin);
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'self';/);
  });

  it('tells of a document that cannot be made, and stays up', async () => {
    const broken = createServer(
      asyncApiPage(() => {
        throw new Error('broken');
      }),
    );
    await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve));
    const { port } = broken.address() as AddressInfo;
    expect((await fetch(`http://127.0.0.1:${port}/document.json`)).status).toBe(500);
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
    broken.closeAllConnections();
    broken.close();
  });
});

const peer = findChromium();
describePeer(peer, 'in a browser', () => {
  it('shows service, topics and schemas', { timeout: 180_000 }, async () => {
    const browser = await chromium.launch({ executablePath: peer.path ?? '', args: [...chromiumArgs] });
    try {
      const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
      const complaints: string[] = [];
      const requests: string[] = [];
      page.on('pageerror', ({ message }) => complaints.push(message));
      page.on('request', (asked) => requests.push(asked.url()));
      await page.goto(origin, { waitUntil: 'commit', timeout: 60_000 });
      await page.getByText('sensors/{room}/temperature/{probe}').first().waitFor({ timeout: 120_000 });
      const text = await page.locator('#document').innerText();
      expect(text).toContain('climate');
      expect(text).toContain('1.2.3');
      expect(text).toContain('climate/average');
      expect(text).toContain('Average of some rooms');
      expect(await page.title()).toBe('climate');
      expect(complaints).toEqual([]);
      expect(requests.filter((url) => !url.startsWith(origin) && !url.startsWith('data:'))).toEqual([]);
      if (process.env.PETREL_SCREENSHOT !== undefined)
        await page.screenshot({ path: process.env.PETREL_SCREENSHOT });
    } finally {
      await browser.close();
    }
  });
});
