/** Section 3.1: what CONNECT asks for as long as the connection lasts, and the next CONNECT that ends it. */
import { defineTest } from '../conformance-test.js';
import { expectEqual, expectTrue } from '../wire/expect.js';
import { bytes, uint16 } from '../wire/frame.js';
import type { TestContext } from './test-context.js';

const serverTest = defineTest<TestContext>;

export const termsTests = [
  serverTest(
    { v5: 'MQTT-3.1.4-3' },
    'the same Client Identifier again: the old connection gets DISCONNECT 0x8E and is closed',
    async (t) => {
      const old = await t.connect();
      const successor = await t.connect({ clientIdentifier: old.clientIdentifier });
      const { reasonCode } = await old.expectPacket('disconnect');
      expectEqual(reasonCode, 0x8e, 'Reason Code of DISCONNECT');
      await old.waitClosed();
      await successor.ping();
    },
  ),

  serverTest({ v311: 'MQTT-3.1.4-2' }, 'the same ClientId again: the old connection is closed', async (t) => {
    const old = await t.connect();
    const successor = await t.connect({ clientIdentifier: old.clientIdentifier });
    await old.expectClosed();
    await successor.ping();
  }),

  serverTest(
    { v5: 'MQTT-3.1.2-22', v311: 'MQTT-3.1.2-24' },
    'a client that is silent for more than 1.5 times its Keep Alive is closed, and its Will goes out',
    async (t) => {
      const topicName = t.topic('will');
      const watcher = await t.connect();
      await watcher.subscribe(topicName);
      const silent = await t.connect({ keepAlive: 1, will: { topicName } });
      await silent.expectClosed(10_000);
      await watcher.expectMessage(topicName);
    },
    { seconds: 10 },
  ),

  serverTest(
    { v5: 'MQTT-3.2.2-22' },
    "without Server Keep Alive the client's own Keep Alive counts",
    async (t) => {
      const client = await t.connect({ keepAlive: 2 });
      t.require(
        client.connack.properties.serverKeepAlive === undefined,
        'the broker sends Server Keep Alive',
      );
      for (let second = 0; second < 4; second++) {
        await t.wait(1);
        await client.ping();
      }
      await client.expectClosed(12_000);
    },
    { seconds: 16 },
  ),

  serverTest(
    { v5: 'MQTT-3.1.2-28' },
    'Request Response Information 0 or absent: CONNACK has no Response Information',
    async (t) => {
      for (const properties of [{}, { requestResponseInformation: false }]) {
        const { connack } = await t.connect({ properties });
        expectEqual(connack.properties.responseInformation, undefined, 'Response Information');
      }
    },
  ),

  serverTest(
    { v5: 'MQTT-3.1.2-29' },
    'Request Problem Information 0: no Reason String or User Property on acknowledgements',
    async (t) => {
      const client = await t.connect({ properties: { requestProblemInformation: false } });
      const denied = t.target.deniedTopic ?? t.topic('nobody-is-here');
      client.send(
        client.publishPacket(denied, 'x', { qos: 1 }),
        client.publishPacket(denied, 'x', { qos: 2 }),
      );
      client.send(bytes(0x62, 2, uint16(4711)), bytes(0x50, 2, uint16(4712)), bytes(0x70, 2, uint16(4713)));
      await client.trySubscribe(denied).then((suback) => expectNoProblem(suback));
      expectNoProblem(await client.unsubscribe(t.topic('never-subscribed')));
      expectNoProblem(await client.expectPacket('puback'));
      expectNoProblem(await client.expectPacket('pubrec'));
      expectNoProblem(await client.expectPacket('pubcomp'));
      for (const pubrel of client.pending('pubrel')) expectNoProblem(pubrel);
    },
  ),
].flat();

function expectNoProblem({ type, properties }: { readonly type: string; readonly properties: object }): void {
  expectTrue(!('reasonString' in properties), `${type.toUpperCase()} has a Reason String`);
  expectTrue(!('userProperties' in properties), `${type.toUpperCase()} has a User Property`);
}
