/** MQTT.js against our broker, over TCP and WebSocket. */
import { createBroker } from '@petrel/broker';
import mqtt, { type MqttClient } from 'mqtt';
import { describe, expect, test } from 'vitest';
import {
  type ForeignClient,
  type ForeignMessage,
  type ForeignPublish,
  Growing,
  type StartForeignClient,
} from './foreign-client.js';
import { foreignClientSuite } from './foreign-client.suite.js';

class MqttJsClient implements ForeignClient {
  readonly #client: MqttClient;
  readonly #connections = new Growing<boolean>();
  readonly #messages = new Growing<ForeignMessage>();

  constructor(client: MqttClient) {
    this.#client = client;
    client.on('connect', ({ sessionPresent }) => this.#connections.push(sessionPresent));
    // A link that was cut is what the tests are about.
    client.on('error', () => {});
    client.on('message', (topicName, payload, { qos, retain, properties }) => {
      const { contentType, userProperties } = properties ?? {};
      const trace = userProperties?.trace;
      this.#messages.push({
        topicName,
        payload: payload.toString(),
        qos,
        retain,
        ...(contentType !== undefined && { contentType }),
        ...(typeof trace === 'string' && { trace }),
      });
    });
  }

  get connections(): readonly boolean[] {
    return this.#connections.items;
  }

  connected(times: number): Promise<void> {
    return this.#connections.reaches(times);
  }

  get messages(): readonly ForeignMessage[] {
    return this.#messages.items;
  }

  received(count: number): Promise<void> {
    return this.#messages.reaches(count);
  }

  async subscribe(topicFilter: string, qos: 0 | 1 | 2): Promise<number> {
    const [grant] = await this.#client.subscribeAsync(topicFilter, { qos });
    return grant?.qos ?? Number.NaN;
  }

  async unsubscribe(topicFilter: string): Promise<void> {
    await this.#client.unsubscribeAsync(topicFilter);
  }

  publish(topicName: string, payload: string, { qos, retain = false, contentType, trace }: ForeignPublish) {
    const done = this.#client.publishAsync(topicName, payload, {
      qos,
      retain,
      ...(contentType !== undefined && {
        properties: { contentType, userProperties: { trace: trace ?? '' } },
      }),
    });
    return { taken: Promise.resolve(), done: done.then(() => {}) };
  }

  async close(): Promise<void> {
    await this.#client.endAsync();
  }
}

function mqttJs(scheme: 'mqtt' | 'ws'): StartForeignClient {
  return async ({ port, protocolVersion, clientIdentifier, cleanStart, will }) => {
    const connection = mqtt.connect(`${scheme}://127.0.0.1:${port}`, {
      protocolVersion,
      protocolId: protocolVersion === 3 ? 'MQIsdp' : 'MQTT',
      clientId: clientIdentifier,
      clean: cleanStart,
      reconnectPeriod: 10,
      ...(protocolVersion === 5 && { properties: { sessionExpiryInterval: 60 } }),
      ...(will !== undefined && {
        will: { topic: will.topicName, payload: Buffer.from(will.payload), qos: 1, retain: false },
      }),
    });
    const client = new MqttJsClient(connection);
    await client.connected(1);
    return client;
  };
}

describe('MQTT.js over TCP', () => foreignClientSuite(mqttJs('mqtt')));
describe('MQTT.js over WebSocket', () => foreignClientSuite(mqttJs('ws'), 'websocket'));

test('MQTT.js with Topic Aliases and Subscription Identifiers', async () => {
  const broker = await createBroker({ listeners: [{ type: 'tcp', port: 0 }] });
  const client = await mqtt.connectAsync(broker.addresses[0]?.url ?? '', {
    protocolVersion: 5,
    autoAssignTopicAlias: true,
    properties: { topicAliasMaximum: 10 },
  });
  const packets = new Growing<unknown>();
  client.on('message', (topicName, _, { properties }) =>
    packets.push([topicName, properties?.subscriptionIdentifier, { ...properties?.userProperties }]),
  );
  await client.subscribeAsync('alias/topic', { qos: 0, properties: { subscriptionIdentifier: 42 } });
  for (let count = 0; count < 3; count++) {
    await client.publishAsync('alias/topic', 'x', { properties: { userProperties: { key: `${count}` } } });
  }
  await packets.reaches(3);
  expect(packets.items).toEqual([0, 1, 2].map((count) => ['alias/topic', 42, { key: `${count}` }]));
  await client.endAsync();
  await broker.destroy();
});
