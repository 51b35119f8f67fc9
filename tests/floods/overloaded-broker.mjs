/**
 * A broker that falls behind: its argument is its limits as JSON. It does nothing else for a third of a second in each turn from the line `busy` until the line
 * `calm`.
 */
import { createBroker } from '@petrel/broker';
import { openAdminServer } from '@petrel/broker/admin';

const blockMs = 300;
const broker = await createBroker({
  listeners: [{ type: 'tcp', host: '127.0.0.1', port: 0 }],
  limits: JSON.parse(process.argv[2]),
  sysTopicsIntervalMs: 0,
  logger: { debug() {}, info() {}, warn() {}, error: console.error },
});
const admin = await openAdminServer(broker, { port: 0, token: process.argv[3] });
const cell = new Int32Array(new SharedArrayBuffer(4));
let isBusy = false;
function work() {
  if (!isBusy) return;
  Atomics.wait(cell, 0, 0, blockMs);
  setImmediate(work);
}
process.stdin.setEncoding('utf8').on('data', (line) => {
  const wasBusy = isBusy;
  isBusy = line.trim() === 'busy';
  if (isBusy && !wasBusy) work();
});
console.log(`ready ${broker.addresses[0].port} ${admin.url}`);
