/** MQTT client for Node: TCP, TLS, WebSocket, Unix sockets and streams. */
import type { Client } from './client.js';
import { connectOn, createClientOn } from './connect.js';
import type { ClientOptions } from './options.js';
import type { Platform } from './transport.js';
import { tcpTransport, unixTransport } from './transports/tcp.js';
import { tlsTransport } from './transports/tls.js';
import { webSocketTransport } from './transports/websocket.node.js';

export * from './exports.js';
export { DiskSessionStore, type DiskSessionStoreOptions } from './stores/disk-session-store.js';

const platform: Platform = {
  transports: {
    mqtt: tcpTransport,
    tcp: tcpTransport,
    mqtts: tlsTransport,
    tls: tlsTransport,
    ssl: tlsTransport,
    ws: webSocketTransport,
    wss: webSocketTransport,
    'mqtt+unix': unixTransport,
  },
  defer: setImmediate,
};

/**
 * Connects to an MQTT server and resolves after its CONNACK.
 *
 * Rejects with ConnectError when the first attempt fails (option `initialConnectAttempts`), with UsageError on a bad option, with the
 * signal's reason.
 */
export function connect(
  target: string | URL | ClientOptions,
  options?: { readonly signal?: AbortSignal | undefined },
): Promise<Client> {
  return connectOn(platform, target, options);
}

/** Returns a client at once and connects in the background, as often as the option `reconnect` allows; throws UsageError on a bad option. */
export function createClient(target: string | URL | ClientOptions): Client {
  return createClientOn(platform, target);
}
