import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describePacket } from './describe-packet.js';
import type { Packet } from './packet.js';
import { noProperties } from './properties.js';
import { anySentPacket } from './vectors/arbitrary-packet.js';
import { ascii } from './vectors/wire.js';

describe('describePacket', () => {
  const none = noProperties;

  const lines: readonly (readonly [Packet, string])[] = [
    [{ type: 'pingreq' }, 'PINGREQ'],
    [{ type: 'pingresp' }, 'PINGRESP'],
    [
      { type: 'connack', sessionPresent: true, reasonCode: 0, properties: none },
      'CONNACK 0x00 success, session present',
    ],
    [
      { type: 'connack', sessionPresent: false, reasonCode: 0x87, properties: none },
      'CONNACK 0x87 not authorized',
    ],
    [
      { type: 'pubrec', packetIdentifier: 7, reasonCode: 0x10, properties: none },
      'PUBREC id 7 0x10 no matching subscribers',
    ],
    [
      { type: 'suback', packetIdentifier: 7, reasonCodes: [1, 2, 0x87, 0x8f, 0], properties: none },
      'SUBACK id 7 0x01 granted QoS 1, 0x02 granted QoS 2, 0x87 not authorized and 2 more',
    ],
    [{ type: 'unsuback', packetIdentifier: 7, reasonCodes: [], properties: none }, 'UNSUBACK id 7'],
    [
      { type: 'unsubscribe', packetIdentifier: 7, topicFilters: ['a', '#'], properties: none },
      'UNSUBSCRIBE id 7 "a", "#"',
    ],
    [{ type: 'disconnect', reasonCode: 0x8e, properties: none }, 'DISCONNECT 0x8E session taken over'],
    [{ type: 'auth', reasonCode: 0x18, properties: none }, 'AUTH 0x18 continue authentication'],
    [
      {
        type: 'publish',
        topicName: 'a/b',
        payload: ascii('hello'),
        qos: 1,
        retain: true,
        dup: true,
        packetIdentifier: 7,
        properties: { topicAlias: 3 },
      },
      'PUBLISH "a/b" alias 3 QoS 1 id 7 dup retain, 5 bytes',
    ],
    [
      {
        type: 'publish',
        topicName: 'a\u009B\n',
        payload: ascii(''),
        qos: 0,
        retain: false,
        dup: false,
        packetIdentifier: 0,
        properties: none,
      },
      'PUBLISH "a\\u{9b}\\n" QoS 0, 0 bytes',
    ],
    [
      {
        type: 'connect',
        protocolVersion: 4,
        clientIdentifier: 'c',
        cleanStart: false,
        keepAlive: 60,
        will: { topicName: 'w', payload: ascii('gone'), qos: 1, retain: false, properties: none },
        userName: 'ann',
        password: ascii('secret'),
        properties: none,
      },
      'CONNECT MQTT 3.1.1 "c" resume, keep alive 60 s, user "ann", will "w" QoS 1',
    ],
    [
      {
        type: 'subscribe',
        packetIdentifier: 7,
        subscriptions: [
          { topicFilter: '$share/g/a', qos: 2, noLocal: false, retainAsPublished: false, retainHandling: 0 },
        ],
        properties: none,
      },
      'SUBSCRIBE id 7 "$share/g/a" QoS 2',
    ],
  ];

  for (const [packet, line] of lines) {
    it(`says ${line}`, () => {
      expect(describePacket(packet)).toBe(line);
    });
  }

  it('never shows payload, password or authentication data, and stays on one short line', () => {
    // A mark that no other field can contain, in every place where a secret may be.
    const mark = 'QZQZQZ';
    const secret = ascii(mark);
    fc.assert(
      fc.property(anySentPacket, ({ packet }) => {
        const line = describePacket(withSecrets(packet, secret));
        expect(line).not.toContain(mark);
        expect(line).not.toContain([...secret].join(','));
        expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        expect(line.length).toBeLessThan(700);
      }),
      { numRuns: 1000 },
    );
  });
});

function withSecrets(packet: Packet, secret: Uint8Array): Packet {
  const text = String.fromCharCode(...secret);
  switch (packet.type) {
    case 'publish': {
      const properties = {
        ...packet.properties,
        correlationData: secret,
        userProperties: [[text, text]],
      } as const;
      return { ...packet, payload: secret, properties };
    }
    case 'connect': {
      const will = packet.will && { ...packet.will, payload: secret };
      const properties = { ...packet.properties, authenticationMethod: 'm', authenticationData: secret };
      return { ...packet, will, password: secret, properties };
    }
    case 'connack':
    case 'auth':
      return {
        ...packet,
        properties: { ...packet.properties, authenticationMethod: 'm', authenticationData: secret },
      };
    default:
      return packet;
  }
}
