/** Opens the connection of a service. */
import { createClient } from '@petrel/client';
import { clientLink } from './client-link.js';
import { firstConnection } from './first-connection.js';
import { type ServiceOptions, splitServiceOptions } from './options.js';
import { Service } from './service.js';

/**
 * Connects and resolves with the service; rejects with ConnectError when the server cannot be reached or refuses.
 *
 * `declare` registers handlers before there is a connection, and returns what to wait for: with `cleanStart: false` no
 * message of the continued session is missed that way.
 *
 * `const service = await createService({ url: 'mqtt://localhost:1883' })`
 */
export async function createService(
  options: ServiceOptions,
  declare?: (service: Service) => Promise<unknown>,
): Promise<Service> {
  const { client: clientOptions, settings } = splitServiceOptions(options);
  const client = createClient(clientOptions);
  try {
    const service = new Service(clientLink(client, clientOptions), settings);
    const declared = Promise.all([declare?.(service), service.discoverable()]);
    // Where the connection fails, so do they; the connection's own error is the one to tell.
    declared.catch(() => undefined);
    await firstConnection(client, options.initialConnectAttempts ?? 1);
    await declared;
    return service;
  } catch (error) {
    client.destroy();
    throw error;
  }
}
