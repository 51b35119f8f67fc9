/** MQTT 5 properties as MQTT.js writes them ↔ as Petrel does: User Properties are an object there, pairs here. */
import type { PublishProperties, UserProperties } from '@petrel/protocol';

type Given = Readonly<Record<string, unknown>>;

// A Topic Alias means something on one connection only; a Subscription Identifier comes from the server.
const belongsToConnection: ReadonlySet<string> = new Set([
  'topicAlias',
  'subscriptionIdentifier',
  'subscriptionIdentifiers',
]);

/** Properties of a message or a will, from either notation; absent ones stay absent. */
export function toProperties(given: Given): PublishProperties {
  const properties: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null || belongsToConnection.has(name)) continue;
    properties[name] = convert(name, value);
  }
  return properties;
}

function convert(name: string, value: unknown): unknown {
  if (name === 'userProperties') return toUserProperties(value);
  if (name === 'payloadFormatIndicator') return Number(value);
  if (name === 'correlationData' && typeof value === 'string') return new TextEncoder().encode(value);
  return value;
}

/** Pairs from `{ name: value | values }`, or from pairs. */
export function toUserProperties(value: unknown): UserProperties {
  if (Array.isArray(value)) return value as unknown as UserProperties;
  return Object.entries(value as Given).flatMap(([name, values]) =>
    (Array.isArray(values) ? values : [values]).map((one): [string, string] => [name, String(one)]),
  );
}

/** The properties of a received message, as a packet of MQTT.js has them. */
export function fromProperties(properties: PublishProperties): Record<string, unknown> {
  const { userProperties, subscriptionIdentifiers, payloadFormatIndicator, correlationData, ...same } =
    properties;
  const [only] = subscriptionIdentifiers ?? [];
  const identifiers = subscriptionIdentifiers?.length === 1 ? only : subscriptionIdentifiers;
  return {
    ...same,
    ...(identifiers === undefined ? {} : { subscriptionIdentifier: identifiers }),
    ...(payloadFormatIndicator === undefined ? {} : { payloadFormatIndicator: payloadFormatIndicator === 1 }),
    ...(correlationData === undefined ? {} : { correlationData: asBuffer(correlationData) }),
    ...(userProperties === undefined ? {} : { userProperties: fromUserProperties(userProperties) }),
  };
}

/** `{ name: value }`; a name that came more than once has an array of its values. */
export function fromUserProperties(pairs: UserProperties): Record<string, string | string[]> {
  const values = new Map<string, string[]>();
  for (const [name, value] of pairs) values.set(name, [...(values.get(name) ?? []), value]);
  // fromEntries defines even "__proto__" as a plain member, so a hostile name stays a name.
  return Object.fromEntries(
    [...values].map(([name, all]) => [name, all.length === 1 ? (all[0] as string) : all]),
  );
}

/** The same bytes as a Buffer, which is what users of MQTT.js know. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
