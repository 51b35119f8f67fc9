/** `ws:` and `wss:` over whatever WebSocket class the platform has; they all share the browser's interface. */
import type { Transport, TransportReceiver } from '../transport.js';

/** The part of the browser's WebSocket that is used here; `ws` has it too. */
export interface WebSocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  send(bytes: Uint8Array): void;
  close(): void;
}

const highWaterMarkBytes = 256 * 1024;
// WebSockets have no drain event; this is how often a full one is looked at.
const drainPollMs = 5;
const normalClosure = 1000;

/** Attaches to a WebSocket that is opening. `terminate` lets go of it, however the platform can. */
export function attachWebSocket(
  socket: WebSocketLike,
  receiver: TransportReceiver,
  terminate: () => void,
): Transport {
  let cause: Error | undefined;
  let closed = false;
  let poll: ReturnType<typeof setInterval> | undefined;
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => {
    if (!closed) receiver.onOpen();
  };
  socket.onmessage = ({ data }) => {
    if (closed) return;
    if (data instanceof ArrayBuffer) return receiver.onBytes(new Uint8Array(data));
    cause = new Error(
      'the server sent a WebSocket text frame; MQTT travels in binary frames only [MQTT-6.0.0-1]',
    );
    destroy();
  };
  socket.onerror = (event) => {
    const { error, message } = event as { error?: unknown; message?: unknown };
    cause ??=
      error instanceof Error ? error : new Error(typeof message === 'string' ? message : 'WebSocket failed');
  };
  socket.onclose = ({ code, reason }) => {
    if (code !== normalClosure) cause ??= new Error(`WebSocket closed with ${code}${reason && ` ${reason}`}`);
    report();
  };

  function report(): void {
    if (closed) return;
    closed = true;
    clearInterval(poll);
    receiver.onClose(cause);
  }

  // A browser's close() waits for a peer that may be gone: report the end now and let the socket finish alone.
  function destroy(): void {
    terminate();
    queueMicrotask(report);
  }

  function watchDrain(): void {
    poll ??= setInterval(() => {
      if (socket.bufferedAmount > highWaterMarkBytes) return;
      clearInterval(poll);
      poll = undefined;
      receiver.onDrain();
    }, drainPollMs);
  }

  return {
    write(bytes) {
      socket.send(bytes); // one binary frame per write [MQTT-6.0.0-1]; packets may span frames [MQTT-6.0.0-2]
      if (socket.bufferedAmount <= highWaterMarkBytes) return true;
      watchDrain();
      return false;
    },
    end: () => socket.close(),
    destroy,
  };
}

/** The subprotocol to offer [MQTT-6.0.0-3]; MQTT 3.1 brokers of old know it by another name. */
export function subprotocol(protocolVersion: number): string {
  return protocolVersion === 3 ? 'mqttv3.1' : 'mqtt';
}
