/** A TCP server whose connections are raw peers: the broker's side by hand, for tests of clients. */
import { createServer } from 'node:net';
import { withDeadline } from './deadline.js';
import { RawPeer } from './raw-peer.js';

/** A raw server that runs for a test. */
export interface RawServer {
  readonly port: number;
  /** `mqtt://127.0.0.1:<port>`. */
  readonly url: string;
  /** The next client that connects, or the oldest one nobody asked for yet; fails after 5,000 ms. */
  accept(): Promise<RawPeer>;
  /** Destroys all connections and frees the port. */
  close(): Promise<void>;
}

/** Listens on a free loopback port. */
export async function startRawServer(): Promise<RawServer> {
  const waiting: RawPeer[] = [];
  const takers: ((peer: RawPeer) => void)[] = [];
  const all = new Set<RawPeer>();
  const server = createServer({ noDelay: true }, (socket) => {
    const peer = new RawPeer(socket, { role: 'server' });
    all.add(peer);
    socket.once('close', () => all.delete(peer));
    const take = takers.shift();
    if (take === undefined) waiting.push(peer);
    else take(peer);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: 0, host: '127.0.0.1' }, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    accept() {
      const next = waiting.shift();
      if (next !== undefined) return Promise.resolve(next);
      const accepted = new Promise<RawPeer>((resolve) => takers.push(resolve));
      return withDeadline(accepted, 5000, () => 'no client connected');
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const peer of all) peer.destroy();
      await closed;
    },
  };
}
