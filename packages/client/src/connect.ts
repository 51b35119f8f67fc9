/** How a client comes about, the same on every platform. */
import { Client } from './client.js';
import type { ClientOptions } from './options.js';
import { resolveOptions } from './resolve-options.js';
import type { Platform } from './transport.js';

/** Connects and resolves after the first CONNACK. */
export async function connectOn(
  platform: Platform,
  target: string | URL | ClientOptions,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Client> {
  signal?.throwIfAborted();
  const options = resolveOptions(target, platform);
  const client = new Client(options, platform, options.initialConnectAttempts);
  try {
    await client.connected({ signal });
    return client;
  } catch (error) {
    client.destroy();
    throw error;
  }
}

/** Returns a client that connects in the background. */
export function createClientOn(platform: Platform, target: string | URL | ClientOptions): Client {
  const options = resolveOptions(target, platform);
  return new Client(options, platform, options.reconnect?.attempts ?? 1);
}
