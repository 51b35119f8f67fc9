/** Gives a `@petrel/client` client the narrow face that services need. */
import type { Client, ClientOptions } from '@petrel/client';
import type { Link } from './link.js';

/** The link over one client; closing the link closes the client. */
export function clientLink(
  client: Client,
  { protocolVersion }: Pick<ClientOptions, 'protocolVersion'> = {},
): Link {
  const mayBe5 = protocolVersion !== 3 && protocolVersion !== 4;
  return {
    get isConnected() {
      return client.status === 'connected';
    },
    get protocolVersion() {
      return client.server?.protocolVersion;
    },
    get separatesSubscriptions() {
      return client.server?.subscriptionIdentifiersAvailable ?? mayBe5;
    },
    get clientIdentifier() {
      return client.clientIdentifier;
    },
    ready: async () => {
      if (client.server === undefined) await client.connected();
    },
    publish: (topicName, payload, options) => client.publish(topicName, payload, options),
    subscribe: (topicFilter, options, handler) => client.subscribe(topicFilter, options, handler),
    watch: (watcher) => {
      const offs = [
        client.on('connect', () => watcher.onConnected()),
        client.on('disconnect', (cause) => watcher.onLost(cause)),
      ];
      return () => {
        for (const off of offs) off();
      };
    },
    close: (graceMs) => client.close({ graceMs }),
  };
}
