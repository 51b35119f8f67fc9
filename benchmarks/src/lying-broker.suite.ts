/** A server with one subscriber that forwards what publishers send, QoS 0 and 1, and does to the packets what a test says. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { encodePacket, PacketReader } from '@petrel/protocol';

/** What becomes of the PUBLISH with this number, counted from 0: the packets that are forwarded in its place. */
export type Treatment = (publish: Uint8Array, number: number) => readonly Uint8Array[];

/** A server that runs for a test. */
export interface LyingBroker {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens on a free port; `acknowledge` turns the Packet Identifier of a PUBLISH into that of its PUBACK. */
export async function startLyingBroker(
  treat: Treatment,
  acknowledge: (packetIdentifier: number) => number = (packetIdentifier) => packetIdentifier,
): Promise<LyingBroker> {
  const sockets = new Set<Socket>();
  let subscriber: Socket | undefined;
  let published = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    const reader = new PacketReader({ sender: 'client' });
    // The generator resets its connections when it ends.
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Uint8Array) => {
      reader.push(chunk);
      while (reader.nextFrame()) {
        const frame = reader.bytes.slice(reader.frameStart, reader.frameEnd);
        const packet = reader.decodeFrame();
        if (packet.type === 'connect') socket.write(Uint8Array.of(0x20, 2, 0, 0));
        if (packet.type === 'subscribe') {
          subscriber = socket;
          const { packetIdentifier, subscriptions } = packet;
          const reasonCodes = subscriptions.map(({ qos }) => qos);
          socket.write(encodePacket({ type: 'suback', packetIdentifier, reasonCodes, properties: {} }, 4));
        }
        if (packet.type !== 'publish') continue;
        for (const forwarded of treat(frame, published++)) subscriber?.write(forwarded);
        if (packet.qos === 0) continue;
        const packetIdentifier = acknowledge(packet.packetIdentifier);
        socket.write(encodePacket({ type: 'puback', packetIdentifier, reasonCode: 0, properties: {} }, 4));
      }
    });
  });
  server.listen({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
