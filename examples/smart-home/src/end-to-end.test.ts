/** The whole house as a stranger sees it: `node dist/main.js`, and its page in a real browser. Built by `npm test` before. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Client, connect, type Message } from '@petrel/client';
import { clientLink, Service } from '@petrel/service';
import {
  chromiumArgs,
  describePeer,
  findChromium,
  type LaunchedProcess,
  launchProcess,
  pathOf,
} from '@petrel/testing';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AverageAnswer, CutLink } from './house/messages.js';
import { topics } from './house/topics.js';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const pageFile = fileURLToPath(new URL('../dist/public/index.html', import.meta.url));
const patience = 60_000;

interface House {
  process: LaunchedProcess;
  page: number;
  mqtt: number;
  webSocket: number;
}

async function startHouse(...args: string[]): Promise<House> {
  if (!existsSync(main) || !existsSync(pageFile))
    throw new Error('the example is not built: run "npm test" or "npm start"');
  const launched = await launchProcess({
    command: process.execPath,
    args: [main, ...args],
    ready: { line: /Ctrl-C stops everything/ },
    readyTimeoutMs: patience,
  });
  const port = async (pattern: RegExp) => Number((await launched.line(pattern))[1]);
  return {
    process: launched,
    page: await port(/http:\/\/localhost:(\d+)/),
    mqtt: await port(/mqtt:\/\/127\.0\.0\.1:(\d+)/),
    webSocket: await port(/ws:\/\/127\.0\.0\.1:(\d+)/),
  };
}

/**
 * Free ports from a random one on, below those that the system gives to outgoing connections: while the broker is down, one of
 * its clients could be given the broker's own port, and keep it from coming back.
 */
function anyPorts(): string[] {
  const first = 20_000 + Math.floor(Math.random() * 10_000);
  return ['--port', `${first}`, '--mqtt-port', `${first}`, '--websocket-port', `${first}`];
}

function refuses(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectSocket({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => resolve(true));
  });
}

/** Processes that this one has started and that still run, by the folder their program is in. */
function childrenOf(pid: number): Record<string, number> {
  const children: Record<string, number> = {};
  for (const line of execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n')) {
    const [, child, parent, args = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    const name = /\/(?:(broker|service|gateway)|checker)\/main\.js(?:.*\b(checker-\d))?/
      .exec(args)
      ?.slice(1)
      .find(Boolean);
    if (Number(parent) === pid && name !== undefined) children[name] = Number(child);
  }
  return children;
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describePeer(findChromium(), 'the smart home in Chromium', () => {
  let house: House;
  let browser: Browser;
  let page: Page;
  let client: Client;
  const complaints: string[] = [];
  const requests: string[] = [];

  beforeAll(async () => {
    house = await startHouse(...anyPorts(), '--speed', '120', '--cut-every', '4');
    browser = await chromium.launch({ executablePath: pathOf(findChromium()), args: [...chromiumArgs] });
    page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
    page.setDefaultTimeout(patience);
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(`http://localhost:${house.page}/`);
    client = await connect({
      url: `mqtt://127.0.0.1:${house.mqtt}`,
      reconnect: { minDelayMs: 50, maxDelayMs: 500 },
    });
  }, patience);

  afterAll(async () => {
    await client?.close();
    await browser?.close();
    await house?.process.stop();
  }, patience);

  const count = async (id: string) => Number((await page.locator(`#${id}`).innerText()).replaceAll(',', ''));

  /** Waits until the page shows a number that is at least this. */
  async function untilAtLeast(id: string, least: number): Promise<void> {
    await page.waitForFunction(
      ([name, bound]) =>
        Number(document.getElementById(name as string)?.textContent?.replaceAll(',', '')) >=
        (bound as number),
      [id, least] as const,
    );
  }

  /** Waits until all that was measured before has been received, and nothing is lost. */
  async function untilNothingIsOwed(): Promise<void> {
    await untilAtLeast('count-received', await count('count-taken'));
    expect(await count('count-lost')).toBe(0);
  }

  test('shows nine rooms and this computer, live', async () => {
    await page.waitForFunction(() => document.querySelectorAll('.room').length === 10);
    const temperature = await page.locator('[data-room="living-room"] .room-big').innerText();
    expect(Number(temperature)).toBeGreaterThan(5);
    expect(await page.locator('[data-room="this-computer"] .room-now').innerText()).toMatch(/Memory \d+ %/);
    await page.waitForFunction(() => document.getElementById('connection')?.dataset.state === 'connected');
  });

  test('the chart moves and readings arrive', { timeout: patience }, async () => {
    const curve = page.locator('[data-room="outside"] .chart-main');
    const before = await curve.getAttribute('d');
    await page.waitForFunction(
      (old) => document.querySelector('[data-room="outside"] .chart-main')?.getAttribute('d') !== old,
      before,
    );
    await untilAtLeast('count-arrived', (await count('count-arrived')) + 18);
    await untilNothingIsOwed();
  });

  test("a stranger's device makes a room, with a bare number", async () => {
    await client.publish('sensors/balcony/temperature/1', '21.5', { qos: 1 });
    await page.locator('[data-room="balcony"][data-state="guest"]').waitFor();
    expect(await page.locator('[data-room="balcony"] .room-big').innerText()).toBe('21.5');
    await client.publish('sensors/balcony/temperature/1', '{"value":22.25}', { qos: 1 });
    await page.waitForFunction(
      () => document.querySelector('[data-room="balcony"] .room-big')?.textContent === '22.3',
    );
  });

  test('a page that comes later sees the same: curves, guests, alerts', async () => {
    await page.reload();
    await page.locator('[data-room="balcony"][data-state="guest"]').waitFor();
    await page.waitForFunction(() =>
      [...document.querySelectorAll('.room .chart-main')].every((curve) => curve.getAttribute('d') !== ''),
    );
    await page.locator('.alert').first().waitFor();
  });

  test('what is no reading changes nothing', async () => {
    for (const payload of ['warm', '', '{"value":"warm"}', Uint8Array.of(0xff)]) {
      await client.publish('sensors/cellar/temperature/1', payload, { qos: 1 });
    }
    await client.publish('sensors/<b>x</b>/temperature/1', '20', { qos: 1 });
    await client.publish('sensors/attic/temperature/1', '18', { qos: 1 });
    await page.locator('[data-room="attic"]').waitFor();
    expect(await page.locator('[data-room="cellar"]').count()).toBe(0);
  });

  test('two replicas share the readings, and what is none is tried again and kept as a dead letter', {
    timeout: patience,
  }, async () => {
    const checkedBy = (name: string) =>
      page.locator(`[data-checker="${name}"][data-state="online"] dd`, { hasText: /^[1-9][\d,]* checked$/ });
    for (const name of ['checker-1', 'checker-2']) await checkedBy(name).waitFor();
    const letter = new Promise<Message>((resolve) => {
      void client
        .subscribe(topics.deadReadings, { qos: 1 }, (message) => {
          if (message.text() === 'hot') resolve(message);
        })
        .then(() => client.publish('sensors/cellar/temperature/1', 'hot', { qos: 1 }));
    });
    expect(Object.fromEntries((await letter).properties.userProperties ?? [])).toMatchObject({
      'dead-letter-topic': 'sensors/cellar/temperature/1',
      'dead-letter-attempts': '3',
      'dead-letter-reason': expect.stringContaining('not a number'),
    });
    await page.locator('#dead-letters', { hasText: /Dead letters since you came: \d+/ }).waitFor();
  });

  test('one of two replicas is killed: the other goes on with the readings, and it comes back', {
    timeout: patience,
  }, async () => {
    process.kill(childrenOf(house.process.pid)['checker-1']!, 'SIGKILL');
    await page.locator('[data-checker="checker-1"][data-state="offline"]').waitFor();
    await house.process.line(/checker-1 is back/, patience);
    await page.locator('[data-checker="checker-1"][data-state="online"]').waitFor();
    await untilNothingIsOwed();
  });

  test('a request to the service is answered, and shows its time', async () => {
    await page.getByRole('button', { name: 'Ask for the average' }).click();
    await page.locator('#ask-time').waitFor();
    expect(await page.locator('#ask-time').innerText()).toMatch(/^\d+\.\d\sms$/);
    expect(await page.locator('#ask-answer').innerText()).toMatch(/Temperature\s+\d+\.\d °C/);
  });

  test('the service refuses with a sentence what it cannot do', async () => {
    const service = new Service(clientLink(client));
    const ask = (topicName: string, data: unknown) => service.request<AverageAnswer>(topicName, data);
    await expect(ask(topics.average, { rooms: ['nowhere'] })).rejects.toThrow('there is no room "nowhere"');
    await expect(ask(topics.average, { rooms: 'all' })).rejects.toThrow(
      'input of "climate/average" breaks the contract at "rooms"',
    );
    await expect(ask(topics.humidityLimit, { percent: 300 })).rejects.toThrow(
      '"percent" must be a number 20–95',
    );
    await expect(ask(topics.cutLink, { room: 'balcony', seconds: 5 })).rejects.toThrow(
      'no device of the house',
    );
    expect(await service.request<CutLink>(topics.cutLink, { room: 'office', seconds: 1 })).toMatchObject({
      seconds: 1,
    });
  });

  test('a lower humidity limit raises alerts, which the page shows', async () => {
    await page.locator('#humidity-limit').fill('35');
    await page.locator('.alert[data-state="raised"]').first().waitFor();
    expect(await page.locator('#humidity-limit-text').innerText()).toBe('35 %');
  });

  test('a cut link is seen, and what its device kept arrives later', { timeout: patience }, async () => {
    const room = page.locator('[data-room="kitchen"]');
    await page.locator('[data-room="kitchen"][data-state="online"]').waitFor();
    await room.getByRole('button', { name: 'Cut the link of Kitchen' }).click();
    await page.locator('[data-room="kitchen"][data-state="cut"]').waitFor();
    await room.getByText(/Cut off, keeps \d+/).waitFor();
    await page.locator('[data-room="kitchen"][data-state="online"]').waitFor();
    await untilNothingIsOwed();
  });

  test('the broker is killed and comes back: the page recovers, nothing is lost', {
    timeout: patience,
  }, async () => {
    const received = await count('count-received');
    await page.getByRole('button', { name: 'Kill the broker' }).click();
    await page.locator('#connection[data-state="away"]').waitFor();
    expect(await page.locator('#connection').innerText()).toContain('Broker away');
    await house.process.line(/broker ended by SIGKILL; it is started again/);
    await page.locator('#connection[data-state="connected"]').waitFor();
    expect(await page.locator('#connection').innerText()).toMatch(/Back after \d+\.\d s/);
    await untilAtLeast('count-received', received + 1);
    await untilNothingIsOwed();
    await page.locator('[data-room="kitchen"][data-state="online"]').waitFor();
  });

  test.each(['service', 'gateway'])(
    'the %s crashes and comes back, and nothing is lost',
    { timeout: patience },
    async (name) => {
      await untilNothingIsOwed();
      const received = await count('count-received');
      process.kill(childrenOf(house.process.pid)[name]!, 'SIGKILL');
      await house.process.line(new RegExp(`${name} is back`), patience);
      await untilAtLeast('count-received', received + 18);
      await untilNothingIsOwed();
    },
  );

  test('the page polls nothing, asks nobody else, and has nothing to complain of', () => {
    const origin = `http://localhost:${house.page}`;
    expect(requests.filter((url) => !url.startsWith(origin) && !url.startsWith('data:'))).toEqual([]);
    expect(requests.filter((url) => url === `${origin}/settings.json`)).toHaveLength(2);
    expect(requests.length).toBeLessThan(20);
    // The attempts to reach the killed broker are the only errors that a browser may report.
    expect(complaints.filter((text) => !text.includes('ERR_CONNECTION_REFUSED'))).toEqual([]);
  });

  test.each([390, 1400])('fits a width of %i, light and dark', async (width) => {
    await page.setViewportSize({ width, height: 900 });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.locator(`html[data-theme="${colorScheme}"]`).waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    }
  });

  test('the colours are the choice of the reader, by keyboard too, and stay', async () => {
    await page.emulateMedia({ colorScheme: 'light' });
    await page.getByRole('button', { name: 'Dark colours', pressed: false }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Dark colours', pressed: true }).waitFor();
    await page.reload();
    await page.locator('html[data-theme="dark"]').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the rooms');
  });

  test('every control and landmark has a name', async () => {
    const nameless = await page.evaluate(() =>
      [...document.querySelectorAll('button, input, select, a, [role="img"], section, nav, [role="status"]')]
        .filter((each) => each.getAttribute('role') !== 'status')
        .filter((each) => {
          const labelledBy = each.getAttribute('aria-labelledby');
          const label = labelledBy === null ? undefined : document.getElementById(labelledBy)?.textContent;
          const own =
            each instanceof HTMLInputElement || each instanceof HTMLSelectElement
              ? each.labels?.[0]?.textContent
              : each.textContent;
          return !(each.getAttribute('aria-label') ?? label ?? own)?.trim();
        })
        .map((each) => each.outerHTML.slice(0, 80)),
    );
    expect(nameless).toEqual([]);
    for (const role of ['banner', 'main', 'contentinfo'] as const)
      expect(await page.getByRole(role).count()).toBe(1);
    // Silent for one frame while it is filled with history, and that may be this frame.
    await page.locator('#alert-list[aria-live="polite"]').waitFor({ state: 'attached' });
  });

  test('busy ports give the next ones, and Ctrl-C leaves nothing behind', { timeout: patience }, async () => {
    const { page: first, mqtt, webSocket } = house;
    const second = await startHouse(
      '--port',
      `${first}`,
      '--mqtt-port',
      `${mqtt}`,
      '--websocket-port',
      `${webSocket}`,
    );
    expect(second.process.output).toContain(`Port ${first} (page) is busy, ${second.page} it is.`);
    expect(second.process.output).toContain(`Port ${mqtt} (MQTT) is busy, ${second.mqtt} it is.`);
    expect(new Set([first, mqtt, webSocket, second.page, second.mqtt, second.webSocket]).size).toBe(6);

    const children = childrenOf(second.process.pid);
    expect(Object.keys(children).sort()).toEqual(['broker', 'checker-1', 'checker-2', 'gateway', 'service']);
    process.kill(children.service!, 'SIGKILL');
    await second.process.line(/service ended by SIGKILL/);
    second.process.signal('SIGINT');
    expect(await second.process.exited).toEqual({ code: 0, signal: null });
    expect(second.process.output).toContain('All stopped.');
    expect(Object.values(children).filter(runs)).toEqual([]);
    expect(await Promise.all([second.page, second.mqtt, second.webSocket].map(refuses))).toEqual([
      true,
      true,
      true,
    ]);
  });

  test('when the start process is killed, the others notice and go', { timeout: patience }, async () => {
    const third = await startHouse(...anyPorts());
    const children = childrenOf(third.process.pid);
    expect(Object.keys(children)).toHaveLength(5);
    await third.process.crash();
    await expect.poll(() => Object.values(children).filter(runs), { timeout: patience }).toEqual([]);
  });
});

test('a wrong option is one sentence, and nothing starts', async () => {
  const { exited, output } = await launchProcess({
    command: process.execPath,
    args: [main, '--speed', 'fast'],
  }).then(async (launched) => ({ exited: await launched.exited, output: launched.output }));
  expect(exited.code).toBe(2);
  expect(output).toContain('option "--speed" must be a number 0.1–10000, got "fast"');
});
