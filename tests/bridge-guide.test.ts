/** The programs in the bridge's guide run as they stand there, but for the port of the broker. */
import { type Broker, createBroker } from '@petrel/broker';
import { afterAll, beforeAll } from 'vitest';
import { testPrograms } from './guide-programs.js';

let broker: Broker;
beforeAll(async () => {
  broker = await createBroker({ listeners: [{ type: 'tcp', port: 0 }] });
});
afterAll(() => broker.close());

testPrograms(
  'bridge',
  [['homes/7/sensors/kitchen 21.5'], ['remote: PETREL_CONNECT_UNREACHABLE', 'false 0']],
  {
    adapt: (program) => program.replaceAll('mqtt://localhost:1883', broker.addresses[0]?.url ?? ''),
    // How often the other side is tried is a matter of time.
    stable: (lines) => [...new Set(lines)],
  },
);
