/** The shapes that the admin API speaks, as JSON Schema. */
import { unreadyCodes } from '../readiness.js';
import type { Schema } from './route.js';

const text = { type: 'string' } as const;
const count = { type: 'integer', minimum: 0 } as const;
const flag = { type: 'boolean' } as const;

/** An object with these fields and no others; all of them are required unless fewer are named. */
export function object(
  properties: Readonly<Record<string, Schema>>,
  required = Object.keys(properties),
): Schema {
  return { type: 'object', additionalProperties: false, properties, required };
}

/** An array. */
export function list(items: Schema): Schema {
  return { type: 'array', items };
}

/** What was wrong, in words. */
export const problem = object({ error: text });

/** A session in a list. */
export const session = object(
  {
    clientIdentifier: text,
    principalName: text,
    connected: flag,
    topicFilters: list(text),
    queuedMessages: count,
    inFlightMessages: count,
    sessionExpiryInterval: { ...count, description: 'Seconds.' },
  },
  [
    'clientIdentifier',
    'connected',
    'topicFilters',
    'queuedMessages',
    'inFlightMessages',
    'sessionExpiryInterval',
  ],
);

const detail = session as { properties: Record<string, Schema>; required: string[] };

const undelivered = object({
  topicName: text,
  reason: {
    enum: ['no rights', 'expired', 'too large', 'slow', 'not connected', 'queue full', 'no local', 'shed'],
  },
  count: { ...count, description: 'How often in a row.' },
  at: { ...count, description: 'Milliseconds since the Unix epoch, of the first of them.' },
});

/** Why messages do not reach a client. */
export const explanation = object(
  {
    topicName: text,
    outlook: { enum: ['delivered', 'waits', 'no session', 'no match', 'no rights'] },
    sentence: text,
    topicFilters: list(text),
    qos: { enum: [0, 1, 2] },
    noLocal: { ...flag, description: 'What the client publishes itself is kept back.' },
    isShared: { ...flag, description: 'Other members of a group may have got it.' },
    recent: list(undelivered),
  },
  ['topicName', 'outlook', 'sentence', 'topicFilters', 'noLocal', 'isShared', 'recent'],
);

/** A session by itself. */
export const sessionDetail = object(
  {
    ...detail.properties,
    protocolVersion: { enum: [3, 4, 5] },
    transport: { enum: ['tcp', 'tls', 'unix', 'websocket', 'memory'] },
    remoteAddress: text,
    keepAlive: { ...count, description: 'Seconds; 0 = none.' },
    disconnectedAt: { ...count, description: 'Milliseconds since the Unix epoch.' },
    hasWill: flag,
    queuedBytes: count,
    subscriptions: list(
      object(
        {
          topicFilter: text,
          qos: { enum: [0, 1, 2] },
          noLocal: flag,
          retainAsPublished: flag,
          subscriptionIdentifier: count,
        },
        ['topicFilter', 'qos', 'noLocal', 'retainAsPublished'],
      ),
    ),
    undelivered: list(undelivered),
  },
  [
    ...detail.required,
    'protocolVersion',
    'transport',
    'hasWill',
    'queuedBytes',
    'subscriptions',
    'undelivered',
  ],
);

/** A retained message. */
export const retainedMessage = object(
  {
    topicName: text,
    payload: { ...text, description: 'Text, where the payload is UTF-8 without control characters.' },
    payloadBase64: { ...text, description: 'The payload otherwise.' },
    payloadBytes: count,
    qos: { enum: [0, 1, 2] },
    publisher: text,
    contentType: text,
    expiresAt: { ...count, description: 'Milliseconds since the Unix epoch.' },
  },
  ['topicName', 'payloadBytes', 'qos'],
);

/** What is to be published. */
export const publish = object(
  {
    topicName: text,
    payload: { ...text, description: 'Text; either this or `payloadBase64`. Default: empty.' },
    payloadBase64: text,
    qos: { enum: [0, 1, 2], default: 0 },
    retain: { ...flag, default: false },
    contentType: text,
    messageExpiryInterval: { ...count, description: 'Seconds.' },
  },
  ['topicName'],
);

/** Why a client is sent away. */
export const disconnect = object(
  {
    reasonCode: {
      type: 'integer',
      minimum: 128,
      maximum: 255,
      description: 'Default 0x98, Administrative action.',
    },
    reasonString: text,
  },
  [],
);

/** The broker itself. */
export const brokerInfo = object({
  version: text,
  addresses: list(object({ type: text, url: text, host: text, port: count }, ['type', 'url'])),
  metrics: { type: 'object', additionalProperties: { type: 'number' } },
});

/** The outcome of a check. */
export const check = object(
  {
    status: { enum: ['ok', 'failing'] },
    reasons: list(object({ code: { enum: [...unreadyCodes] }, sentence: text })),
  },
  ['status'],
);
