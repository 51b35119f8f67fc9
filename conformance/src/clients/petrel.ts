/** Petrel's own client. */
import { type AuthenticationMethod, type Client, createClient } from '@petrel/client';
import type { ClientAdapter, TestedClient, TestedClientOptions } from '../client/adapter.js';

/** `@petrel/client` on Node. */
export const petrelClient: ClientAdapter = {
  name: 'Petrel',
  authenticates: true,
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
    reauthenticate: () => client.reauthenticate(),
    close: () => client.close(),
    destroy: () => client.destroy(),
  };
}

function optionsOf(options: TestedClientOptions): Parameters<typeof createClient>[0] {
  const { reconnect, useTopicAliases, authentication, ...same } = options;
  return {
    ...same,
    ...(authentication && { authentication: methodOf(authentication) }),
    automaticTopicAliases: useTopicAliases ?? false,
    reconnect: reconnect ? { minDelayMs: 1, maxDelayMs: 50 } : false,
  };
}

/** Answers every challenge with the same bytes, and trusts any server. */
function methodOf({
  method,
  data,
}: NonNullable<TestedClientOptions['authentication']>): AuthenticationMethod {
  return {
    name: method,
    begin: () => ({ first: () => data, answer: () => data, complete: () => {} }),
  };
}
