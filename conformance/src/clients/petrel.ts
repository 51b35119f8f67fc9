/** Petrel's own client. */
import { type Client, createClient } from '@petrel/client';
import type { ClientAdapter, TestedClient, TestedClientOptions } from '../client/adapter.js';

/** `@petrel/client` on Node. */
export const petrelClient: ClientAdapter = {
  name: 'Petrel',
  authenticates: false,
  usesTopicAliases: true,
  create(options, onMessage) {
    const client = createClient(optionsOf(options));
    // Whatever the tests do to a connection is on purpose.
    client.on('error', () => {});
    client.on('message', ({ topicName, payload, qos }) => onMessage({ topicName, payload, qos }));
    return testedClient(client);
  },
};

function testedClient(client: Client): TestedClient {
  return {
    connected: () => client.connected(),
    publish: (topicName, payload, options) => client.publish(topicName, payload, options),
    subscribe: (topicFilter, options) => client.subscribe(topicFilter, options),
    unsubscribe: (topicFilter) => client.unsubscribe(topicFilter),
    close: () => client.close(),
    destroy: () => client.destroy(),
  };
}

function optionsOf(options: TestedClientOptions): Parameters<typeof createClient>[0] {
  const { reconnect, useTopicAliases, authentication: _, ...same } = options;
  return {
    ...same,
    automaticTopicAliases: useTopicAliases ?? false,
    reconnect: reconnect ? { minDelayMs: 1, maxDelayMs: 50 } : false,
  };
}
