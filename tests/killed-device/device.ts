/**
 * A device that a test kills: publishes numbered messages and says which the store has accepted. Arguments: URL, folder, QoS, round, and how many
 * messages; then it waits until everything it ever accepted has been delivered, if it lives so long.
 */
import { writeSync } from 'node:fs';
import { createClient, DiskSessionStore } from '@petrel/client';

const [url = '', folder = '', qosText, round, count] = process.argv.slice(2);
const qos = qosText === '2' ? 2 : 1;
// At once, so that a killed device has said what it knew.
const say = (line: string) => writeSync(1, `${line}\n`);

const client = createClient({
  url,
  clientIdentifier: 'device',
  cleanStart: false,
  sessionExpiryInterval: 3_600,
  // The system is not killed here, only the process.
  sessionStore: new DiskSessionStore({ path: folder, durability: 'os' }),
  reconnect: { minDelayMs: 20, maxDelayMs: 50 },
});
client.on('error', () => {});
let next = 0;
async function publishAll(): Promise<void> {
  while (next < Number(count)) {
    const text = `${round}:${next++}`;
    await client.publish('device/readings', text, { qos, until: 'stored' });
    say(`accepted ${text}`);
  }
}
await Promise.all(Array.from({ length: 10 }, publishAll));
say('all accepted');
await client.connected();
await client.close({ graceMs: 60_000 });
say('all delivered');
