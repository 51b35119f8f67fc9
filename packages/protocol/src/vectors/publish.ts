/** PUBLISH, counted out by hand from section 3.3 of each version. */
import { noProperties } from '../properties.js';
import { ascii, type PacketVector, wire } from './wire.js';

const plain = {
  type: 'publish' as const,
  topicName: 'a',
  payload: wire(''),
  qos: 0 as const,
  retain: false,
  dup: false,
  packetIdentifier: 0,
  properties: noProperties,
};

export const publishVectors: readonly PacketVector[] = [
  {
    name: 'PUBLISH 3.x, minimal [MQTT-2.3.1-5] [MQTT-3.3.2-1]',
    versions: [3, 4],
    sender: 'client',
    bytes: '30 03 | 00 01 "a"',
    packet: plain,
  },
  {
    name: 'PUBLISH 3.x, QoS 1',
    versions: [3, 4],
    sender: 'server',
    bytes: '32 08 | 00 03 "a/b" | 00 0A | "!"',
    packet: { ...plain, topicName: 'a/b', qos: 1, packetIdentifier: 10, payload: ascii('!') },
  },
  {
    name: 'PUBLISH 3.x, QoS 2, retained, sent again [MQTT-3.3.1-1]',
    versions: [3, 4],
    sender: 'client',
    bytes: '3D 0B | 00 03 "a/b" | FF FF | 00 01 02 03',
    packet: {
      ...plain,
      topicName: 'a/b',
      qos: 2,
      retain: true,
      dup: true,
      packetIdentifier: 65_535,
      payload: wire('00 01 02 03'),
    },
  },
  {
    name: 'PUBLISH with U+FEFF in front of its Topic Name [MQTT-1.5.3-3]',
    versions: [3, 4],
    sender: 'client',
    bytes: '30 06 | 00 04 EF BB BF "b"',
    packet: { ...plain, topicName: '\uFEFFb' },
  },
  {
    name: 'PUBLISH with U+FEFF in front of its Topic Name [MQTT-1.5.4-3]',
    versions: [5],
    sender: 'client',
    bytes: '30 07 | 00 04 EF BB BF "b" | 00',
    packet: { ...plain, topicName: '\uFEFFb' },
  },
  {
    name: 'PUBLISH 5.0, minimal [MQTT-2.2.1-2] [MQTT-2.2.2-1] [MQTT-3.3.2-1]',
    versions: [5],
    sender: 'client',
    bytes: '30 04 | 00 01 "a" | 00',
    packet: plain,
  },
  {
    name: 'PUBLISH 5.0 with a Topic Alias in place of its Topic Name',
    versions: [5],
    sender: 'client',
    bytes: '30 06 | 00 00 | 03 23 00 01',
    packet: { ...plain, topicName: '', properties: { topicAlias: 1 } },
  },
  {
    name: 'PUBLISH 5.0 of a client, QoS 1, with properties that are zero or empty [MQTT-3.3.2-13] [MQTT-3.3.2-19]',
    versions: [5],
    sender: 'client',
    bytes: '33 14 | 00 01 "a" | 00 01 | 0D 01 00 02 00 00 00 00 03 00 00 09 00 00 | "x"',
    packet: {
      ...plain,
      qos: 1,
      retain: true,
      packetIdentifier: 1,
      payload: ascii('x'),
      properties: {
        payloadFormatIndicator: 0,
        messageExpiryInterval: 0,
        contentType: '',
        correlationData: wire(''),
      },
    },
  },
  {
    name: 'PUBLISH 5.0 of a server, maximal [MQTT-3.3.4-4] [MQTT-3.3.2-17] [MQTT-3.3.2-18]',
    versions: [5],
    sender: 'server',
    bytes: `3D 43 | 00 04 "s/" C3 A9 | 12 34
      | 38 | 01 01 | 02 00 00 00 0A | 03 00 0A "text/plain" | 08 00 03 "r/1" | 09 00 03 00 80 FF | 0B 01 | 0B FF FF FF 7F
           | 23 FF FF | 26 00 01 "a" 00 01 "1" | 26 00 01 "a" 00 01 "2"
      | 00 FF`,
    packet: {
      type: 'publish',
      topicName: 's/é',
      payload: wire('00 FF'),
      qos: 2,
      retain: true,
      dup: true,
      packetIdentifier: 0x1234,
      properties: {
        payloadFormatIndicator: 1,
        messageExpiryInterval: 10,
        contentType: 'text/plain',
        responseTopic: 'r/1',
        correlationData: wire('00 80 FF'),
        subscriptionIdentifiers: [1, 268_435_455],
        topicAlias: 65_535,
        userProperties: [
          ['a', '1'],
          ['a', '2'],
        ],
      },
    },
  },
];
