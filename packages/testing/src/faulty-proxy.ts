/** A TCP proxy on loopback whose connections are faulty links. */
import { connect, createServer, type Socket } from 'node:net';
import { FaultyLink, type LinkFaults } from './faulty-link.js';

/** A proxy that runs for a test. */
export interface FaultyProxy {
  readonly port: number;
  /** Connections that are open, the oldest first. */
  readonly links: ReadonlySet<FaultyLink>;
  /** Faults of connections that come from now on. */
  setFaults(faults: LinkFaults): void;
  /** While false, connections are accepted and reset at once, as by a server that is down; true at first. */
  reachable: boolean;
  /** Cuts every open connection. */
  cut(): void;
  /** Cuts everything and frees the port. */
  close(): Promise<void>;
}

/** Starts a proxy in front of `target`. */
export async function startFaultyProxy(
  target: { readonly port: number; readonly host?: string },
  faults: LinkFaults = {},
): Promise<FaultyProxy> {
  const links = new Set<FaultyLink>();
  let current = faults;
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client: Socket) => {
    if (!proxy.reachable) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({
      port: target.port,
      host: target.host ?? '127.0.0.1',
      noDelay: true,
      allowHalfOpen: true,
    });
    const link = new FaultyLink(client, upstream, current);
    links.add(link);
    void link.closed.then(() => links.delete(link));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: 0, host: '127.0.0.1' }, resolve);
  });
  const address = server.address();
  const proxy: FaultyProxy = {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    links,
    reachable: true,
    setFaults(next) {
      current = next;
    },
    cut() {
      for (const link of links) link.cut();
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      proxy.cut();
      await closed;
    },
  };
  return proxy;
}
