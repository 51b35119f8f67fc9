/** Who a client says it is before it is accepted. Beside the connections, since only brokers that tell of refusals keep it. */
import type { Connection } from './connection.js';
import type { Client } from './hooks.js';

/** What a CONNECT claimed. */
export type Claim = Pick<Client, 'clientIdentifier' | 'userName'>;

/** By connection; gone with it. */
export const claims = new WeakMap<Connection, Claim>();
