/** Where the servers for operators are, and how they end. */
import type { Server, ServerOptions } from 'node:http';
import { addressOf, urlOf } from '../listeners/listener.js';

/** Of a server that listens. */
export function placeOf(server: Server): { readonly url: string; readonly port: number } {
  const address = addressOf(server);
  return { url: urlOf('http', address), port: address.port };
}

/** Node looks for requests that take too long only now and then, by itself every half minute. */
export function requestsWithin(timeoutMs: number): ServerOptions {
  return { requestTimeout: timeoutMs, headersTimeout: timeoutMs, connectionsCheckingInterval: 1_000 };
}

/** What a request that was begun has left to come to its end: a peer that stands still must not hold up the end of the broker. */
const closingMs = 1_000;

/** A close() that may be called twice: takes no more requests and finishes those that there are. */
export function closing(server: Server): () => Promise<void> {
  let closed: Promise<void> | undefined;
  return () => {
    closed ??= new Promise((resolve) => {
      const late = setTimeout(() => server.closeAllConnections(), closingMs);
      server.close(() => {
        clearTimeout(late);
        resolve();
      });
      server.closeIdleConnections();
    });
    return closed;
  };
}
