/** Opens the connection of a service. */
import { connect } from '@petrel/client';
import { clientLink } from './client-link.js';
import { type ServiceOptions, splitServiceOptions } from './options.js';
import { Service } from './service.js';

/**
 * Connects and resolves with the service; rejects with ConnectError when the server cannot be reached or refuses.
 *
 * `const service = await createService({ url: 'mqtt://localhost:1883' })`
 */
export async function createService(options: ServiceOptions): Promise<Service> {
  const { client, settings } = splitServiceOptions(options);
  return new Service(clientLink(await connect(client)), settings);
}
