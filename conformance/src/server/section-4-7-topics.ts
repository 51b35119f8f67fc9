/** Section 4.7: Topic Names and Topic Filters. */
import { defineTest } from '../conformance-test.js';
import { expectEqual, expectTrue } from '../wire/expect.js';
import { bytes, frame, properties, publishFrame, string, subscribeFrame, uint16 } from '../wire/frame.js';
import { textOf } from './test-client.js';
import type { TestContext } from './test-context.js';

const serverTest = defineTest<TestContext>;

/** The broker closes, or answers SUBACK with a failure: it does not grant the filter. */
async function expectNotGranted(t: TestContext, topicFilter: string | readonly number[]): Promise<void> {
  const client = await t.connect();
  client.send(subscribeFrame(t.version, { topicFilter }));
  const suback = await client.expectFrame('suback').catch((error: unknown) => {
    if (!client.isClosed) throw error;
    return undefined;
  });
  if (suback === undefined) return;
  expectTrue((suback.bytes.at(-1) ?? 0) >= 0x80, `Topic Filter "${String(topicFilter)}" was granted`);
}

/** Subscribes to one filter, publishes to many names, and returns those that came, as far behind the test's own level as given. */
async function matching(
  t: TestContext,
  topicFilter: string,
  names: readonly string[],
): Promise<readonly string[]> {
  const [publisher, subscriber] = [await t.connect(), await t.connect()];
  t.requireFeature(subscriber.connack, 'wildcardSubscriptionAvailable');
  await subscriber.subscribe([t.topic(topicFilter), t.topic('the/end')], { qos: 1 });
  for (const name of [...names, 'the/end']) await publisher.publish(t.topic(name), name, { qos: 1 });
  const came: string[] = [];
  for (;;) {
    const name = textOf(await subscriber.expectMessage());
    if (name === 'the/end') return came;
    came.push(name);
  }
}

export const topicTests = [
  serverTest(
    { v5: 'MQTT-4.7.0-1', v311: 'MQTT-4.7.1-1' },
    'a wildcard in a Topic Name closes, in PUBLISH and in a Will',
    async (t) => {
      for (const topicName of ['+', '#', `${t.topic()}/+/x`, `${t.topic()}/#`]) {
        await t.expectViolation(publishFrame(t.version, { topicName }));
        const will = bytes(
          string(t.clientIdentifier()),
          properties(t.version),
          string(topicName),
          string('will'),
        );
        await t.expectRefusal(
          frame(0x10, string('MQTT'), t.version, 0x06, uint16(60), properties(t.version), will),
        );
      }
    },
  ),

  serverTest(
    { v5: 'MQTT-4.7.1-1', v311: 'MQTT-4.7.1-2' },
    '# that is not a whole and the last level is not granted',
    async (t) => {
      for (const topicFilter of ['a#', 'a/#/b', '#/a', 'a/b#', '##']) await expectNotGranted(t, topicFilter);
    },
  ),

  serverTest(
    { v5: 'MQTT-4.7.1-1', v311: 'MQTT-4.7.1-2' },
    '# matches its parent and everything below',
    async (t) => {
      const names = ['a', 'a/', 'a/b', 'a/b/c', 'ab', 'b/a'];
      expectEqual(await matching(t, 'a/#', names), ['a', 'a/', 'a/b', 'a/b/c'], 'topics of a/#');
    },
  ),

  serverTest(
    { v5: 'MQTT-4.7.1-2', v311: 'MQTT-4.7.1-3' },
    '+ beside other characters of a level is not granted',
    async (t) => {
      for (const topicFilter of ['a+', '+a', 'a/b+/c', '+a/#', 'a/++'])
        await expectNotGranted(t, topicFilter);
    },
  ),

  serverTest(
    { v5: 'MQTT-4.7.1-2', v311: 'MQTT-4.7.1-3' },
    '+ matches exactly one level, empty ones too, wherever it stands',
    async (t) => {
      const names = ['a/b/c', 'a//c', 'a/c', 'a/b/b/c', 'a/b/d', 'a/b/c/'];
      expectEqual(await matching(t, 'a/+/c', names), ['a/b/c', 'a//c'], 'topics of a/+/c');
      expectEqual(await matching(t, '+/b', ['a/b', '/b', 'b', 'a/a/b']), ['a/b', '/b'], 'topics of +/b');
      expectEqual(await matching(t, 'a/+', ['a', 'a/', 'a/b', 'a/b/']), ['a/', 'a/b'], 'topics of a/+');
      expectEqual(await matching(t, '+/+/#', ['a', 'a/b', 'a/b/c']), ['a/b', 'a/b/c'], 'topics of +/+/#');
    },
  ),

  serverTest(
    { v5: 'MQTT-4.7.2-1', v311: 'MQTT-4.7.2-1' },
    'filters that begin with a wildcard do not match topics that begin with $',
    async (t) => {
      const subscriber = await t.connect();
      t.requireFeature(subscriber.connack, 'wildcardSubscriptionAvailable');
      await subscriber.subscribe(['#', '+/#', `+/${t.topic()}`], { qos: 0 });
      const publisher = await t.connect();
      publisher.send(publisher.publishPacket(`$conformance/${t.topic()}`, 'x'), { type: 'pingreq' });
      // A broker may close on a topic that begins with $; others drop the message without a word.
      await publisher.next().catch(() => undefined);
      const other = await t.connect();
      await other.publish(t.topic('marker'), 'marker');
      for (;;) {
        const { topicName } = await subscriber.expectMessage();
        expectTrue(!topicName.startsWith('$'), `a message of ${topicName}`);
        if (topicName === t.topic('marker')) return;
      }
    },
  ),

  serverTest(
    { v5: 'MQTT-4.7.3-1', v311: 'MQTT-4.7.3-1' },
    'an empty Topic Name or Topic Filter is not accepted',
    async (t) => {
      await expectNotGranted(t, '');
      await t.expectViolation(publishFrame(t.version, { topicName: '' }));
    },
  ),

  serverTest(
    { v5: 'MQTT-4.7.3-1', v311: 'MQTT-4.7.3-1' },
    'one character is enough, even a space or a slash',
    async (t) => {
      const [publisher, subscriber] = [await t.connect(), await t.connect()];
      for (const topicName of ['/', ' ', '世']) {
        await subscriber.subscribe(topicName, { qos: 1 });
        const payload = t.topic();
        await publisher.publish(topicName, payload, { qos: 1 });
        await subscriber.expectPacket(
          'publish',
          (packet) => textOf(packet) === payload && packet.topicName === topicName,
        );
      }
    },
  ),

  serverTest(
    { v5: 'MQTT-4.7.3-2', v311: 'MQTT-4.7.3-2' },
    'U+0000 in a Topic Name or Topic Filter is not accepted',
    async (t) => {
      await t.expectViolation(publishFrame(t.version, { topicName: [0x61, 0x2f, 0x00] }));
      await expectNotGranted(t, [0x61, 0x2f, 0x00]);
    },
  ),

  serverTest(
    { v5: 'MQTT-4.7.3-3', v311: 'MQTT-4.7.3-3' },
    'a topic of 65,535 bytes is carried whole, or refused',
    async (t) => {
      const topicName = `${t.topic()}/`.padEnd(65_535, 'x');
      const [publisher, subscriber] = [await t.connect(), await t.connect()];
      const refused = (client: { readonly isClosed: boolean }) => (error: unknown) => {
        if (!client.isClosed) throw error;
        return undefined;
      };
      const suback = await subscriber.trySubscribe(topicName).catch(refused(subscriber));
      const code = await publisher.publish(topicName, 'x', { qos: 1 }).catch(refused(publisher));
      t.require(
        suback !== undefined && (suback.reasonCodes[0] ?? 0x80) < 0x80,
        'the broker refuses a Topic Filter of 65,535 bytes',
      );
      t.require(code !== undefined && code < 0x80, 'the broker refuses a Topic Name of 65,535 bytes');
      expectTrue(
        (await subscriber.expectMessage()).topicName === topicName,
        'the Topic Name arrived changed',
      );
    },
  ),

  serverTest(
    { v5: 'MQTT-4.7.3-4', v311: 'MQTT-4.7.3-4' },
    'topics that look alike are different: nothing is normalised, folded or trimmed',
    async (t) => {
      const names = [
        'caf\u00e9',
        'cafe\u0301',
        'CAF\u00c9',
        'caf\u00e9 ',
        ' caf\u00e9',
        'caf\u00e9/',
        '/caf\u00e9',
        'caf%C3%A9',
        './caf\u00e9',
        'x/../caf\u00e9',
        '\ufb01',
        'fi',
        '\u00b2',
        '2',
      ];
      const [publisher, subscriber] = [await t.connect(), await t.connect()];
      for (const [index, name] of names.entries()) {
        await subscriber.subscribe(t.topic(name), { qos: 1 });
        for (const other of names) await publisher.publish(t.topic(other), other, { qos: 1 });
        const message = await subscriber.expectMessage();
        expectEqual(
          [message.topicName, textOf(message)],
          [t.topic(name), name],
          `what comes for name ${index}`,
        );
        await subscriber.expectNone('publish');
        await subscriber.unsubscribe(t.topic(name));
      }
    },
  ),
].flat();
