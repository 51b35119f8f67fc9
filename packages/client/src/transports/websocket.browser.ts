/** `ws:` and `wss:` in browsers, over the native WebSocket. */
import { UsageError } from '@petrel/protocol';
import type { TransportFactory } from '../transport.js';
import { attachWebSocket, subprotocol, type WebSocketLike } from './websocket.js';

/** WebSocket; TLS is the browser's affair, and it sends no headers of ours. */
export const webSocketTransport: TransportFactory = (url, { webSocket }) => {
  if (webSocket.headers !== undefined) {
    throw new UsageError(
      'option "webSocket.headers" works in Node only: browsers have no way to send headers',
    );
  }
  const address = url.href;
  return (receiver, protocolVersion) => {
    const socket = new WebSocket(address, subprotocol(protocolVersion));
    return attachWebSocket(socket as unknown as WebSocketLike, receiver, () => socket.close());
  };
};
