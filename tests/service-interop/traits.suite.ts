/** What each broker does and does not, as docs/reference/brokers.md has it. */
import type { BrokerTraits } from './service-interop.suite.js';

export const traitsOf = {
  Petrel: { version: 5, groups: true, tellsNoSubscribers: true, qos: 2 },
  Mosquitto: { version: 5, groups: true, tellsNoSubscribers: true, qos: 2 },
  NATS: { version: 4, groups: false, tellsNoSubscribers: false, qos: 2 },
  RabbitMQ: { version: 4, groups: false, tellsNoSubscribers: false, qos: 1 },
} as const satisfies Record<string, BrokerTraits>;
