/** The programs in the client's guide run as they stand there, but for the port of the broker and a folder. */
import { type Broker, createBroker } from '@petrel/broker';
import { afterAll, beforeAll } from 'vitest';
import { guideFile, testPrograms } from './guide-programs.js';

let broker: Broker;
beforeAll(async () => {
  broker = await createBroker({ listeners: [{ type: 'tcp', port: 0 }] });
});
afterAll(() => broker.close());

testPrograms(
  'client',
  [
    ['greetings/world hello', '0'],
    ['Topic Name "sensors/+" contains a wildcard [MQTT-3.3.2-2]'],
    ['the handler of "jobs/broken" failed: the payload of "jobs/broken" (7 bytes) is not JSON', 'done/7'],
    ['connecting', 'connected', 'MQTT 5, QoS up to 2', 'closed'],
    ['accepted', 'left in the store: 0'],
    ['connected'],
    ['connected'],
  ],
  {
    adapt: (program) =>
      program
        .replaceAll('mqtt://localhost:1883', broker.addresses[0]?.url ?? '')
        .replaceAll('/var/lib/gateway', guideFile('sessions')),
  },
);
