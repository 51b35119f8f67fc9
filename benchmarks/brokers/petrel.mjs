/** Petrel's broker on the port that the benchmark names. */
import { createBroker } from '@petrel/broker';

await createBroker({ listeners: [{ type: 'tcp', port: Number(process.argv[2]) }] });
// A profile is written only by a process that ends by itself.
process.on('SIGTERM', () => process.exit(0));
