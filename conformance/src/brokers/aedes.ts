/** Aedes 1.2 (MQTT 3.1.1) and 2.0 beta (MQTT 5) in this process, with their own defaults. */
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { Aedes } from 'aedes';
import { Aedes as AedesBeta } from 'aedes-beta';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { arranged, localTimeoutMs, type RunningTarget } from './running-target.js';

/** The version under `node_modules/aedes`. */
export function startAedes(): Promise<RunningTarget> {
  return start('Aedes 1.2', Aedes);
}

/** The version under `node_modules/aedes-beta`. */
export function startAedesBeta(): Promise<RunningTarget> {
  return start('Aedes 2.0.0-beta.1', AedesBeta as unknown as typeof Aedes);
}

async function start(name: string, Broker: typeof Aedes): Promise<RunningTarget> {
  const broker = await Broker.createBroker({
    authenticate: (_client, userName, _password, done) => done(null, userName !== arranged.refusedUserName),
    authorizePublish: (_client, { topic }, done) =>
      done(topic === arranged.deniedTopic ? new Error('denied') : null),
    authorizeSubscribe: (_client, subscription, done) =>
      done(null, subscription.topic === arranged.deniedTopic ? null : subscription),
  });
  const tcp = createServer((socket) => void broker.handle(socket));
  const http = createHttpServer();
  new WebSocketServer({ server: http, handleProtocols: () => 'mqtt' }).on('connection', (socket, request) => {
    broker.handle(createWebSocketStream(socket), request);
  });
  const [port, webSocketPort] = [await listen(tcp), await listen(http)];
  return {
    name,
    target: {
      url: new URL(`mqtt://127.0.0.1:${port}`),
      webSocketUrl: new URL(`ws://127.0.0.1:${webSocketPort}`),
      ...arranged,
      timeoutMs: localTimeoutMs,
    },
    async stop() {
      await new Promise<void>((resolve) => broker.close(resolve));
      tcp.close();
      http.close();
    },
  };
}

async function listen(server: Server): Promise<number> {
  server.listen({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
