/** Section 3.1: what a client writes into CONNECT, and what it does while it waits for the answer. */
import { defineTest } from '../conformance-test.js';
import { expectEqual, expectTrue } from '../wire/expect.js';
import { bytes, properties, string } from '../wire/frame.js';
import type { TestedWill } from './adapter.js';
import type { ClientContext } from './client-context.js';

const clientTest = defineTest<ClientContext>;
const will: TestedWill = { topicName: 'gone/grüße', payload: 'bye', qos: 1, retain: true, properties: {} };
const flag = {
  userName: 0x80,
  password: 0x40,
  willRetain: 0x20,
  willQoS: 0x18,
  will: 0x04,
  cleanStart: 0x02,
};

/** The Connect Flags, and everything behind the properties of CONNECT. */
function partsOf(t: ClientContext, connect: Uint8Array): { flags: number; payload: readonly number[] } {
  const start = (connect[1] ?? 0) < 0x80 ? 2 : 3;
  const behindKeepAlive = start + 10;
  const payload = t.isVersion5 ? behindKeepAlive + 1 + (connect[behindKeepAlive] ?? 0) : behindKeepAlive;
  return { flags: connect[start + 7] ?? 0, payload: [...connect.subarray(payload)] };
}

export const connectTests = [
  clientTest(
    { v5: 'MQTT-3.1.0-1', v311: 'MQTT-3.1.0-1' },
    'CONNECT is the first packet, even if a message waits',
    async (t) => {
      const { client, server } = await t.start();
      void client.publish('a', 'x', { qos: 1 });
      expectEqual((await server.next()).packet.type, 'connect', 'first packet');
    },
  ),

  clientTest({ v5: 'MQTT-3.1.2-1' }, 'the protocol name is MQTT and the version 5', async (t) => {
    const { connect } = await t.connect();
    expectEqual([...connect.bytes.subarray(2, 9)], [...string('MQTT'), 5], 'first bytes of CONNECT');
  }),

  clientTest(
    { v5: 'MQTT-3.1.2-4', v311: 'MQTT-3.1.2-6' },
    'Clean Start is in CONNECT, and nothing of an earlier session is sent behind it',
    async (t) => {
      const { client, server, connect } = await t.connect({ cleanStart: true });
      expectTrue((partsOf(t, connect.bytes).flags & flag.cleanStart) !== 0, 'CONNECT has Clean Start 0');
      await server.expectNothingBefore(client);
      const lasting = await t.connect({ cleanStart: false });
      expectTrue(
        (partsOf(t, lasting.connect.bytes).flags & flag.cleanStart) === 0,
        'CONNECT has Clean Start 1',
      );
    },
  ),

  clientTest(
    { v5: ['MQTT-3.1.2-9', 'MQTT-3.1.3-11'], v311: ['MQTT-3.1.2-9', 'MQTT-3.1.3-10'] },
    'a Will is in CONNECT with its topic, in UTF-8, and its payload',
    async (t) => {
      const { connect } = await t.connect({ will });
      const { flags, payload } = partsOf(t, connect.bytes);
      expectEqual(flags & (flag.will | flag.willQoS | flag.willRetain), 0x2c, 'Will flags');
      const expected = bytes(
        string(connect.packet.clientIdentifier),
        properties(t.version),
        string(will.topicName),
        string(will.payload),
      );
      expectEqual(payload, [...expected], 'payload of CONNECT');
    },
  ),

  clientTest(
    { v5: ['MQTT-3.1.2-11', 'MQTT-3.1.2-13'], v311: ['MQTT-3.1.2-11', 'MQTT-3.1.2-13', 'MQTT-3.1.2-15'] },
    'without a Will its flags are 0 and its fields absent',
    async (t) => {
      const { connect } = await t.connect();
      const { flags, payload } = partsOf(t, connect.bytes);
      expectEqual(flags & (flag.will | flag.willQoS | flag.willRetain), 0, 'Will flags');
      expectEqual(payload, [...string(connect.packet.clientIdentifier)], 'payload of CONNECT');
    },
  ),

  clientTest(
    { v5: 'MQTT-3.1.2-12', v311: 'MQTT-3.1.2-14' },
    'Will QoS is 0, 1 or 2 as asked, and 3 is never sent',
    async (t) => {
      for (const qos of [0, 1, 2] as const) {
        const { connect } = await t.connect({ will: { ...will, qos } });
        expectEqual((partsOf(t, connect.bytes).flags & flag.willQoS) >> 3, qos, 'Will QoS');
      }
      const url = await t.listen();
      try {
        t.create({ url, will: { ...will, qos: 3 as 2 } });
      } catch {
        // A client that refuses the option never connects.
        return;
      }
      const server = await t.accept().catch(() => undefined);
      const connect = await server?.expectFrame('connect').catch((error: unknown) => {
        if (!server.isClosed) throw error;
        return undefined;
      });
      if (connect !== undefined)
        expectTrue((partsOf(t, connect.bytes).flags & flag.willQoS) !== flag.willQoS, 'Will QoS 3');
    },
  ),

  clientTest(
    { v5: ['MQTT-3.1.2-16', 'MQTT-3.1.2-18'], v311: ['MQTT-3.1.2-18', 'MQTT-3.1.2-20', 'MQTT-3.1.2-22'] },
    'without User Name and Password their flags are 0 and their fields absent',
    async (t) => {
      const { connect } = await t.connect();
      const { flags, payload } = partsOf(t, connect.bytes);
      expectEqual(flags & (flag.userName | flag.password), 0, 'flags');
      expectEqual(payload.length, 2 + connect.packet.clientIdentifier.length, 'bytes of the payload');
      const named = await t.connect({ userName: 'somebody' });
      const parts = partsOf(t, named.connect.bytes);
      expectEqual(
        parts.flags & (flag.userName | flag.password),
        flag.userName,
        'flags with a User Name only',
      );
      expectEqual(
        parts.payload.length,
        2 + named.connect.packet.clientIdentifier.length + 10,
        'bytes of the payload',
      );
    },
  ),

  clientTest(
    {
      v5: ['MQTT-3.1.2-17', 'MQTT-3.1.2-19', 'MQTT-3.1.3-12'],
      v311: ['MQTT-3.1.2-19', 'MQTT-3.1.2-21', 'MQTT-3.1.3-11'],
    },
    'User Name, in UTF-8, and Password are in the payload when their flags say so',
    async (t) => {
      const { connect } = await t.connect({ userName: 'jürgen', password: 'geheim' });
      const { flags, payload } = partsOf(t, connect.bytes);
      expectEqual(flags & (flag.userName | flag.password), flag.userName | flag.password, 'flags');
      const expected = bytes(string(connect.packet.clientIdentifier), string('jürgen'), string('geheim'));
      expectEqual(payload, [...expected], 'payload of CONNECT');
    },
  ),

  clientTest({ v311: 'MQTT-3.1.2-22' }, 'a Password without a User Name is never sent', async (t) => {
    const url = await t.listen();
    try {
      t.create({ url, password: 'secret' });
    } catch {
      // A client that refuses the option never connects.
      return;
    }
    const server = await t.accept().catch(() => undefined);
    const connect = await server?.expectFrame('connect').catch((error: unknown) => {
      if (!server.isClosed) throw error;
      return undefined;
    });
    if (connect === undefined) return;
    const { flags } = partsOf(t, connect.bytes);
    expectTrue(
      (flags & flag.password) === 0 || (flags & flag.userName) !== 0,
      'Password Flag without User Name Flag',
    );
  }),

  clientTest(
    { v5: 'MQTT-3.1.3-1', v311: 'MQTT-3.1.3-1' },
    'the payload has Client Identifier, Will, User Name and Password in this order',
    async (t) => {
      const { connect } = await t.connect({ will, userName: 'user', password: 'password' });
      const expected = bytes(
        string(connect.packet.clientIdentifier),
        properties(t.version),
        string(will.topicName),
        string(will.payload),
        string('user'),
        string('password'),
      );
      expectEqual(partsOf(t, connect.bytes).payload, [...expected], 'payload of CONNECT');
    },
  ),

  clientTest(
    { v5: ['MQTT-3.1.3-3', 'MQTT-3.1.3-4'], v311: ['MQTT-3.1.3-3', 'MQTT-3.1.3-4'] },
    'the Client Identifier is always there, first and in UTF-8, also when it is empty',
    async (t) => {
      const { connect } = await t.connect({ clientIdentifier: 'gerät-7' });
      expectEqual(partsOf(t, connect.bytes).payload, [...string('gerät-7')], 'payload of CONNECT');
      const url = await t.listen();
      t.create({ url, clientIdentifier: '' });
      const { packet, bytes: received } = await (await t.accept()).expectFrame('connect');
      expectEqual(
        partsOf(t, received).payload,
        [...string(packet.clientIdentifier)],
        'payload of CONNECT with an empty Client Identifier',
      );
    },
  ),

  clientTest({ v311: 'MQTT-3.1.3-7' }, 'an empty ClientId goes with CleanSession 1', async (t) => {
    const url = await t.listen();
    try {
      t.create({ url, clientIdentifier: '', cleanStart: false });
    } catch {
      // A client that refuses the combination never connects.
      return;
    }
    const server = await t.accept().catch(() => undefined);
    const connect = await server?.expectPacket('connect').catch((error: unknown) => {
      if (!server.isClosed) throw error;
      return undefined;
    });
    if (connect !== undefined)
      expectTrue(connect.cleanStart || connect.clientIdentifier !== '', 'empty ClientId with CleanSession 0');
  }),
].flat();
