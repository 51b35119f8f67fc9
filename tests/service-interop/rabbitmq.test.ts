/** Services over RabbitMQ. */
import { describePeer, findRabbitMq, type RunningBroker, startRabbitMq } from '@petrel/testing';
import { afterAll, beforeAll } from 'vitest';
import { serviceInteropSuite } from './service-interop.suite.js';
import { traitsOf } from './traits.suite.js';

describePeer(findRabbitMq(), 'RabbitMQ', () => {
  let broker: RunningBroker;
  beforeAll(async () => {
    broker = await startRabbitMq();
  }, 120_000);
  afterAll(() => broker?.stop(), 30_000);

  serviceInteropSuite(() => broker, traitsOf.RabbitMQ);
});
