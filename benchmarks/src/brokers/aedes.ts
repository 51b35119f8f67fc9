/** Aedes with its default options. Arguments: port, transport, and which of the two installed versions. */
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { serverCertificate } from '@petrel/testing';
import type { Aedes } from 'aedes';
import { createWebSocketStream, WebSocketServer } from 'ws';

const [port, transport, module = 'aedes'] = process.argv.slice(2);
const { Aedes: Broker } = (await import(module)) as { Aedes: typeof Aedes };
const broker = await Broker.createBroker();

if (transport === 'websocket') {
  const http = createHttpServer();
  new WebSocketServer({ server: http, handleProtocols: () => 'mqtt' }).on('connection', (socket, request) => {
    broker.handle(createWebSocketStream(socket), request);
  });
  http.listen(Number(port), '127.0.0.1');
} else {
  const tcp =
    transport === 'tls'
      ? createTlsServer(serverCertificate, (socket) => void broker.handle(socket))
      : createServer({ noDelay: true }, (socket) => void broker.handle(socket));
  tcp.listen(Number(port), '127.0.0.1');
}
process.on('SIGTERM', () => process.exit(0));
