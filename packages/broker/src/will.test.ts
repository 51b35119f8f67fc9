/** Wills: when they go out, when they do not, and what they look like. */
import type { ConnectPacket, Will } from '@petrel/protocol';
import { describe, expect, test } from 'vitest';
import {
  connected,
  disconnect,
  open,
  openBroker,
  publish,
  subscribed,
  text,
} from './broker-fixture.suite.js';

const will = (fields: Partial<Will> = {}): Will => ({
  topicName: 'will',
  payload: Buffer.from('gone'),
  qos: 1,
  retain: false,
  properties: {},
  ...fields,
});

/** A broker, somebody who subscribes to the Will Topic, and a client with a Will. */
async function scene(connect: Partial<ConnectPacket> = {}) {
  const { broker, clock } = await openBroker();
  const watcher = await connected(broker);
  await subscribed(watcher, 'will', { qos: 2 });
  const peer = await connected(broker, { clientIdentifier: 'c', will: will(), ...connect });
  return { broker, clock, watcher, peer };
}

const delayed = (willDelayInterval: number, sessionExpiryInterval: number, cleanStart = true) => ({
  clientIdentifier: 'c',
  cleanStart,
  will: will({ properties: { willDelayInterval } }),
  properties: { sessionExpiryInterval },
});

describe('a Will goes out', () => {
  test.each([3, 4, 5] as const)(
    'when the network connection of version %i breaks [MQTT-3.1.2-7] [MQTT-3.1.2-8]',
    async (protocolVersion) => {
      const { watcher, peer } = await scene({ protocolVersion });
      peer.destroy();
      const received = await watcher.receive('publish');
      expect(received).toMatchObject({ topicName: 'will', qos: 1, retain: false }); // [MQTT-3.1.2-14] [MQTT-3.1.2-16]
      expect(text(received)).toBe('gone');
      await watcher.expectNothing(); // [MQTT-3.1.2-10]
    },
  );

  test('when the client breaks the protocol', async () => {
    const { watcher, peer } = await scene();
    peer.send([0x36, 0]);
    await watcher.receive('publish');
  });

  test('when Keep Alive is over', async () => {
    const { clock, watcher } = await scene({ keepAlive: 1 });
    clock.advance(1500);
    await watcher.receive('publish');
  });

  test('on DISCONNECT 0x04, which keeps it', async () => {
    const { watcher, peer } = await scene();
    peer.send(disconnect(0x04));
    await watcher.receive('publish');
  });

  test('as a retained message with Will Retain [MQTT-3.1.2-15] [MQTT-3.1.2-17]', async () => {
    const { broker, watcher, peer } = await scene({ will: will({ retain: true }) });
    peer.destroy();
    expect((await watcher.receive('publish')).retain).toBe(false);
    const late = await connected(broker);
    await subscribed(late, 'will');
    expect((await late.receive('publish')).retain).toBe(true);
  });

  test('with its properties, User Properties in order, and without the delay [MQTT-3.1.3-10] (Aedes 1098)', async () => {
    const userProperties = [
      ['b', '1'],
      ['a', '2'],
    ] as const;
    const properties = {
      willDelayInterval: 0,
      contentType: 'x',
      responseTopic: 'r',
      userProperties,
      messageExpiryInterval: 60,
    };
    const { watcher, peer } = await scene({ will: will({ properties }) });
    peer.destroy();
    const received = await watcher.receive('publish');
    expect(received.properties).toEqual({
      contentType: 'x',
      responseTopic: 'r',
      userProperties,
      messageExpiryInterval: 60,
    });
  });
});

describe('a Will does not go out', () => {
  test.each([4, 5] as const)(
    'after DISCONNECT 0x00 of version %i [MQTT-3.14.4-3] [MQTT-3.1.2-10]',
    async (protocolVersion) => {
      const { clock, watcher, peer } = await scene({ protocolVersion });
      peer.send(disconnect());
      await peer.closed();
      clock.advance(1_000_000);
      await watcher.expectNothing();
    },
  );

  test('whose client said goodbye behind a packet that is still being decided, and was gone before that [MQTT-3.14.4-3]', async () => {
    let decide = (): void => {};
    const decided = new Promise<void>((resolve) => {
      decide = resolve;
    });
    let asked = (): void => {};
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const { broker } = await openBroker({
      hooks: {
        authorizePublish: (_, { topicName }) => {
          if (topicName !== 'slow') return true;
          asked();
          return decided.then(() => true);
        },
      },
    });
    const watcher = await connected(broker);
    await subscribed(watcher, '#');
    const peer = await connected(broker, { clientIdentifier: 'c', will: will() });
    peer.send(publish('slow'), publish('behind'), disconnect());
    peer.destroy();
    await isAsked;
    await peer.closed();
    decide();
    expect((await watcher.receive('publish')).topicName).toBe('slow');
    expect((await watcher.receive('publish')).topicName).toBe('behind');
    await watcher.expectNothing();
    expect(broker.metrics().connections).toBe(1);
  });

  test('that was never left [MQTT-3.1.2-12]', async () => {
    const { watcher, peer } = await scene({ will: undefined });
    peer.destroy();
    await peer.closed();
    await watcher.expectNothing();
  });

  test('of a CONNECT that was refused', async () => {
    const { broker, watcher } = await scene();
    const refused = open(broker);
    await refused.connect({ will: will(), properties: { authenticationMethod: 'x' } });
    await refused.closed();
    await watcher.expectNothing();
  });
});

describe('Will Delay Interval', () => {
  test('holds the Will back [MQTT-3.1.2-8]', async () => {
    const { clock, watcher, peer } = await scene(delayed(10, 100));
    peer.destroy();
    await watcher.expectNothing();
    clock.advance(9_999);
    await watcher.expectNothing();
    clock.advance(1);
    await watcher.receive('publish');
    clock.advance(1_000_000);
    await watcher.expectNothing();
  });

  test('cannot outlast the session (CVE-2019-11778, Mosquitto 1401)', async () => {
    const { broker, clock, watcher, peer } = await scene(delayed(100, 10));
    peer.destroy();
    await watcher.expectNothing();
    clock.advance(9_999);
    await watcher.expectNothing();
    clock.advance(1);
    await watcher.receive('publish');
    expect(broker.sessions()).toHaveLength(1);
  });

  test('counts nothing when the session ends with the connection (EMQX 18565)', async () => {
    const { watcher, peer } = await scene(delayed(100, 0));
    peer.destroy();
    await watcher.receive('publish');
  });

  test('a timely reconnect cancels the Will [MQTT-3.1.3-9]', async () => {
    const { broker, clock, watcher, peer } = await scene(delayed(10, 100));
    peer.destroy();
    await watcher.expectNothing();
    clock.advance(5000);
    const back = await connected(broker, { clientIdentifier: 'c', cleanStart: false });
    clock.advance(1_000_000);
    await back.expectNothing();
    await watcher.expectNothing();
  });

  test('a reconnect with Clean Start ends the session, and so the Will goes out', async () => {
    const { broker, watcher, peer } = await scene(delayed(10, 100));
    peer.destroy();
    await watcher.expectNothing();
    await connected(broker, { clientIdentifier: 'c', cleanStart: true });
    await watcher.receive('publish');
    await watcher.expectNothing();
  });

  test('a Will left at the reconnect takes the place of the old one', async () => {
    const { broker, clock, watcher, peer } = await scene(delayed(10, 100));
    peer.destroy();
    await watcher.expectNothing();
    const back = await connected(broker, {
      ...delayed(20, 100, false),
      will: will({ payload: Buffer.from('second'), properties: { willDelayInterval: 20 } }),
    });
    back.destroy();
    await watcher.expectNothing();
    clock.advance(19_999);
    await watcher.expectNothing();
    clock.advance(1);
    expect(text(await watcher.receive('publish'))).toBe('second');
  });
});

describe('takeover and Will', () => {
  test('without delay the Will goes out (Mosquitto 3509, EMQX 10551)', async () => {
    const { broker, watcher } = await scene({
      cleanStart: false,
      properties: { sessionExpiryInterval: 100 },
    });
    await connected(broker, { clientIdentifier: 'c', cleanStart: false });
    await watcher.receive('publish');
  });

  test('with a delay the Will does not go out [MQTT-3.1.3-9]', async () => {
    const { broker, clock, watcher } = await scene(delayed(10, 100));
    await connected(broker, { clientIdentifier: 'c', cleanStart: false });
    clock.advance(1_000_000);
    await watcher.expectNothing();
  });

  test('of a session whose interval is 0 the Will goes out even with a delay (EMQX 18565)', async () => {
    const { broker, watcher } = await scene(delayed(10, 0));
    await connected(broker, { clientIdentifier: 'c', cleanStart: false });
    await watcher.receive('publish');
  });

  test('with Clean Start the Will goes out even with a delay', async () => {
    const { broker, watcher } = await scene(delayed(10, 100));
    await connected(broker, { clientIdentifier: 'c', cleanStart: true });
    await watcher.receive('publish');
  });
});
