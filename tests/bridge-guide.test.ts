/** The programs in the bridge's guide run as they stand there, but for the port of the broker. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Broker, createBroker } from '@petrel/broker';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { fencedBlocks } from './markdown.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const programs = fencedBlocks(readFileSync(`${root}docs/guides/bridge.md`, 'utf8'), 'ts');
const printed = [
  ['homes/7/sensors/kitchen 21.5'],
  // How often the other side is tried is a matter of time.
  ['remote: PETREL_CONNECT_UNREACHABLE', 'false 0'],
];

let broker: Broker;
beforeAll(async () => {
  broker = await createBroker({ listeners: [{ type: 'tcp', port: 0 }] });
});
afterAll(() => broker.close());

test.each(printed.map((lines, index) => [index + 1, lines] as const))(
  'program %i prints %j',
  async (number, lines) => {
    // A folder that git ignores, inside the workspace, so that the packages are found.
    const folder = `${root}.petrel/guides`;
    mkdirSync(folder, { recursive: true });
    const file = `${folder}/bridge-${number}.ts`;
    const url = broker.addresses[0]?.url ?? '';
    writeFileSync(file, (programs[number - 1] ?? '').replaceAll('mqtt://localhost:1883', url));
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    try {
      await import(file);
      expect([...new Set(log.mock.calls.map((values) => values.join(' ')))]).toEqual(lines);
    } finally {
      log.mockRestore();
    }
  },
);

test('every program of the guide is among them', () => {
  expect(programs).toHaveLength(printed.length);
});
