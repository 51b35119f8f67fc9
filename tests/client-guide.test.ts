/** The programs in the client's guide run as they stand there, but for the port of the broker and a folder. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Broker, createBroker } from '@petrel/broker';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { fencedBlocks } from './markdown.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const programs = fencedBlocks(readFileSync(`${root}docs/guides/client.md`, 'utf8'), 'ts');
const printed = [
  ['greetings/world hello', '0'],
  ['Topic Name "sensors/+" contains a wildcard [MQTT-3.3.2-2]'],
  ['the handler of "jobs/broken" failed: the payload of "jobs/broken" (7 bytes) is not JSON', 'done/7'],
  ['connecting', 'connected', 'MQTT 5, QoS up to 2', 'closed'],
  ['accepted', 'left in the store: 0'],
  ['connected'],
  ['connected'],
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
    const file = `${folder}/client-${number}.ts`;
    const url = broker.addresses[0]?.url ?? '';
    const program = (programs[number - 1] ?? '').replaceAll('mqtt://localhost:1883', url);
    writeFileSync(file, program.replaceAll('/var/lib/gateway', `${folder}/sessions`));
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    try {
      await import(file);
      expect(log.mock.calls.map((values) => values.join(' '))).toEqual(lines);
    } finally {
      log.mockRestore();
    }
  },
);

test('every program of the guide is among them', () => {
  expect(programs).toHaveLength(printed.length);
});
