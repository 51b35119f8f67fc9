/** SUBSCRIBE, SUBACK, UNSUBSCRIBE and UNSUBACK, counted out by hand from sections 3.8–3.11 of each version. */
import type { SubscriptionRequest } from '../packets/subscribe.js';
import { noProperties } from '../properties.js';
import type { PacketVector } from './wire.js';

function request(topicFilter: string, qos: 0 | 1 | 2): SubscriptionRequest {
  return { topicFilter, qos, noLocal: false, retainAsPublished: false, retainHandling: 0 };
}

const answered = { reasonString: 'r', userProperties: [['k', 'v']] } as const;

export const subscriptionVectors: readonly PacketVector[] = [
  {
    name: 'SUBSCRIBE 3.x, minimal [MQTT-3.8.3-1] [MQTT-3.8.3-3]',
    versions: [3, 4],
    sender: 'client',
    bytes: '82 06 | 00 01 | 00 01 "#" 00',
    packet: {
      type: 'subscribe',
      packetIdentifier: 1,
      subscriptions: [request('#', 0)],
      properties: noProperties,
    },
  },
  {
    name: 'SUBSCRIBE 3.x with several Topic Filters',
    versions: [3, 4],
    sender: 'client',
    bytes: '82 0E | 00 0A | 00 03 "a/b" 01 | 00 03 "c/+" 02',
    packet: {
      type: 'subscribe',
      packetIdentifier: 10,
      subscriptions: [request('a/b', 1), request('c/+', 2)],
      properties: noProperties,
    },
  },
  {
    name: 'SUBSCRIBE 3.1 that is sent again and says so',
    versions: [3],
    sender: 'client',
    bytes: '8A 06 | 00 01 | 00 01 "#" 00',
    writtenAs: '82 06 | 00 01 | 00 01 "#" 00',
    packet: {
      type: 'subscribe',
      packetIdentifier: 1,
      subscriptions: [request('#', 0)],
      properties: noProperties,
    },
  },
  {
    name: 'SUBSCRIBE 5.0, minimal [MQTT-3.8.3-1] [MQTT-3.8.3-2]',
    versions: [5],
    sender: 'client',
    bytes: '82 07 | 00 01 | 00 | 00 01 "#" 00',
    packet: {
      type: 'subscribe',
      packetIdentifier: 1,
      subscriptions: [request('#', 0)],
      properties: noProperties,
    },
  },
  {
    name: 'SUBSCRIBE 5.0, maximal [MQTT-3.8.3-2]',
    versions: [5],
    sender: 'client',
    bytes: `82 22 | FF FF | 0C | 0B FF FF FF 7F | 26 00 01 "k" 00 01 "v"
      | 00 0C "$share/g/a/#" 2A | 00 01 "+" 15`,
    packet: {
      type: 'subscribe',
      packetIdentifier: 65_535,
      subscriptions: [
        { topicFilter: '$share/g/a/#', qos: 2, noLocal: false, retainAsPublished: true, retainHandling: 2 },
        { topicFilter: '+', qos: 1, noLocal: true, retainAsPublished: false, retainHandling: 1 },
      ],
      properties: { subscriptionIdentifier: 268_435_455, userProperties: [['k', 'v']] },
    },
  },
  {
    name: 'SUBACK 3.x, minimal [MQTT-3.9.3-1]',
    versions: [3, 4],
    sender: 'server',
    bytes: '90 03 | 00 01 | 00',
    packet: { type: 'suback', packetIdentifier: 1, reasonCodes: [0], properties: noProperties },
  },
  {
    name: 'SUBACK 3.1.1 with all its return codes [MQTT-3.9.3-2]',
    versions: [4],
    sender: 'server',
    bytes: '90 06 | 00 0A | 00 01 02 80',
    packet: { type: 'suback', packetIdentifier: 10, reasonCodes: [0, 1, 2, 0x80], properties: noProperties },
  },
  {
    name: 'SUBACK 5.0, minimal [MQTT-3.8.4-6]',
    versions: [5],
    sender: 'server',
    bytes: '90 04 | 00 01 | 00 | 00',
    packet: { type: 'suback', packetIdentifier: 1, reasonCodes: [0], properties: noProperties },
  },
  {
    name: 'SUBACK 5.0 with all its Reason Codes and properties [MQTT-3.9.3-2]',
    versions: [5],
    sender: 'server',
    bytes: `90 1A | 00 0A | 0B | 1F 00 01 "r" | 26 00 01 "k" 00 01 "v"
      | 00 01 02 80 83 87 8F 91 97 9E A1 A2`,
    packet: {
      type: 'suback',
      packetIdentifier: 10,
      reasonCodes: [0, 1, 2, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2],
      properties: answered,
    },
  },
  {
    name: 'UNSUBSCRIBE 3.x, minimal [MQTT-3.10.3-1] [MQTT-3.10.3-2]',
    versions: [3, 4],
    sender: 'client',
    bytes: 'A2 05 | 00 01 | 00 01 "#"',
    packet: { type: 'unsubscribe', packetIdentifier: 1, topicFilters: ['#'], properties: noProperties },
  },
  {
    name: 'UNSUBSCRIBE 3.x with several Topic Filters [MQTT-3.10.3-1]',
    versions: [3, 4],
    sender: 'client',
    bytes: 'A2 0C | 00 0B | 00 03 "a/b" | 00 03 "c/+"',
    packet: {
      type: 'unsubscribe',
      packetIdentifier: 11,
      topicFilters: ['a/b', 'c/+'],
      properties: noProperties,
    },
  },
  {
    name: 'UNSUBSCRIBE 5.0, minimal [MQTT-3.10.3-2]',
    versions: [5],
    sender: 'client',
    bytes: 'A2 06 | 00 01 | 00 | 00 01 "#"',
    packet: { type: 'unsubscribe', packetIdentifier: 1, topicFilters: ['#'], properties: noProperties },
  },
  {
    name: 'UNSUBSCRIBE 5.0, maximal [MQTT-3.10.3-1]',
    versions: [5],
    sender: 'client',
    bytes: 'A2 1C | 00 0B | 07 | 26 00 01 "k" 00 01 "v" | 00 03 "a/b" | 00 0B "$share/g/" C3 A9',
    packet: {
      type: 'unsubscribe',
      packetIdentifier: 11,
      topicFilters: ['a/b', '$share/g/é'],
      properties: { userProperties: [['k', 'v']] },
    },
  },
  {
    name: 'UNSUBACK 3.x has no codes',
    versions: [3, 4],
    sender: 'server',
    bytes: 'B0 02 | 00 01',
    packet: { type: 'unsuback', packetIdentifier: 1, reasonCodes: [], properties: noProperties },
  },
  {
    name: 'UNSUBACK 5.0, minimal [MQTT-3.11.3-1]',
    versions: [5],
    sender: 'server',
    bytes: 'B0 04 | 00 01 | 00 | 00',
    packet: { type: 'unsuback', packetIdentifier: 1, reasonCodes: [0], properties: noProperties },
  },
  {
    name: 'UNSUBACK 5.0 with all its Reason Codes and properties [MQTT-3.11.3-2]',
    versions: [5],
    sender: 'server',
    bytes: 'B0 15 | 00 0A | 0B | 1F 00 01 "r" | 26 00 01 "k" 00 01 "v" | 00 11 80 83 87 8F 91',
    packet: {
      type: 'unsuback',
      packetIdentifier: 10,
      reasonCodes: [0, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91],
      properties: answered,
    },
  },
];
