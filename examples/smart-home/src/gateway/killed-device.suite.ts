/**
 * A stored device as a process that a test kills. Arguments: port, folder, the value of its first reading, how many readings, and whether its link is
 * cut all the time. Says `accepted <value>` for each that take() has settled for.
 */
import { writeSync } from 'node:fs';
import { createClient } from '@petrel/client';
import { clientLink, Service } from '@petrel/service';
import type { Receipts } from '../house/messages.js';
import { thisComputer, topics } from '../house/topics.js';
import { Link } from './link.js';
import { openStoredDevice } from './stored-device.js';

const [port = 0, first = 0, count = 0, isCut = 0] = process.argv.slice(3).map(Number);
const memoryFolder = process.argv[2] ?? '';
const host = '127.0.0.1';
// At once, so that a killed device has said what it knew.
const say = (line: string) => writeSync(1, `${line}\n`);

const client = createClient({ url: `mqtt://${host}:${port}`, clientIdentifier: 'gateway' });
const service = new Service(clientLink(client));
const link = new Link({ host, port });
const { device } = await openStoredDevice({ room: thisComputer, link, memoryFolder }, () =>
  service.request<Receipts>(topics.receipts, null, { timeoutMs: 60_000 }),
);
if (isCut === 1) link.cut(600_000);
for (let value = first; value < first + count; value++) {
  await device.take('load/cpu', { value, time: value });
  say(`accepted ${value}`);
}
if (count > 0) await new Promise(() => setInterval(() => {}, 1_000));
await device.close();
await client.close();
