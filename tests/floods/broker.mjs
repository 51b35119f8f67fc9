/**
 * The broker that is flooded: its arguments are its limits and the certificate of its TLS listener, both as JSON, and it needs --expose-gc. Tells its figures
 * as JSON whenever it is sent a line.
 */
import { createBroker } from '@petrel/broker';

const broker = await createBroker({
  listeners: [
    { type: 'tcp', host: '127.0.0.1', port: 0 },
    { type: 'tls', host: '127.0.0.1', port: 0, ...JSON.parse(process.argv[3]) },
  ],
  limits: JSON.parse(process.argv[2]),
  sysTopicsIntervalMs: 0,
  logger: { debug() {}, info() {}, warn() {}, error: console.error },
});
process.stdin.setEncoding('utf8').on('data', () => {
  // What is kept and not what was thrown away: when V8 collects garbage is its own affair.
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  console.log(`figures ${JSON.stringify({ ...broker.metrics(), kept: heapUsed + external })}`);
});
console.log(`ready ${broker.addresses.map(({ port }) => port).join(' ')}`);
