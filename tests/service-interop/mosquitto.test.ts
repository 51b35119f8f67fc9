/** Services over Mosquitto. */
import { describePeer, findMosquitto, type RunningBroker, startMosquitto } from '@petrel/testing';
import { afterAll, beforeAll } from 'vitest';
import { serviceInteropSuite } from './service-interop.suite.js';
import { traitsOf } from './traits.suite.js';

describePeer(findMosquitto(), 'Mosquitto', () => {
  let broker: RunningBroker;
  beforeAll(async () => {
    broker = await startMosquitto();
  }, 120_000);
  afterAll(() => broker?.stop(), 30_000);

  serviceInteropSuite(() => broker, traitsOf.Mosquitto);
});
