/** Random valid packets of every type and version, with the end that may send them. */
import fc from 'fast-check';
import { maximumVariableByteInteger } from '../byte-writer.js';
import type { Packet } from '../packet.js';
import type { PacketType } from '../packet-type.js';
import { noProperties } from '../properties.js';
import { type PropertyDefinition, type PropertyOwner, propertiesOf } from '../property-table.js';
import type { ProtocolVersion, QoS, Sender } from '../protocol-version.js';
import { fromConnectReturnCode, isReasonCodeOf } from '../reason-code.js';
import { anyBytes, anyPlainFilter, anyText, anyTopicFilter, anyTopicName } from './arbitrary-text.js';

export interface SentPacket {
  readonly packet: Packet;
  readonly sender: Sender;
}

export const anyVersion = fc.constantFrom<ProtocolVersion>(3, 4, 5);
const anyQoS = fc.constantFrom<QoS>(0, 1, 2);
const anyIdentifier = fc.integer({ min: 1, max: 65_535 });

/** What either end may send; built once for each, since a property test draws thousands. */
function fromEither(packetOf: (sender: Sender) => fc.Arbitrary<SentPacket>): fc.Arbitrary<SentPacket> {
  return fc.oneof(packetOf('client'), packetOf('server'));
}

function optional<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined });
}

const widest = {
  byte: 0xff,
  flag: 1,
  uint16: 0xffff,
  uint32: 0xffffffff,
  variableByteInteger: maximumVariableByteInteger,
};

function anyValue({ kind, name, minimum, maximum }: PropertyDefinition): fc.Arbitrary<unknown> {
  if (name === 'responseTopic') return anyTopicName;
  switch (kind) {
    case 'flag':
      return fc.boolean();
    case 'utf8':
      return anyText;
    case 'binary':
      return anyBytes;
    case 'utf8Pair':
      return fc.tuple(anyText, anyText);
    default:
      return fc.integer({ min: minimum, max: Math.min(maximum, widest[kind]) });
  }
}

/** Random properties of one owner, but for the fields left out. */
export function anyProperties(owner: PropertyOwner, ...leftOut: readonly string[]): fc.Arbitrary<object> {
  const fields: Record<string, fc.Arbitrary<unknown>> = {};
  for (const { definition, field, isRepeatable } of propertiesOf(owner)) {
    if (leftOut.includes(field)) continue;
    const value = anyValue(definition);
    fields[field] = isRepeatable ? fc.array(value, { minLength: 1, maxLength: 3 }) : value;
  }
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant(noProperties) },
    { weight: 3, arbitrary: fc.record(fields, { requiredKeys: [] }) },
  );
}

function on5(version: ProtocolVersion, properties: fc.Arbitrary<object>): fc.Arbitrary<object> {
  return version === 5 ? properties : fc.constant(noProperties);
}

/** A Reason Code that this end may put into the packet. */
export function anyReasonCode(type: PacketType, sender: Sender): fc.Arbitrary<number> {
  const codes = Array.from({ length: 256 }, (_, code) => code).filter((code) =>
    isReasonCodeOf(type, code, sender),
  );
  return fc.constantFrom(...codes);
}

function anyConnect(version: ProtocolVersion): fc.Arbitrary<SentPacket> {
  const will = fc.record({
    topicName: anyTopicName,
    payload: anyBytes,
    qos: anyQoS,
    retain: fc.boolean(),
    properties: on5(version, anyProperties('will')),
  });
  return fc
    .record({
      type: fc.constant('connect' as const),
      protocolVersion: fc.constant(version),
      clientIdentifier: anyText,
      cleanStart: fc.boolean(),
      keepAlive: fc.nat(65_535),
      will: optional(will),
      userName: optional(anyText),
      password: optional(anyBytes),
      properties: on5(version, anyProperties('connect')),
    })
    .filter(({ userName, password, properties }) => {
      if (version !== 5) return userName !== undefined || password === undefined;
      return !('authenticationData' in properties) || 'authenticationMethod' in properties;
    })
    .map((packet) => ({ packet, sender: 'client' }));
}

function anyConnack(version: ProtocolVersion): fc.Arbitrary<SentPacket> {
  const returnCode = fc.nat(5).map((code) => fromConnectReturnCode(code) as number);
  return fc
    .record({
      type: fc.constant('connack' as const),
      sessionPresent: version === 3 ? fc.constant(false) : fc.boolean(),
      reasonCode: version === 5 ? anyReasonCode('connack', 'server') : returnCode,
      properties: on5(version, anyProperties('connack')),
    })
    .map((packet) => ({
      packet: { ...packet, sessionPresent: packet.sessionPresent && packet.reasonCode === 0 },
      sender: 'server',
    }));
}

/** PUBLISH alone. */
export function anyPublish(version: ProtocolVersion, sender: Sender): fc.Arbitrary<SentPacket> {
  const leftOut = sender === 'client' ? ['subscriptionIdentifiers'] : [];
  return fc
    .record({
      type: fc.constant('publish' as const),
      topicName: anyTopicName,
      withTopicName: fc.boolean(),
      payload: fc.oneof(
        anyBytes,
        fc.nat(400).map((size) => new Uint8Array(size).fill(size)),
      ),
      qos: anyQoS,
      retain: fc.boolean(),
      dup: fc.boolean(),
      packetIdentifier: anyIdentifier,
      properties: on5(version, anyProperties('publish', ...leftOut)),
    })
    .map(({ withTopicName, ...packet }) => ({
      packet: {
        ...packet,
        topicName: withTopicName || !('topicAlias' in packet.properties) ? packet.topicName : '',
        dup: packet.dup && packet.qos > 0,
        packetIdentifier: packet.qos === 0 ? 0 : packet.packetIdentifier,
      },
      sender,
    }));
}

function anyAcknowledgement(version: ProtocolVersion, sender: Sender): fc.Arbitrary<SentPacket> {
  const types = ['puback', 'pubrec', 'pubrel', 'pubcomp'] as const;
  return fc.oneof(
    ...types.map((type) =>
      fc
        .record({
          type: fc.constant(type),
          packetIdentifier: anyIdentifier,
          reasonCode: version === 5 ? anyReasonCode(type, sender) : fc.constant(0),
          properties: on5(version, anyProperties(type)),
        })
        .map((packet) => ({ packet, sender })),
    ),
  );
}

function anySubscribe(version: ProtocolVersion): fc.Arbitrary<SentPacket> {
  const flag = version === 5 ? fc.boolean() : fc.constant(false);
  const subscription = fc
    .record({
      topicFilter: anyTopicFilter,
      qos: anyQoS,
      noLocal: flag,
      retainAsPublished: flag,
      retainHandling:
        version === 5 ? fc.constantFrom(0 as const, 1 as const, 2 as const) : fc.constant(0 as const),
    })
    .map((each) => ({ ...each, noLocal: each.noLocal && !each.topicFilter.startsWith('$share/') }));
  return fc
    .record({
      type: fc.constant('subscribe' as const),
      packetIdentifier: anyIdentifier,
      subscriptions: fc.array(subscription, { minLength: 1, maxLength: 4 }),
      properties: on5(version, anyProperties('subscribe')),
    })
    .map((packet) => ({ packet, sender: 'client' }));
}

function anyUnsubscribe(version: ProtocolVersion): fc.Arbitrary<SentPacket> {
  return fc
    .record({
      type: fc.constant('unsubscribe' as const),
      packetIdentifier: anyIdentifier,
      topicFilters: fc.array(anyPlainFilter, { minLength: 1, maxLength: 4 }),
      properties: on5(version, anyProperties('unsubscribe')),
    })
    .map((packet) => ({ packet, sender: 'client' }));
}

function anySubscriptionAnswer(version: ProtocolVersion): fc.Arbitrary<SentPacket> {
  const granted = version === 5 ? anyReasonCode('suback', 'server') : fc.constantFrom(0, 1, 2, 0x80);
  const codes = { minLength: 1, maxLength: 5 };
  return fc
    .oneof(
      fc.record({
        type: fc.constant('suback' as const),
        packetIdentifier: anyIdentifier,
        reasonCodes: fc.array(granted, codes),
        properties: on5(version, anyProperties('suback')),
      }),
      fc.record({
        type: fc.constant('unsuback' as const),
        packetIdentifier: anyIdentifier,
        reasonCodes: version === 5 ? fc.array(anyReasonCode('unsuback', 'server'), codes) : fc.constant([]),
        properties: on5(version, anyProperties('unsuback')),
      }),
    )
    .map((packet) => ({ packet, sender: 'server' }));
}

function anyDisconnect(version: ProtocolVersion): fc.Arbitrary<SentPacket> {
  const packetOf = (sender: Sender): fc.Arbitrary<SentPacket> =>
    fc
      .record({
        type: fc.constant('disconnect' as const),
        reasonCode: version === 5 ? anyReasonCode('disconnect', sender) : fc.constant(0),
        properties: on5(
          version,
          anyProperties('disconnect', ...(sender === 'server' ? ['sessionExpiryInterval'] : [])),
        ),
      })
      .map((packet) => ({ packet, sender }));
  return version === 5 ? fromEither(packetOf) : packetOf('client');
}

const anyAuth = fromEither((sender) =>
  fc
    .record({
      type: fc.constant('auth' as const),
      reasonCode: anyReasonCode('auth', sender),
      properties: fc
        .tuple(anyProperties('auth', 'authenticationMethod'), anyText)
        .map(([properties, authenticationMethod]) => ({ ...properties, authenticationMethod })),
    })
    .map((packet) => ({ packet, sender })),
);

/** Any valid packet of a version. */
export function anyPacket(version: ProtocolVersion): fc.Arbitrary<SentPacket> {
  return fc.oneof(
    anyConnect(version),
    anyConnack(version),
    fromEither((sender) => anyPublish(version, sender)),
    fromEither((sender) => anyAcknowledgement(version, sender)),
    anySubscribe(version),
    anyUnsubscribe(version),
    anySubscriptionAnswer(version),
    anyDisconnect(version),
    fc.constant<SentPacket>({ packet: { type: 'pingreq' }, sender: 'client' }),
    fc.constant<SentPacket>({ packet: { type: 'pingresp' }, sender: 'server' }),
    ...(version === 5 ? [anyAuth] : []),
  );
}

/** A version and a packet of it. */
export const anySentPacket = fc.oneof(
  ...([3, 4, 5, 5] as const).map((version) => anyPacket(version).map((sent) => ({ ...sent, version }))),
);
