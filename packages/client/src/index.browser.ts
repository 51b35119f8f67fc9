/** MQTT client for browsers: the native WebSocket, and streams. */
import type { Client } from './client.js';
import { connectOn, createClientOn } from './connect.js';
import type { ClientOptions } from './options.js';
import type { Platform } from './transport.js';
import { webSocketTransport } from './transports/websocket.browser.js';

export * from './exports.js';
export {
  IndexedDbSessionStore,
  type IndexedDbSessionStoreOptions,
} from './stores/indexed-db-session-store.js';

const platform: Platform = {
  transports: { ws: webSocketTransport, wss: webSocketTransport },
  defer: queueMicrotask.bind(globalThis),
};

/** As in Node; knows `ws:` and `wss:` URLs and the option `stream`. */
export function connect(
  target: string | URL | ClientOptions,
  options?: { readonly signal?: AbortSignal | undefined },
): Promise<Client> {
  return connectOn(platform, target, options);
}

/** As in Node; knows `ws:` and `wss:` URLs and the option `stream`. */
export function createClient(target: string | URL | ClientOptions): Client {
  return createClientOn(platform, target);
}
