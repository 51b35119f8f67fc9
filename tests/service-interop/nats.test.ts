/** Services over NATS. */
import { describePeer, findNats, type RunningBroker, startNats } from '@petrel/testing';
import { afterAll, beforeAll } from 'vitest';
import { serviceInteropSuite } from './service-interop.suite.js';
import { traitsOf } from './traits.suite.js';

describePeer(findNats(), 'NATS', () => {
  let broker: RunningBroker;
  beforeAll(async () => {
    broker = await startNats();
  }, 120_000);
  afterAll(() => broker?.stop(), 30_000);

  serviceInteropSuite(() => broker, traitsOf.NATS);
});
