/** `ws:` and `wss:` in Node, over the package `ws`. */
import { type ClientOptions, WebSocket } from 'ws';
import type { TransportFactory } from '../transport.js';
import { attachWebSocket, subprotocol, type WebSocketLike } from './websocket.js';

/** WebSocket; port 80 or 443 unless the URL names another. TLS and headers come from the options. */
export const webSocketTransport: TransportFactory = (url, { tls, webSocket }) => {
  const options = {
    ...(tls as ClientOptions),
    headers: { ...webSocket.headers },
    perMessageDeflate: false,
  };
  const address = url.href;
  return (receiver, protocolVersion) => {
    const socket = new WebSocket(address, subprotocol(protocolVersion), options);
    return attachWebSocket(socket as unknown as WebSocketLike, receiver, () => socket.terminate());
  };
};
