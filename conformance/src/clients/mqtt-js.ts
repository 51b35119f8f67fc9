/** MQTT.js, whose results show that the tests of clients tell one client from another. */
import mqtt from 'mqtt';
import type { ClientAdapter, TestedClient, TestedClientOptions } from '../client/adapter.js';

/** The version under `node_modules/mqtt`. */
export const mqttJsClient: ClientAdapter = {
  name: 'MQTT.js 5',
  authenticates: true,
  usesTopicAliases: true,
  create(options, onMessage) {
    const client = mqtt.connect(options.url.href, optionsOf(options));
    answerChallenges(client, options);
    // Whatever the tests do to a connection is on purpose.
    client.on('error', () => {});
    client.on('message', (topicName, payload, { qos }) => onMessage({ topicName, payload, qos }));
    return testedClient(client);
  },
};

function answerChallenges(client: mqtt.MqttClient, { authentication }: TestedClientOptions): void {
  if (authentication === undefined) return;
  client.handleAuth = (_packet, answer) =>
    answer(undefined, {
      cmd: 'auth',
      reasonCode: 0x18,
      properties: authenticationProperties(authentication),
    });
}

function authenticationProperties({ method, data }: NonNullable<TestedClientOptions['authentication']>) {
  return { authenticationMethod: method, authenticationData: Buffer.from(data) };
}

function testedClient(client: mqtt.MqttClient): TestedClient {
  return {
    connected: () => whenConnected(client),
    publish: (topicName, payload, { properties = {}, ...options }) =>
      client.publishAsync(topicName, payload, { ...options, properties: publishProperties(properties) }),
    subscribe: (topicFilter, { qos = 0, noLocal = false }) =>
      client.subscribeAsync(topicFilter, { qos, nl: noLocal }),
    unsubscribe: (topicFilter) => client.unsubscribeAsync(topicFilter),
    close: () => client.endAsync(),
    destroy: () => void client.end(true),
  };
}

function optionsOf(options: TestedClientOptions): mqtt.IClientOptions {
  const { will, password, useTopicAliases } = options;
  const isVersion5 = options.protocolVersion === 5;
  return {
    protocolVersion: options.protocolVersion,
    clientId: options.clientIdentifier,
    clean: options.cleanStart,
    keepalive: options.keepAlive,
    reconnectPeriod: options.reconnect ? 1 : 0,
    ...(options.userName !== undefined && { username: options.userName }),
    ...(password !== undefined && { password }),
    ...(will && {
      will: {
        topic: will.topicName,
        payload: Buffer.from(will.payload),
        qos: will.qos,
        retain: will.retain,
        ...(isVersion5 && { properties: willProperties(will.properties) }),
      },
    }),
    ...(isVersion5 && { properties: connectProperties(options) }),
    ...(useTopicAliases && { autoAssignTopicAlias: true }),
  };
}

function connectProperties(options: TestedClientOptions): NonNullable<mqtt.IClientOptions['properties']> {
  const { sessionExpiryInterval, receiveMaximum, maximumPacketSize, topicAliasMaximum, authentication } =
    options;
  return {
    sessionExpiryInterval,
    ...(authentication && authenticationProperties(authentication)),
    ...(receiveMaximum !== undefined && { receiveMaximum }),
    ...(maximumPacketSize !== undefined && { maximumPacketSize }),
    ...(topicAliasMaximum !== undefined && { topicAliasMaximum }),
  };
}

function whenConnected(client: mqtt.MqttClient): Promise<void> {
  if (client.connected) return Promise.resolve();
  return new Promise((resolve) => client.once('connect', () => resolve()));
}

type PublishProperties = NonNullable<mqtt.IClientPublishOptions['properties']>;

function publishProperties(properties: object): PublishProperties {
  const { userProperties, payloadFormatIndicator, correlationData, subscriptionIdentifiers, ...same } =
    properties as Record<string, unknown>;
  return {
    ...same,
    ...(correlationData !== undefined && { correlationData: Buffer.from(correlationData as Uint8Array) }),
    ...(payloadFormatIndicator !== undefined && { payloadFormatIndicator: payloadFormatIndicator === 1 }),
    ...(userProperties !== undefined && { userProperties: namedValues(userProperties) }),
    ...(subscriptionIdentifiers !== undefined && { subscriptionIdentifier: subscriptionIdentifiers }),
  } as PublishProperties;
}

function willProperties(properties: object): object {
  return publishProperties(properties);
}

/** MQTT.js keeps User Properties by name. */
function namedValues(pairs: unknown): Record<string, string[]> {
  const values: Record<string, string[]> = {};
  for (const [name, value] of pairs as readonly (readonly [string, string])[]) {
    values[name] = [...(values[name] ?? []), value];
  }
  return values;
}
