/** Finds ports: the preferred one, or the next that is free. */
import { createServer } from 'node:net';

const host = '127.0.0.1';
const attempts = 50;

/**
 * The first port from `preferred` upwards that nothing on loopback listens on, and that is not among `taken`; 0 asks the system.
 *
 * Throws when 50 in a row are busy.
 */
export async function nextFreePort(preferred: number, taken: readonly number[] = []): Promise<number> {
  if (preferred === 0) return (await tryPort(0))!;
  for (let port = preferred; port < Math.min(preferred + attempts, 65_536); port++) {
    if (taken.includes(port)) continue;
    const free = await tryPort(port);
    if (free !== undefined) return free;
  }
  throw new Error(
    `no free port from ${preferred} to ${Math.min(preferred + attempts, 65_536) - 1} on ${host}`,
  );
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      // EACCES: a port below 1024 that only root may open.
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined);
      else reject(error);
    });
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      const found = typeof address === 'object' && address !== null ? address.port : port;
      server.close(() => resolve(found));
    });
  });
}
