/** The broker that is killed: its arguments are the data folder, the port and the durability, `memory` for none. */
import { createBroker } from '@petrel/broker';

const [dataFolder, port, durability = 'sync'] = process.argv.slice(2);
const broker = await createBroker({
  ...(durability === 'memory' ? {} : { dataFolder, durability }),
  listeners: [{ type: 'tcp', host: '127.0.0.1', port: Number(port) }],
  limits: { sessionQueue: { maximumMessages: 10_000_000, maximumBytes: 17_179_869_184 } },
  logger: { debug() {}, info() {}, warn: console.error, error: console.error },
});
console.log(`ready ${broker.addresses[0].url}`);
