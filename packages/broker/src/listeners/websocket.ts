/** MQTT over WebSocket (section 6), plain or over TLS, on a server of its own or on one that the program already has. */
import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  STATUS_CODES,
} from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { WebSocketTransport } from '../transports/websocket.js';
import { Handshakes } from './handshakes.js';
import {
  addressOf,
  assertStaysLocal,
  type Listener,
  type ListenerContext,
  listenOnPort,
  stopListening,
  urlOf,
} from './listener.js';
import type { ResolvedListener, ResolvedWebSocketListener } from './listener-options.js';
import { isLoopback } from './loopback.js';
import { isOriginAllowed } from './origin.js';
import { peerCertificateOf } from './peer-certificate.js';
import { ProxiedSockets } from './proxied-sockets.js';
import { SecureContexts, serverOptions } from './secure-contexts.js';
import { socketOptions } from './socket-options.js';

/** Subprotocols in order of preference; the second is what MQTT 3.1 clients of old offer. */
const subprotocols = ['mqtt', 'mqttv3.1'];

/** Opens the listener; rejects with ListenError. */
export async function openWebSocketListener(
  options: ResolvedWebSocketListener,
  context: ListenerContext,
): Promise<Listener> {
  const proxied = options.proxies && new ProxiedSockets(options.proxies, context.limits.handshakeTimeoutMs);
  const contexts = options.tls && new SecureContexts(options.tls, nameOf(options));
  // The sockets of a program's own server are that program's, until they ask for an upgrade.
  const handshakes = options.server === undefined ? new Handshakes('websocket', context, proxied) : undefined;
  const server = options.server ?? createServer(options, contexts, context);
  handshakes?.guard(server);
  let { origins } = options;
  if (options.server === undefined) await listenOnPort(server, options, context);
  else assertStaysLocal(server, options.loopbackOnly);
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    // Compression costs memory per connection, and lets a small frame grow to a large one.
    perMessageDeflate: false,
    maxPayload: context.limits.maximumMessageBytes,
    handleProtocols: (offered) => subprotocols.find((name) => offered.has(name)) ?? false, // [MQTT-6.0.0-4]
  });
  const upgrade = (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    if (isForAnother(server, request, options)) return;
    const refusal = refusalOf(request, { ...options, origins }, isLoopback(addressOf(server).address));
    if (refusal !== undefined) {
      refuse(stream, refusal);
      return;
    }
    webSockets.handleUpgrade(request, stream, head, (socket) => {
      const handshake = handshakes?.done(request.socket);
      if (handshakes !== undefined && handshake === undefined) {
        stream.destroy();
        return;
      }
      const transport = new WebSocketTransport(socket, stream, {
        ...context.limits,
        // Never a header: X-Forwarded-For is whatever the peer says it is.
        remoteAddress: handshake === undefined ? request.socket.remoteAddress : handshake.remoteAddress,
        peerCertificate: peerCertificateOf(stream),
        certificates: contexts,
        unfinished: context.unfinished,
      });
      context.accept(transport, handshake);
    });
  };
  server.on('upgrade', upgrade);
  const close = async () => {
    server.off('upgrade', upgrade);
    if (options.server !== undefined) return;
    await stopListening(server);
    handshakes?.destroyAll();
  };
  const prepare = (next: ResolvedListener) => {
    const { tls, origins: nextOrigins } = next as ResolvedWebSocketListener;
    const renew = tls && contexts?.prepare(server as HttpsServer, tls, nameOf(options));
    return () => {
      renew?.();
      origins = nextOrigins;
    };
  };
  return describe(server, options, prepare, close);
}

function describe(
  server: HttpServer,
  options: ResolvedWebSocketListener,
  prepare: (next: ResolvedListener) => () => void,
  close: () => Promise<void>,
): Listener {
  const scheme = 'setSecureContext' in server ? 'wss' : 'ws';
  return {
    type: 'websocket',
    // A server of the program's own may begin to listen later.
    get url() {
      return urlOf(scheme, addressOf(server)) + (options.path ?? '');
    },
    get host() {
      return addressOf(server).address;
    },
    get port() {
      return addressOf(server).port;
    },
    prepare,
    close,
  };
}

function createServer(
  options: ResolvedWebSocketListener,
  contexts: SecureContexts | undefined,
  { limits }: ListenerContext,
): HttpServer {
  const bounds = {
    ...socketOptions,
    headersTimeout: limits.handshakeTimeoutMs,
    requestTimeout: limits.handshakeTimeoutMs,
    connectionsCheckingInterval: Math.max(100, Math.ceil(limits.handshakeTimeoutMs / 4)),
    maxHeaderSize: 8_192,
  };
  const server =
    options.tls === undefined || contexts === undefined
      ? createHttpServer(bounds)
      : createHttpsServer({
          ...bounds,
          ...serverOptions(options.tls, contexts),
          handshakeTimeout: limits.handshakeTimeoutMs,
        });
  server.on('request', (request, response) => {
    request.resume();
    response.writeHead(426, {
      upgrade: 'websocket',
      connection: 'upgrade, close',
      'content-type': 'text/plain',
    });
    response.end('This is an MQTT broker: connect with a WebSocket that offers the subprotocol "mqtt".\n');
  });
  return server;
}

function nameOf({ port }: ResolvedWebSocketListener): string {
  return `wss listener on port ${port}`;
}

/** A server of the program's own may serve other WebSockets on other paths. */
function isForAnother(
  server: HttpServer,
  request: IncomingMessage,
  options: ResolvedWebSocketListener,
): boolean {
  return (
    server.listenerCount('upgrade') > 1 && options.path !== undefined && pathOf(request) !== options.path
  );
}

function pathOf(request: IncomingMessage): string | undefined {
  return request.url?.split('?', 1)[0];
}

interface Refusal {
  readonly status: number;
  readonly reason: string;
}

function refusalOf(
  request: IncomingMessage,
  options: ResolvedWebSocketListener,
  isLocal: boolean,
): Refusal | undefined {
  if (options.path !== undefined && pathOf(request) !== options.path) {
    return { status: 404, reason: 'no MQTT at this path' };
  }
  const { origin, host } = request.headers;
  if (!isOriginAllowed({ origin, host, isLocal }, options.origins)) {
    return { status: 403, reason: 'this origin is not in the origins of the listener' };
  }
  const offered = request.headers['sec-websocket-protocol']?.split(',').map((name) => name.trim()) ?? [];
  if (!subprotocols.some((name) => offered.includes(name))) {
    return { status: 400, reason: 'the WebSocket must offer the subprotocol "mqtt" [MQTT-6.0.0-3]' };
  }
  return undefined;
}

function refuse(stream: Duplex, { status, reason }: Refusal): void {
  const body = `${reason}\n`;
  stream.on('error', () => stream.destroy());
  stream.once('finish', () => stream.destroy());
  stream.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body}`,
  );
}
