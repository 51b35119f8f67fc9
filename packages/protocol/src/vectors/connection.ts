/** PINGREQ, PINGRESP, DISCONNECT and AUTH, counted out by hand from sections 3.12–3.15 of each version. */
import { noProperties } from '../properties.js';
import { type PacketVector, wire } from './wire.js';

export const connectionVectors: readonly PacketVector[] = [
  {
    name: 'PINGREQ',
    versions: [3, 4, 5],
    sender: 'client',
    bytes: 'C0 00',
    packet: { type: 'pingreq' },
  },
  {
    name: 'PINGRESP',
    versions: [3, 4, 5],
    sender: 'server',
    bytes: 'D0 00',
    packet: { type: 'pingresp' },
  },
  {
    name: 'DISCONNECT, minimal: Remaining Length 0 means a normal one',
    versions: [3, 4, 5],
    sender: 'client',
    bytes: 'E0 00',
    packet: { type: 'disconnect', reasonCode: 0, properties: noProperties },
  },
  {
    name: 'DISCONNECT 5.0 of a server, minimal',
    versions: [5],
    sender: 'server',
    bytes: 'E0 00',
    packet: { type: 'disconnect', reasonCode: 0, properties: noProperties },
  },
  {
    name: 'DISCONNECT 5.0 that says normal in so many bytes',
    versions: [5],
    sender: 'client',
    bytes: 'E0 01 | 00',
    writtenAs: 'E0 00',
    packet: { type: 'disconnect', reasonCode: 0, properties: noProperties },
  },
  {
    name: 'DISCONNECT 5.0 that says normal and no properties in so many bytes [MQTT-2.2.2-1]',
    versions: [5],
    sender: 'client',
    bytes: 'E0 02 | 00 | 00',
    writtenAs: 'E0 00',
    packet: { type: 'disconnect', reasonCode: 0, properties: noProperties },
  },
  {
    name: 'DISCONNECT 5.0 that asks for the Will [MQTT-3.14.2-1]',
    versions: [5],
    sender: 'client',
    bytes: 'E0 01 | 04',
    packet: { type: 'disconnect', reasonCode: 4, properties: noProperties },
  },
  {
    name: 'DISCONNECT 5.0 of a client, maximal',
    versions: [5],
    sender: 'client',
    bytes: 'E0 12 | 04 | 10 | 11 00 00 00 00 | 1F 00 01 "r" | 26 00 01 "k" 00 01 "v"',
    packet: {
      type: 'disconnect',
      reasonCode: 4,
      properties: { sessionExpiryInterval: 0, reasonString: 'r', userProperties: [['k', 'v']] },
    },
  },
  {
    name: 'DISCONNECT 5.0 of a server, maximal [MQTT-3.14.2-1]',
    versions: [5],
    sender: 'server',
    bytes: 'E0 11 | 9C | 0F | 1C 00 01 "s" | 1F 00 01 "r" | 26 00 01 "k" 00 01 "v"',
    packet: {
      type: 'disconnect',
      reasonCode: 0x9c,
      properties: { serverReference: 's', reasonString: 'r', userProperties: [['k', 'v']] },
    },
  },
  {
    name: 'AUTH, minimal [MQTT-4.12.0-3] [MQTT-4.12.0-5]',
    versions: [5],
    sender: 'client',
    bytes: 'F0 06 | 18 | 04 15 00 01 "m"',
    packet: { type: 'auth', reasonCode: 0x18, properties: { authenticationMethod: 'm' } },
  },
  {
    name: 'AUTH that begins again [MQTT-3.15.2-1]',
    versions: [5],
    sender: 'client',
    bytes: 'F0 06 | 19 | 04 15 00 01 "m"',
    packet: { type: 'auth', reasonCode: 0x19, properties: { authenticationMethod: 'm' } },
  },
  {
    name: 'AUTH of success [MQTT-3.15.2-1]',
    versions: [5],
    sender: 'server',
    bytes: 'F0 06 | 00 | 04 15 00 01 "m"',
    packet: { type: 'auth', reasonCode: 0, properties: { authenticationMethod: 'm' } },
  },
  {
    name: 'AUTH, maximal [MQTT-4.12.0-2]',
    versions: [5],
    sender: 'server',
    bytes: 'F0 16 | 18 | 14 | 15 00 01 "m" | 16 00 02 00 FF | 1F 00 01 "r" | 26 00 01 "k" 00 01 "v"',
    packet: {
      type: 'auth',
      reasonCode: 0x18,
      properties: {
        authenticationMethod: 'm',
        authenticationData: wire('00 FF'),
        reasonString: 'r',
        userProperties: [['k', 'v']],
      },
    },
  },
];
