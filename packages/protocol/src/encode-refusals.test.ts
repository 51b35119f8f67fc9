/** What no packet may say is not written either: the caller gets an error that names the value and the rule. */
import { describe, expect, it } from 'vitest';
import { ByteWriter } from './byte-writer.js';
import { encodePacket, writePacket } from './encode-packet.js';
import { PetrelError, TopicError, UsageError } from './errors.js';
import type { Packet } from './packet.js';
import type { ConnectPacket, Will } from './packets/connect.js';
import type { PublishPacket } from './packets/publish.js';
import type { SubscribePacket, SubscriptionRequest } from './packets/subscribe.js';
import { noProperties } from './properties.js';
import type { ProtocolVersion } from './protocol-version.js';

const empty = new Uint8Array(0);

function connect(fields: Partial<ConnectPacket>, protocolVersion: ProtocolVersion = 5): ConnectPacket {
  return {
    type: 'connect',
    protocolVersion,
    clientIdentifier: 'c',
    cleanStart: true,
    keepAlive: 0,
    properties: noProperties,
    ...fields,
  };
}

function will(fields: Partial<Will>): ConnectPacket {
  return connect({
    will: { topicName: 'w', payload: empty, qos: 0, retain: false, properties: noProperties, ...fields },
  });
}

function publish(fields: Partial<PublishPacket>): PublishPacket {
  return {
    type: 'publish',
    topicName: 'a',
    payload: empty,
    qos: 0,
    retain: false,
    dup: false,
    packetIdentifier: 0,
    properties: noProperties,
    ...fields,
  };
}

function subscribe(fields: Partial<SubscriptionRequest>): SubscribePacket {
  const request = {
    topicFilter: 'a',
    qos: 0,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
  } as const;
  return {
    type: 'subscribe',
    packetIdentifier: 1,
    subscriptions: [{ ...request, ...fields }],
    properties: noProperties,
  };
}

const large = new Uint8Array(65_536);

type Row = readonly [name: string, packet: Packet, version: ProtocolVersion, message: string];

const rows: readonly Row[] = [
  [
    'Keep Alive above two bytes',
    connect({ keepAlive: 65_536 }),
    5,
    'Keep Alive must be an integer 0–65535 (seconds), got 65536',
  ],
  ['Keep Alive of half a second', connect({ keepAlive: 0.5 }), 5, 'got 0.5'],
  [
    'Password above 65535 bytes',
    connect({ password: large }),
    5,
    'Password takes 65536 bytes, at most 65535 fit',
  ],
  [
    'Password without a User Name on 3.1.1 [MQTT-3.1.2-22]',
    connect({ password: empty }, 4),
    4,
    '[MQTT-3.1.2-22]',
  ],
  [
    'Authentication Data without a method',
    connect({ properties: { authenticationData: empty } }),
    5,
    'needs an Authentication Method',
  ],
  ['User Name with U+0000', connect({ userName: '\0' }), 5, '[MQTT-1.5.4-2]'],
  [
    'Will QoS 3 [MQTT-3.1.2-12]',
    will({ qos: 3 as never }),
    5,
    'Will QoS must be 0, 1 or 2, got 3 [MQTT-3.1.2-12]',
  ],
  [
    'Will Payload above 65535 bytes',
    will({ payload: large }),
    5,
    'Will Payload takes 65536 bytes, at most 65535 fit',
  ],

  [
    'CONNACK that refuses a stored session [MQTT-3.2.2-6]',
    { type: 'connack', sessionPresent: true, reasonCode: 0x87, properties: noProperties },
    5,
    '0x87 not authorized cannot have Session Present [MQTT-3.2.2-6]',
  ],
  [
    'CONNACK 3.1.1 that refuses a stored session [MQTT-3.2.2-4]',
    { type: 'connack', sessionPresent: true, reasonCode: 0x87, properties: noProperties },
    4,
    'cannot have Session Present',
  ],
  [
    'CONNACK 3.1.1 for which there is no return code [MQTT-3.2.2-6]',
    { type: 'connack', sessionPresent: false, reasonCode: 0x80, properties: noProperties },
    4,
    'no CONNACK return code for 0x80 unspecified error [MQTT-3.2.2-6]',
  ],

  ['PUBLISH of QoS 3 [MQTT-3.3.1-4]', publish({ qos: 3 as never, packetIdentifier: 1 }), 5, '[MQTT-3.3.1-4]'],
  ['DUP at QoS 0 [MQTT-3.3.1-2] [MQTT-4.3.1-1]', publish({ dup: true }), 5, '[MQTT-3.3.1-2]'],
  [
    'PUBLISH of QoS 1 without an identifier [MQTT-2.2.1-3]',
    publish({ qos: 1 }),
    5,
    'must be an integer 1–65535, got 0 [MQTT-2.2.1-3]',
  ],
  [
    'PUBLISH with an identifier above two bytes',
    publish({ qos: 1, packetIdentifier: 65_536 }),
    5,
    'got 65536',
  ],
  ['neither Topic Name nor Topic Alias [MQTT-4.7.3-1]', publish({ topicName: '' }), 5, '[MQTT-4.7.3-1]'],
  [
    'a Topic Alias alone on 3.1.1 [MQTT-4.7.3-1]',
    publish({ topicName: '', properties: { topicAlias: 1 } }),
    4,
    '[MQTT-4.7.3-1]',
  ],

  [
    'PUBACK with Packet Identifier 0',
    { type: 'puback', packetIdentifier: 0, reasonCode: 0, properties: noProperties },
    4,
    'got 0 [MQTT-2.2.1-3]',
  ],
  ['SUBSCRIBE without a filter [MQTT-3.8.3-2]', { ...subscribe({}), subscriptions: [] }, 5, '[MQTT-3.8.3-2]'],
  ['SUBSCRIBE of QoS 3', subscribe({ qos: 3 as never }), 5, 'QoS must be 0, 1 or 2, got 3'],
  [
    'SUBSCRIBE with Retain Handling 3',
    subscribe({ retainHandling: 3 as never }),
    5,
    'Retain Handling must be 0, 1 or 2, got 3',
  ],
  [
    'No Local on a Shared Subscription [MQTT-3.8.3-4]',
    subscribe({ topicFilter: '$share/g/a', noLocal: true }),
    5,
    '[MQTT-3.8.3-4]',
  ],
  [
    'SUBACK without a Reason Code [MQTT-3.8.4-6]',
    { type: 'suback', packetIdentifier: 1, reasonCodes: [], properties: noProperties },
    5,
    '[MQTT-3.8.4-6]',
  ],
  [
    'UNSUBSCRIBE without a filter [MQTT-3.10.3-2]',
    { type: 'unsubscribe', packetIdentifier: 1, topicFilters: [], properties: noProperties },
    5,
    '[MQTT-3.10.3-2]',
  ],
  [
    'UNSUBACK without a Reason Code [MQTT-3.11.3-1]',
    { type: 'unsuback', packetIdentifier: 1, reasonCodes: [], properties: noProperties },
    5,
    '[MQTT-3.11.3-1]',
  ],
  [
    'AUTH on 3.1.1',
    { type: 'auth', reasonCode: 0x18, properties: { authenticationMethod: 'm' } },
    4,
    'AUTH does not exist in MQTT 3.1.1',
  ],
  [
    'AUTH without an Authentication Method [MQTT-4.12.0-5]',
    { type: 'auth', reasonCode: 0x18, properties: noProperties },
    5,
    '[MQTT-4.12.0-5]',
  ],
];

const topicRows: readonly Row[] = [
  ['empty Will Topic [MQTT-4.7.3-1]', will({ topicName: '' }), 5, 'Will Topic is empty [MQTT-4.7.3-1]'],
  ['Will Topic with a wildcard [MQTT-3.3.2-2]', will({ topicName: 'w/#' }), 5, '[MQTT-3.3.2-2]'],
  [
    'Will Response Topic with a wildcard',
    will({ properties: { responseTopic: '+' } }),
    5,
    'Will Response Topic "+" contains a wildcard',
  ],
  [
    'PUBLISH Topic Name with a wildcard [MQTT-3.3.2-2]',
    publish({ topicName: 'a/+' }),
    5,
    'Topic Name "a/+" contains a wildcard [MQTT-3.3.2-2]',
  ],
  [
    'PUBLISH Response Topic with a wildcard [MQTT-3.3.2-14]',
    publish({ properties: { responseTopic: '#' } }),
    5,
    'Response Topic "#" contains a wildcard',
  ],
  ['SUBSCRIBE to a bad filter [MQTT-4.7.1-1]', subscribe({ topicFilter: 'a#' }), 5, '[MQTT-4.7.1-1]'],
  [
    'UNSUBSCRIBE of a bad filter [MQTT-4.8.2-2]',
    { type: 'unsubscribe', packetIdentifier: 1, topicFilters: ['$share/g'], properties: noProperties },
    5,
    '[MQTT-4.8.2-2]',
  ],
];

describe('the encoder refuses', () => {
  it.each(rows)('%s', (_, packet, version, message) => {
    expect(() => encodePacket(packet, version)).toThrow(UsageError);
    expect(() => encodePacket(packet, version)).toThrow(message);
  });

  it.each(topicRows)('%s', (_, packet, version, message) => {
    expect(() => encodePacket(packet, version)).toThrow(TopicError);
    expect(() => encodePacket(packet, version)).toThrow(message);
  });

  it('before it has written a byte, so that a shared buffer stays whole', () => {
    for (const [name, packet, version] of [...rows, ...topicRows]) {
      const writer = new ByteWriter(new Uint8Array(64).fill(0xcc), 5);
      expect(() => writePacket(writer, packet, version), name).toThrow(PetrelError);
      expect(writer.position, name).toBe(5);
      expect(
        writer.bytes.every((byte) => byte === 0xcc),
        name,
      ).toBe(true);
    }
  });
});

describe('what a version has no place for', () => {
  it('is left out of a packet of MQTT 3.x', () => {
    const properties = { userProperties: [['k', 'v']] } as const;
    const bytes = encodePacket(publish({ properties: { ...properties, messageExpiryInterval: 5 } }), 4);
    expect(bytes).toEqual(encodePacket(publish({}), 4));
    const puback: Packet = { type: 'puback', packetIdentifier: 1, reasonCode: 0x97, properties };
    expect(encodePacket(puback, 4)).toEqual(Uint8Array.of(0x40, 2, 0, 1));
    const disconnect: Packet = { type: 'disconnect', reasonCode: 0x04, properties };
    expect(encodePacket(disconnect, 4)).toEqual(Uint8Array.of(0xe0, 0));
    const options = { noLocal: true, retainAsPublished: true, retainHandling: 2 } as const;
    expect(encodePacket(subscribe(options), 4)).toEqual(encodePacket(subscribe({}), 4));
    const unsuback: Packet = { type: 'unsuback', packetIdentifier: 1, reasonCodes: [0x11], properties };
    expect(encodePacket(unsuback, 4)).toEqual(Uint8Array.of(0xb0, 2, 0, 1));
  });

  it('is one refusal for all in the SUBACK of MQTT 3.x [MQTT-3.9.3-2]', () => {
    const suback: Packet = {
      type: 'suback',
      packetIdentifier: 1,
      reasonCodes: [2, 0x87, 0x8f, 0],
      properties: noProperties,
    };
    expect(encodePacket(suback, 4)).toEqual(Uint8Array.of(0x90, 6, 0, 1, 2, 0x80, 0x80, 0));
  });
});
