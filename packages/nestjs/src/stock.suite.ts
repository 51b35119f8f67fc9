/** What the tests of the stock transport's pains share: a broker, a foreign client beside it, and stock servers and clients that are closed afterwards. */
import type { INestMicroservice, Type } from '@nestjs/common';
import { connectAsync, type MqttClient as MqttJsClient } from 'mqtt';
import { afterEach, beforeEach } from 'vitest';
import {
  createClient,
  type SharedOptions,
  startBroker,
  startServer,
  type TestBroker,
} from './combinations.suite.js';
import { moduleOf } from './pains-app.suite.js';

/** Sets up, before each test, what it returns. */
export function stockSetting() {
  let broker: TestBroker;
  let foreign: MqttJsClient;
  const open: { close(): unknown }[] = [];

  beforeEach(async () => {
    broker = await startBroker('petrel');
    foreign = await connectAsync(broker.url, { protocolVersion: 5 });
  });

  afterEach(async () => {
    await foreign.endAsync(true);
    for (const one of open.splice(0).reverse()) await one.close();
    await broker.stop();
  });

  return {
    get broker() {
      return broker;
    },
    /** A client of MQTT.js that belongs to nobody. */
    get foreign() {
      return foreign;
    },
    async serve(
      controller: Type,
      options: Partial<SharedOptions> = {},
      prepare?: (app: INestMicroservice) => void,
    ) {
      const all = { url: broker.url, subscribeOptions: { qos: 1 as const }, ...options };
      const app = await startServer('stock', moduleOf(controller), all, prepare);
      open.push(app);
      return app;
    },
    client(options: Partial<SharedOptions> = {}) {
      const one = createClient('stock', { url: broker.url, ...options });
      open.push(one);
      return one;
    },
    /** Closed after the test, before what was opened earlier. */
    closing(one: { close(): unknown }): void {
      open.push(one);
    },
  };
}
