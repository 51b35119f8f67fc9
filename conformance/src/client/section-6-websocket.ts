/** Section 6: a client over WebSocket. */
import { encodePacket } from '@petrel/protocol';
import type { WebSocket } from 'ws';
import { defineTest } from '../conformance-test.js';
import { expectEqual, expectTrue } from '../wire/expect.js';
import { bytes } from '../wire/frame.js';
import type { ClientContext } from './client-context.js';

const clientTest = defineTest<ClientContext>;

/** A client over WebSocket whose CONNECT has come and is not answered yet. */
async function start(t: ClientContext) {
  let socket: WebSocket | undefined;
  const kinds: boolean[] = [];
  let offered: ReadonlySet<string> = new Set();
  const url = await t.listenWebSocket((opened, protocols) => {
    socket = opened;
    offered = protocols;
    opened.on('message', (_data, isBinary) => kinds.push(isBinary));
  });
  const client = t.create({ url });
  const server = await t.accept();
  await server.expectPacket('connect');
  return { client, server, socket: socket as WebSocket, kinds, offered };
}

export const webSocketTests = [
  clientTest(
    { v5: 'MQTT-6.0.0-1', v311: 'MQTT-6.0.0-1' },
    'the client sends binary frames only, and a text frame closes',
    async (t) => {
      const { server, socket, kinds } = await start(t);
      server.send({ type: 'connack', sessionPresent: false, reasonCode: 0, properties: {} });
      expectEqual(kinds.includes(false), false, 'whether a text frame came');
      socket.send('\u0000', { binary: false });
      await server.waitClosed();
    },
  ),

  clientTest(
    { v5: 'MQTT-6.0.0-2', v311: 'MQTT-6.0.0-2' },
    'packets may share a frame and may be spread over frames',
    async (t) => {
      const { client, server, socket } = await start(t);
      const connack = encodePacket(
        { type: 'connack', sessionPresent: false, reasonCode: 0, properties: {} },
        t.version,
      );
      for (const byte of connack) socket.send(Uint8Array.of(byte));
      const publish = t.isVersion5 ? bytes(0x30, 5, 0, 1, 0x61, 0, 0x78) : bytes(0x30, 4, 0, 1, 0x61, 0x78);
      socket.send(bytes(publish, publish, publish.subarray(0, 3)));
      socket.send(publish.subarray(3));
      for (let count = 0; count < 3; count++)
        expectEqual((await client.nextMessage()).topicName, 'a', 'Topic Name');
      await server.expectNothingBefore(client);
    },
  ),

  clientTest(
    { v5: 'MQTT-6.0.0-3', v311: 'MQTT-6.0.0-3' },
    'the client offers the subprotocol "mqtt"',
    async (t) => {
      const { offered } = await start(t);
      expectTrue(offered.has('mqtt'), `offered: ${[...offered].join(', ')}`);
    },
  ),
].flat();
