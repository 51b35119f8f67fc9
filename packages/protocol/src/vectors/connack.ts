/** CONNACK, counted out by hand from section 3.2 of each version. */
import { noProperties } from '../properties.js';
import { type PacketVector, wire } from './wire.js';

/** MQTT 3.x return code → MQTT 5 Reason Code, from the table of section 3.2.2.3 of MQTT 3.1.1. */
const returnCodes = [
  [1, 0x84],
  [2, 0x85],
  [3, 0x88],
  [4, 0x86],
  [5, 0x87],
] as const;

export const connackVectors: readonly PacketVector[] = [
  {
    name: 'CONNACK 3.x, accepted',
    versions: [3, 4],
    sender: 'server',
    bytes: '20 02 | 00 | 00',
    packet: { type: 'connack', sessionPresent: false, reasonCode: 0, properties: noProperties },
  },
  {
    name: 'CONNACK 3.1.1 of a stored session [MQTT-3.2.2-2]',
    versions: [4],
    sender: 'server',
    bytes: '20 02 | 01 | 00',
    packet: { type: 'connack', sessionPresent: true, reasonCode: 0, properties: noProperties },
  },
  {
    name: 'CONNACK 3.1, whose first byte means nothing',
    versions: [3],
    sender: 'server',
    bytes: '20 02 | FF | 00',
    writtenAs: '20 02 | 00 | 00',
    packet: { type: 'connack', sessionPresent: false, reasonCode: 0, properties: noProperties },
  },
  ...returnCodes.map(
    ([returnCode, reasonCode]): PacketVector => ({
      name: `CONNACK 3.x, return code ${returnCode}`,
      versions: [3, 4],
      sender: 'server',
      bytes: `20 02 | 00 | 0${returnCode}`,
      packet: { type: 'connack', sessionPresent: false, reasonCode, properties: noProperties },
    }),
  ),
  {
    name: 'CONNACK 5.0, minimal [MQTT-2.2.2-1]',
    versions: [5],
    sender: 'server',
    bytes: '20 03 | 00 | 00 | 00',
    packet: { type: 'connack', sessionPresent: false, reasonCode: 0, properties: noProperties },
  },
  {
    name: 'CONNACK 5.0, refused [MQTT-3.2.2-6] [MQTT-3.2.2-8]',
    versions: [5],
    sender: 'server',
    bytes: '20 03 | 00 | 87 | 00',
    packet: { type: 'connack', sessionPresent: false, reasonCode: 0x87, properties: noProperties },
  },
  {
    name: 'CONNACK 5.0, maximal [MQTT-3.2.2-3]',
    versions: [5],
    sender: 'server',
    bytes: `20 44 | 01 | 00
      | 41 | 11 00 00 0E 10 | 12 00 03 "c-1" | 13 00 3C | 15 00 01 "m" | 16 00 01 00 | 1A 00 03 "ri/" | 1C 00 01 "s"
           | 1F 00 02 "ok" | 21 00 14 | 22 00 05 | 24 01 | 25 00 | 26 00 01 "n" 00 01 "v" | 27 00 10 00 00
           | 28 01 | 29 00 | 2A 01`,
    packet: {
      type: 'connack',
      sessionPresent: true,
      reasonCode: 0,
      properties: {
        sessionExpiryInterval: 3600,
        assignedClientIdentifier: 'c-1',
        serverKeepAlive: 60,
        authenticationMethod: 'm',
        authenticationData: wire('00'),
        responseInformation: 'ri/',
        serverReference: 's',
        reasonString: 'ok',
        receiveMaximum: 20,
        topicAliasMaximum: 5,
        maximumQoS: 1,
        retainAvailable: false,
        userProperties: [['n', 'v']],
        maximumPacketSize: 0x100000,
        wildcardSubscriptionAvailable: true,
        subscriptionIdentifiersAvailable: false,
        sharedSubscriptionAvailable: true,
      },
    },
  },
];
