/** Sections 3.4 to 3.7: PUBACK, PUBREC, PUBREL and PUBCOMP. */
import { isReasonCodeOf } from '@petrel/protocol';
import { defineTest } from '../conformance-test.js';
import { expectEqual, expectTrue } from '../wire/expect.js';
import { bytes, publishFrame, uint16 } from '../wire/frame.js';
import type { TestClient } from './test-client.js';
import type { TestContext } from './test-context.js';

const serverTest = defineTest<TestContext>;

type AnswerType = 'puback' | 'pubrec' | 'pubrel' | 'pubcomp';

/** Bytes that make the broker send the answer with a code worth explaining, where it can be made to. */
const provocation: Readonly<Record<AnswerType, (t: TestContext) => Uint8Array>> = {
  puback: (t) =>
    publishFrame(5, {
      firstByte: 0x32,
      topicName: t.target.deniedTopic ?? t.topic('nobody'),
      packetIdentifier: 77,
    }),
  pubrec: (t) =>
    publishFrame(5, {
      firstByte: 0x34,
      topicName: t.target.deniedTopic ?? t.topic('nobody'),
      packetIdentifier: 77,
    }),
  // A PUBREC for which there is no PUBLISH.
  pubrel: () => bytes(0x50, 2, uint16(77)),
  // A PUBREL for which there is no PUBLISH.
  pubcomp: () => bytes(0x62, 2, uint16(77)),
};

/** Provokes the answer from a broker that may send at most so many bytes; undefined when it prefers to say nothing. */
async function provoke(
  t: TestContext,
  type: AnswerType,
  maximumPacketSize?: number,
): Promise<Uint8Array | undefined> {
  const client = await t.connect({
    properties: maximumPacketSize === undefined ? {} : { maximumPacketSize },
  });
  client.send(provocation[type](t));
  client.send({ type: 'pingreq' });
  const { packet, bytes: received } = await client.next();
  return packet.type === 'pingresp' ? undefined : received;
}

/** The Reason Code in the bytes of an answer. */
function codeOf(answer: Uint8Array): number {
  return answer.length < 5 ? 0 : (answer[4] ?? 0);
}

const sections: readonly (readonly [AnswerType, section: string])[] = [
  ['puback', 'MQTT-3.4.2'],
  ['pubrec', 'MQTT-3.5.2'],
  ['pubrel', 'MQTT-3.6.2'],
  ['pubcomp', 'MQTT-3.7.2'],
];

const answerTests = sections.flatMap(([type, section]) => [
  // MQTT-3.4.2-1, MQTT-3.5.2-1, MQTT-3.6.2-1, MQTT-3.7.2-1
  serverTest(
    { v5: `${section}-1` },
    `${type.toUpperCase()} has one of its defined Reason Codes`,
    async (t) => {
      const answer = await provoke(t, type);
      t.require(answer !== undefined, `the broker sends no ${type.toUpperCase()} here`);
      const code = codeOf(answer ?? new Uint8Array(0));
      expectTrue(isReasonCodeOf(type, code, 'server'), `Reason Code ${code}`);
    },
  ),

  // MQTT-3.4.2-2, -3, MQTT-3.5.2-2, -3, MQTT-3.6.2-2, -3, MQTT-3.7.2-2, -3
  serverTest(
    { v5: [`${section}-2`, `${section}-3`] },
    `${type.toUpperCase()} keeps within Maximum Packet Size, without Reason String and User Property if need be`,
    async (t) => {
      const maximum = await t.tightestPacketSize();
      const answer = await provoke(t, type, maximum);
      t.require(answer !== undefined, `the broker sends no ${type.toUpperCase()} here`);
      expectTrue((answer?.length ?? 0) <= maximum, `${answer?.length} bytes, allowed are ${maximum}`);
    },
  ),
]);

export const acknowledgementTests = [
  ...answerTests,

  serverTest(
    { v5: 'MQTT-3.6.1-1', v311: 'MQTT-3.6.1-1' },
    'PUBREL with other flags than 0010 closes',
    async (t) => {
      for (const firstByte of [0x60, 0x61, 0x63, 0x6a]) {
        const client = await t.connect();
        await beginQoS2(t, client);
        client.send(bytes(firstByte, 2, uint16(7)));
        const rest = await client.expectClosed();
        expectTrue(!rest.some(({ type }) => type === 'pubcomp'), 'PUBCOMP for a PUBREL with wrong flags');
      }
    },
  ),

  serverTest(
    { v5: 'MQTT-3.7.2-1' },
    'PUBREL for an unknown Packet Identifier gets PUBCOMP 0x92',
    async (t) => {
      const client = await t.connect();
      client.send(bytes(0x62, 2, uint16(4711)));
      expectEqual((await client.expectPacket('pubcomp')).packetIdentifier, 4711, 'Packet Identifier');
    },
  ),

  serverTest(
    { v5: ['MQTT-3.4.2-1', 'MQTT-3.5.2-1'] },
    'a message that nobody is subscribed to is accepted with 0x00 or 0x10',
    async (t) => {
      const client = await t.connect();
      for (const qos of [1, 2] as const) {
        const code = await client.publish(t.topic('nobody'), 'x', { qos });
        expectTrue(code === 0x00 || code === 0x10, `Reason Code ${code} at QoS ${qos}`);
      }
    },
  ),
].flat();

/** Publishes QoS 2 with Packet Identifier 7, up to PUBREC. */
async function beginQoS2(t: TestContext, client: TestClient): Promise<void> {
  client.send(client.publishPacket(t.topic(), 'x', { qos: 2, packetIdentifier: 7 }));
  await client.expectPacket('pubrec');
}
