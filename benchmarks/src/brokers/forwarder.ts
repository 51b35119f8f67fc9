/**
 * Not a broker: what Node and the load generator reach together when a broker's work is left out. It answers CONNECT and SUBSCRIBE,
 * learns from the first PUBLISH of a connection who gets all that follows, and then only looks for the ends of packets.
 * MQTT 3.1.1, QoS 0, one topic for each publisher, no wildcards. Argument: port.
 */
import { createServer, type Socket } from 'node:net';
import { bodyOfPacket, endOfPacket } from '../packet-ends.js';

const connect = 0x10;
const publish = 0x30;
const subscribe = 0x82;

const receivers = new Map<string, Socket[]>();

createServer({ noDelay: true }, serve).listen(Number(process.argv[2]), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));

function serve(socket: Socket): void {
  let rest: Buffer | undefined;
  let targets: readonly Socket[] | undefined;
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    let end = endOfPacket(bytes, at);
    while (end > 0) {
      if (bytes[at] === publish) targets ??= receivers.get(topicName(bytes, at)) ?? [];
      else answer(socket, bytes, at);
      at = end;
      end = endOfPacket(bytes, at);
    }
    rest = at < bytes.length ? bytes.subarray(at) : undefined;
    if (targets === undefined) return;
    const forwarded = at === bytes.length ? bytes : bytes.subarray(0, at);
    for (const target of targets) target.write(forwarded);
  });
}

function topicName(bytes: Buffer, at: number): string {
  const body = bodyOfPacket(bytes, at);
  return bytes.toString('latin1', body + 2, body + 2 + bytes.readUInt16BE(body));
}

function answer(socket: Socket, bytes: Buffer, at: number): void {
  if (bytes[at] === connect) socket.write(Buffer.of(0x20, 2, 0, 0));
  if (bytes[at] !== subscribe) return;
  const body = bodyOfPacket(bytes, at);
  const topicFilter = bytes.toString('latin1', body + 4, body + 4 + bytes.readUInt16BE(body + 2));
  const sockets = receivers.get(topicFilter);
  if (sockets === undefined) receivers.set(topicFilter, [socket]);
  else sockets.push(socket);
  socket.write(Buffer.of(0x90, 3, bytes[body] ?? 0, bytes[body + 1] ?? 0, 0));
}
