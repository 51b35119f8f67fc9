/**
 * One client for each stored session, in all processes of this machine: a name that the system takes back when the process ends, however it ends.
 * Linux and Windows have such names; elsewhere only this process is watched.
 */
import { createServer, type Server } from 'node:net';
import { SessionStoreError } from '../errors.js';

/** Sessions that clients of this process have open. */
const heldHere = new Set<string>();

/** A held lock. */
export interface SessionLock {
  release(): Promise<void>;
}

/** Takes the lock of a session; `key` names it on this machine, `path` is for messages. Rejects with SessionStoreError. */
export async function lockSession(key: string, path: string): Promise<SessionLock> {
  if (heldHere.has(key)) throw locked(path, 'this process');
  heldHere.add(key);
  const name = systemName(key);
  try {
    const server = name === undefined ? undefined : await hold(name);
    return {
      release: async () => {
        heldHere.delete(key);
        await new Promise<void>((resolve) =>
          server === undefined ? resolve() : server.close(() => resolve()),
        );
      },
    };
  } catch (error) {
    heldHere.delete(key);
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw locked(path, 'another process');
    throw error;
  }
}

function systemName(key: string): string | undefined {
  // An abstract name: no file, nothing to clean up.
  if (process.platform === 'linux') return `\0petrel-session-${key}`;
  return process.platform === 'win32' ? `\\\\.\\pipe\\petrel-session-${key}` : undefined;
}

function hold(name: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(name, () => {
      // A lock keeps no program alive.
      server.unref();
      resolve(server);
    });
  });
}

function locked(path: string, who: string): SessionStoreError {
  return new SessionStoreError('PETREL_SESSION_STORE_LOCKED', `"${path}" is open in ${who}`);
}
