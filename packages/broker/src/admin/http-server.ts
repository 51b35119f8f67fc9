/** Where the servers for operators are, and how they end. */
import type { Server } from 'node:http';
import { addressOf, urlOf } from '../listeners/listener.js';

/** Of a server that listens. */
export function placeOf(server: Server): { readonly url: string; readonly port: number } {
  const address = addressOf(server);
  return { url: urlOf('http', address), port: address.port };
}

/** A close() that may be called twice: takes no more requests and finishes those that there are. */
export function closing(server: Server): () => Promise<void> {
  let closed: Promise<void> | undefined;
  return () => {
    closed ??= new Promise((resolve) => {
      server.close(() => resolve());
      server.closeIdleConnections();
    });
    return closed;
  };
}
