/**
 * Petrel's broker as a program would embed it, with default options. Arguments: port, transport, a folder with the certificate, and the
 * module to take it from, which is the built package unless another checkout is measured beside it. Imports nothing else: it would count.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as broker from '@petrel/broker';

const [port, transport, folder = '', module = '@petrel/broker'] = process.argv.slice(2);
const { createBroker } = (await import(module)) as typeof broker;
await createBroker({ listeners: [listener()] });
// A CPU profile is written only by a process that ends by itself.
process.on('SIGTERM', () => process.exit(0));

function listener(): broker.ListenerOptions {
  const place = { port: Number(port), host: '127.0.0.1' };
  if (transport !== 'tls') return { type: transport === 'websocket' ? 'websocket' : 'tcp', ...place };
  return {
    type: 'tls',
    ...place,
    cert: readFileSync(join(folder, 'cert.pem')),
    key: readFileSync(join(folder, 'key.pem')),
  };
}
