/** Clients of others against our broker: MQTT.js over TCP and WebSocket, the command line tools of Mosquitto. */
import { type Broker, createBroker } from '@petrel/broker';
import { describePeer, findMosquittoClient, launchProcess, pathOf } from '@petrel/testing';
import mqtt, { type IClientOptions, type IConnackPacket, type IPublishPacket, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let broker: Broker;
const clients: MqttClient[] = [];
const waiting = new Map<string, () => void>();

/** Settles when somebody has subscribed to the filter. */
function subscribedTo(topicFilter: string): Promise<void> {
  return new Promise((resolve) => waiting.set(topicFilter, resolve));
}

/** The next message of a client of MQTT.js. */
function nextMessage(client: MqttClient): Promise<{ payload: string; packet: IPublishPacket }> {
  return new Promise((resolve) =>
    client.once('message', (_, payload, packet) => resolve({ payload: payload.toString(), packet })),
  );
}

beforeAll(async () => {
  broker = await createBroker({
    listeners: [
      { type: 'tcp', port: 0 },
      { type: 'websocket', port: 0 },
    ],
    hooks: { subscribed: (_, { topicFilter }) => waiting.get(topicFilter)?.() },
  });
});

afterAll(async () => {
  await Promise.all(clients.map((client) => client.endAsync(true)));
  await broker.close();
});

function address(type: 'tcp' | 'websocket') {
  const found = broker.addresses.find((candidate) => candidate.type === type);
  if (found === undefined) throw new Error(`no listener of type ${type}`);
  return found;
}

const versions = [
  [5, 'MQTT'],
  [4, 'MQTT'],
  [3, 'MQIsdp'],
] as const;

describe.each(['tcp', 'websocket'] as const)('MQTT.js over %s', (type) => {
  describe.each(versions)('version %i', (protocolVersion, protocolId) => {
    const connect = async (options: IClientOptions = {}): Promise<MqttClient> => {
      const client = await mqtt.connectAsync(address(type).url, { protocolVersion, protocolId, ...options });
      clients.push(client);
      return client;
    };
    const topic = `mqttjs/${type}/${protocolVersion}`;

    test('publishes and receives at every QoS', async () => {
      const client = await connect();
      const received: unknown[] = [];
      const all = new Promise<void>((resolve) => {
        client.on('message', (topicName, payload, { qos }) => {
          received.push([topicName, payload.toString(), qos]);
          if (received.length === 3) resolve();
        });
      });
      await client.subscribeAsync(`${topic}/+`, { qos: 2 });
      for (const qos of [0, 1, 2] as const)
        await client.publishAsync(`${topic}/${qos}`, `at ${qos}`, { qos });
      await all;
      expect(received).toEqual([0, 1, 2].map((qos) => [`${topic}/${qos}`, `at ${qos}`, qos]));
    });

    test('gets retained messages, and its Will goes out', async () => {
      const watcher = await connect();
      await watcher.publishAsync(`${topic}/retained`, 'kept', { retain: true, qos: 1 });
      const kept = nextMessage(watcher);
      await watcher.subscribeAsync([`${topic}/retained`, `${topic}/will`], { qos: 1 });
      const { payload, packet } = await kept;
      expect([payload, packet.retain]).toEqual(['kept', true]);
      const leaving = await connect({
        will: { topic: `${topic}/will`, payload: Buffer.from('gone'), qos: 1, retain: false },
      });
      const will = nextMessage(watcher);
      leaving.stream.destroy();
      leaving.end(true);
      expect((await will).payload).toBe('gone');
    });

    test('finds its session and what waited in it', async () => {
      const options: IClientOptions = {
        clientId: `mqttjs-${type}-${protocolVersion}`,
        clean: false,
        ...(protocolVersion === 5 && { properties: { sessionExpiryInterval: 60 } }),
      };
      const first = await connect(options);
      await first.subscribeAsync(`${topic}/queued`, { qos: 1 });
      await first.endAsync();
      const publisher = await connect();
      await publisher.publishAsync(`${topic}/queued`, 'waited', { qos: 1 });
      const second = mqtt.connect(address(type).url, { protocolVersion, protocolId, ...options });
      clients.push(second);
      const connack = new Promise<IConnackPacket>((resolve) => second.once('connect', resolve));
      const [{ sessionPresent }, { payload }] = await Promise.all([connack, nextMessage(second)]);
      // MQTT 3.1 has no Session Present to tell it.
      expect([sessionPresent, payload]).toEqual([protocolVersion > 3, 'waited']);
    });
  });

  test('MQTT 5: properties, topic aliases and subscription identifiers', async () => {
    const client = await mqtt.connectAsync(address(type).url, {
      protocolVersion: 5,
      autoAssignTopicAlias: true,
      properties: { topicAliasMaximum: 10 },
    });
    clients.push(client);
    const packets: unknown[] = [];
    const all = new Promise<void>((resolve) => {
      client.on('message', (topicName, _, { properties }) => {
        packets.push([topicName, properties?.subscriptionIdentifier, { ...properties?.userProperties }]);
        if (packets.length === 3) resolve();
      });
    });
    await client.subscribeAsync('mqttjs/alias/topic', { qos: 0, properties: { subscriptionIdentifier: 42 } });
    for (let count = 0; count < 3; count++) {
      await client.publishAsync('mqttjs/alias/topic', 'x', {
        properties: { userProperties: { key: `${count}` } },
      });
    }
    await all;
    expect(packets).toEqual([0, 1, 2].map((count) => ['mqttjs/alias/topic', 42, { key: `${count}` }]));
  });
});

const publisher = findMosquittoClient('mosquitto_pub');
const subscriber = findMosquittoClient('mosquitto_sub');

describePeer(publisher, "Mosquitto's tools", () => {
  const run = (path: string, ...args: string[]) => {
    const { host, port } = address('tcp');
    return launchProcess({ command: path, args: ['-h', host, '-p', String(port), ...args] });
  };

  test.each([
    ['mqttv31', 0],
    ['mqttv31', 2],
    ['mqttv311', 0],
    ['mqttv311', 1],
    ['mqttv311', 2],
    ['mqttv5', 0],
    ['mqttv5', 1],
    ['mqttv5', 2],
  ] as const)('%s at QoS %i', async (version, qos) => {
    const topic = `mosquitto/${version}/${qos}`;
    const terms = ['-V', version, '-q', String(qos)];
    const ready = subscribedTo(`${topic}/#`);
    const receiving = await run(
      pathOf(subscriber),
      ...terms,
      '-t',
      `${topic}/#`,
      '-C',
      '2',
      '-F',
      '%t %q %p',
    );
    await ready;
    for (const payload of ['one', 'two']) {
      const sending = await run(pathOf(publisher), ...terms, '-t', `${topic}/x`, '-m', payload);
      expect(await sending.exited).toMatchObject({ code: 0 });
    }
    expect(await receiving.exited).toMatchObject({ code: 0 });
    expect(receiving.stdout).toBe(`${topic}/x ${qos} one\n${topic}/x ${qos} two\n`);
  });

  test('mqttv5 properties pass through', async () => {
    const topic = 'mosquitto/properties';
    const ready = subscribedTo(topic);
    const receiving = await run(pathOf(subscriber), '-V', 'mqttv5', '-t', topic, '-C', '1', '-F', '%C %R %P');
    await ready;
    const properties = ['content-type text/plain', 'response-topic reply/here', 'user-property key value'];
    const sending = await run(
      pathOf(publisher),
      ...['-V', 'mqttv5', '-t', topic, '-m', 'x'],
      ...properties.flatMap((property) => ['-D', 'publish', ...property.split(' ')]),
    );
    expect(await sending.exited).toMatchObject({ code: 0 });
    await receiving.exited;
    expect(receiving.stdout.trim()).toBe('text/plain reply/here key:value');
  });
});
