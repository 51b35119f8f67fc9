/** Services over our broker. */
import { type Broker, createBroker } from '@petrel/broker';
import { afterAll, beforeAll } from 'vitest';
import { serviceInteropSuite } from './service-interop.suite.js';
import { traitsOf } from './traits.suite.js';

let broker: Broker;
beforeAll(async () => {
  broker = await createBroker({ listeners: [{ type: 'tcp', port: 0 }] });
});
afterAll(() => broker?.destroy());

serviceInteropSuite(() => ({ url: broker.addresses[0]?.url ?? '' }), traitsOf.Petrel);
