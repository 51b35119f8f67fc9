/** Every client that the report compares, by the key of `--client`; its record is `recorded/client-<key>.json`. */
import type { ClientAdapter } from '../client/adapter.js';
import { mqttJsClient } from './mqtt-js.js';
import { petrelClient } from './petrel.js';

/** In the order of the columns. */
export const comparedClients: ReadonlyMap<string, ClientAdapter> = new Map([
  ['petrel', petrelClient],
  ['mqtt-js', mqttJsClient],
]);
