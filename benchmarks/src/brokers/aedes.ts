/** Aedes with its default options. Arguments: port, transport, a folder with the certificate, and which of the two installed versions. */
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import type { Aedes } from 'aedes';

const [port, transport, folder = '', module = 'aedes'] = process.argv.slice(2);
const { Aedes: Broker } = (await import(module)) as { Aedes: typeof Aedes };
const broker = await Broker.createBroker();

if (transport === 'websocket') {
  const { createWebSocketStream, WebSocketServer } = await import('ws');
  const http = createHttpServer();
  new WebSocketServer({ server: http, handleProtocols: () => 'mqtt' }).on('connection', (socket, request) => {
    broker.handle(createWebSocketStream(socket), request);
  });
  http.listen(Number(port), '127.0.0.1');
} else {
  const tcp =
    transport === 'tls'
      ? createTlsServer(certificate(), (socket) => void broker.handle(socket))
      : createServer({ noDelay: true }, (socket) => void broker.handle(socket));
  tcp.listen(Number(port), '127.0.0.1');
}
process.on('SIGTERM', () => process.exit(0));

function certificate() {
  return { cert: readFileSync(join(folder, 'cert.pem')), key: readFileSync(join(folder, 'key.pem')) };
}
