/** Ports for programs that cannot be told to take port 0. */
import { createServer } from 'node:net';

/**
 * A loopback port that was free a moment ago. Another program can take it before it is used: prefer port 0
 * where it works, and start programs through `launchOnFreePort`, which tries again.
 */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port: 0, host: '127.0.0.1' }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
