/** CONNECT and CONNACK that are none, each one byte or one rule away from a good one. */
import { type RefusedVector, refusedBy } from './wire.js';

const stranger = refusedBy(undefined, 'client');
const server3 = refusedBy(3, 'server');
const server4 = refusedBy(4, 'server');
const server5 = refusedBy(5, 'server');

const start5 = '00 04 "MQTT" 05 | 02 | 00 00';
const start4 = '00 04 "MQTT" 04 | 02 | 00 00';

/** A CONNECT of MQTT 5 with these properties: 13 bytes are the rest of it. */
function withProperties(size: string, remainingLength: string, properties: string): string {
  return `10 ${remainingLength} | ${start5} | ${size} ${properties} | 00 00`;
}

export const refusedConnects: readonly RefusedVector[] = [
  stranger('protocol', 'first packet is PINGREQ [MQTT-3.1.0-1]', 'C0 00'),
  stranger('protocol', 'first packet is PUBLISH [MQTT-3.1.0-1]', '30 04 | 00 01 "a" | 00'),
  stranger('protocol', 'first packet has the reserved type 0 [MQTT-3.1.0-1]', '00 00'),
  stranger(
    'malformed',
    'CONNECT with a flag in its first byte [MQTT-2.1.3-1]',
    `11 0D | ${start5} | 00 | 00 00`,
  ),

  stranger('version', 'Protocol Name MQTX [MQTT-3.1.2-1]', '10 0C | 00 04 "MQTX" 04 | 02 | 00 00 | 00 00'),
  stranger(
    'version',
    'Protocol Name in lower case [MQTT-3.1.2-1]',
    '10 0C | 00 04 "mqtt" 04 | 02 | 00 00 | 00 00',
  ),
  stranger('version', 'empty Protocol Name [MQTT-3.1.2-1]', '10 08 | 00 00 04 | 02 | 00 00 | 00 00'),
  stranger('version', 'MQTT level 6 [MQTT-3.1.2-2]', '10 0D | 00 04 "MQTT" 06 | 02 | 00 00 | 00 | 00 00'),
  stranger('version', 'MQTT level 3 [MQTT-3.1.2-2]', '10 0C | 00 04 "MQTT" 03 | 02 | 00 00 | 00 00'),
  stranger(
    'version',
    'MQTT level 4 with the bridge bit [MQTT-3.1.2-2]',
    '10 0C | 00 04 "MQTT" 84 | 02 | 00 00 | 00 00',
  ),
  stranger('version', 'MQIsdp level 4 [MQTT-3.1.2-2]', '10 0E | 00 06 "MQIsdp" 04 | 02 | 00 00 | 00 00'),
  stranger(
    'version',
    'level 6 is told before what follows is looked at [MQTT-3.1.2-2]',
    '10 07 | 00 04 "MQTT" 06',
  ),
  stranger('malformed', 'Protocol Name that passes the end', '10 05 | 00 04 "MQT"'),
  stranger('malformed', 'CONNECT without a Protocol Version', '10 06 | 00 04 "MQTT"'),
  stranger('malformed', 'CONNECT without Connect Flags', '10 07 | 00 04 "MQTT" 04'),
  stranger('malformed', 'CONNECT with half a Keep Alive', '10 09 | 00 04 "MQTT" 04 | 02 | 00'),
  stranger('malformed', 'CONNECT of Remaining Length 0', '10 00'),

  stranger(
    'malformed',
    'reserved flag on 3.1.1 [MQTT-3.1.2-3]',
    '10 0C | 00 04 "MQTT" 04 | 03 | 00 00 | 00 00',
  ),
  stranger(
    'malformed',
    'reserved flag on 5.0 [MQTT-3.1.2-3]',
    '10 0D | 00 04 "MQTT" 05 | 03 | 00 00 | 00 | 00 00',
  ),
  stranger(
    'malformed',
    'Will QoS 3 on 3.1 [MQTT-3.1.2-14]',
    '10 15 | 00 06 "MQIsdp" 03 | 1E | 00 00 | 00 01 "a" | 00 01 "w" | 00 01 "x"',
  ),
  stranger(
    'malformed',
    'Will QoS 3 on 3.1.1 [MQTT-3.1.2-14]',
    '10 12 | 00 04 "MQTT" 04 | 1E | 00 00 | 00 00 | 00 01 "w" | 00 01 "x"',
  ),
  stranger(
    'malformed',
    'Will QoS 3 on 5.0 [MQTT-3.1.2-12]',
    '10 14 | 00 04 "MQTT" 05 | 1E | 00 00 | 00 | 00 00 | 00 | 00 01 "w" | 00 01 "x"',
  ),
  stranger(
    'malformed',
    'Will QoS without a Will on 3.1.1 [MQTT-3.1.2-13]',
    '10 0C | 00 04 "MQTT" 04 | 0A | 00 00 | 00 00',
  ),
  stranger(
    'malformed',
    'Will QoS without a Will on 5.0 [MQTT-3.1.2-11]',
    '10 0D | 00 04 "MQTT" 05 | 12 | 00 00 | 00 | 00 00',
  ),
  stranger(
    'malformed',
    'Will Retain without a Will on 3.1.1 [MQTT-3.1.2-15]',
    '10 0C | 00 04 "MQTT" 04 | 22 | 00 00 | 00 00',
  ),
  stranger(
    'malformed',
    'Will Retain without a Will on 5.0 [MQTT-3.1.2-13]',
    '10 0D | 00 04 "MQTT" 05 | 22 | 00 00 | 00 | 00 00',
  ),
  stranger(
    'malformed',
    'Password without a User Name on 3.1 [MQTT-3.1.2-22]',
    '10 12 | 00 06 "MQIsdp" 03 | 42 | 00 00 | 00 01 "a" | 00 01 "p"',
  ),
  stranger(
    'malformed',
    'Password without a User Name on 3.1.1 [MQTT-3.1.2-22]',
    '10 0F | 00 04 "MQTT" 04 | 42 | 00 00 | 00 00 | 00 01 "p"',
  ),

  stranger('malformed', 'CONNECT without a Client Identifier', `10 0A | ${start4}`),
  stranger('malformed', 'Client Identifier that passes the end', `10 0D | ${start4} | 00 05 "a"`),
  stranger(
    'malformed',
    'Client Identifier that is not UTF-8 [MQTT-3.1.3-4] [MQTT-1.5.4-1]',
    `10 0D | ${start4} | 00 01 FF`,
  ),
  stranger(
    'malformed',
    'Client Identifier with a surrogate [MQTT-1.5.4-1]',
    `10 0F | ${start4} | 00 03 ED A0 80`,
  ),
  stranger(
    'malformed',
    'Client Identifier with an overlong form [MQTT-1.5.4-1]',
    `10 0E | ${start4} | 00 02 C1 81`,
  ),
  stranger('malformed', 'Client Identifier with U+0000 [MQTT-1.5.4-2]', `10 0D | ${start4} | 00 01 00`),
  stranger('malformed', 'Will Flag without a Will', '10 0C | 00 04 "MQTT" 04 | 06 | 00 00 | 00 00'),
  stranger(
    'malformed',
    'Will without a Will Payload',
    '10 0F | 00 04 "MQTT" 04 | 06 | 00 00 | 00 00 | 00 01 "w"',
  ),
  stranger(
    'malformed',
    'Will without Will Properties on 5.0',
    '10 0D | 00 04 "MQTT" 05 | 06 | 00 00 | 00 | 00 00',
  ),
  stranger(
    'malformed',
    'User Name Flag without a User Name on 3.1.1',
    '10 0C | 00 04 "MQTT" 04 | 82 | 00 00 | 00 00',
  ),
  stranger(
    'malformed',
    'Password Flag without a Password on 5.0',
    '10 0D | 00 04 "MQTT" 05 | 42 | 00 00 | 00 | 00 00',
  ),
  stranger(
    'malformed',
    'User Name that is not UTF-8 [MQTT-3.1.3-12] [MQTT-3.1.3-11] [MQTT-1.5.4-1]',
    '10 0F | 00 04 "MQTT" 04 | 82 | 00 00 | 00 00 | 00 01 C3',
  ),
  stranger('malformed', 'CONNECT with a byte behind its last field', `10 0D | ${start4} | 00 00 | 00`),

  stranger(
    'topic',
    'empty Will Topic [MQTT-4.7.3-1]',
    '10 10 | 00 04 "MQTT" 04 | 06 | 00 00 | 00 00 | 00 00 | 00 00',
  ),
  stranger(
    'topic',
    'Will Topic with a wildcard [MQTT-3.3.2-2]',
    '10 11 | 00 04 "MQTT" 04 | 06 | 00 00 | 00 00 | 00 01 "#" | 00 00',
  ),
  stranger(
    'malformed',
    'Will Topic that is not UTF-8 [MQTT-3.1.3-11] [MQTT-3.1.3-10] [MQTT-1.5.4-1]',
    '10 11 | 00 04 "MQTT" 04 | 06 | 00 00 | 00 00 | 00 01 80 | 00 00',
  ),
  stranger(
    'protocol',
    'Will Response Topic with a wildcard [MQTT-3.3.2-14]',
    '10 17 | 00 04 "MQTT" 05 | 06 | 00 00 | 00 | 00 00 | 04 08 00 01 "+" | 00 01 "w" | 00 00',
  ),
  stranger(
    'protocol',
    'empty Will Response Topic [MQTT-3.3.2-14]',
    '10 16 | 00 04 "MQTT" 05 | 06 | 00 00 | 00 | 00 00 | 03 08 00 00 | 00 01 "w" | 00 00',
  ),
  stranger(
    'malformed',
    'CONNECT property in the Will',
    '10 18 | 00 04 "MQTT" 05 | 06 | 00 00 | 00 | 00 00 | 05 11 00 00 00 01 | 00 01 "w" | 00 00',
  ),
  stranger(
    'protocol',
    'Will Payload Format Indicator 2',
    '10 15 | 00 04 "MQTT" 05 | 06 | 00 00 | 00 | 00 00 | 02 01 02 | 00 01 "w" | 00 00',
  ),

  stranger('malformed', 'CONNECT 5.0 without a Property Length', `10 0A | ${start5}`),
  stranger('malformed', 'Property Length that passes the end', `10 0D | ${start5} | 7F | 00 00`),
  stranger(
    'malformed',
    'Property Length in two bytes where one is enough [MQTT-1.5.5-1]',
    `10 0E | ${start5} | 80 00 | 00 00`,
  ),
  stranger(
    'malformed',
    'Property Length of five bytes [MQTT-1.5.5-1]',
    `10 11 | ${start5} | FF FF FF FF 01 | 00 00`,
  ),
  stranger('malformed', 'property that passes the Property Length', withProperties('03', '10', '11 00 00')),
  stranger('malformed', 'property that no version knows', withProperties('02', '0F', '7E 00')),
  stranger('malformed', 'property with an identifier of two bytes', withProperties('03', '10', '80 01 00')),
  stranger('malformed', 'Payload Format Indicator in CONNECT', withProperties('02', '0F', '01 00')),
  stranger('malformed', 'Assigned Client Identifier in CONNECT', withProperties('04', '11', '12 00 01 "a"')),
  stranger(
    'protocol',
    'Session Expiry Interval twice',
    withProperties('0A', '17', '11 00 00 00 01 11 00 00 00 01'),
  ),
  stranger('protocol', 'a flag twice, though it is false', withProperties('04', '11', '17 00 17 00')),
  stranger('protocol', 'Receive Maximum 0', withProperties('03', '10', '21 00 00')),
  stranger('protocol', 'Maximum Packet Size 0', withProperties('05', '12', '27 00 00 00 00')),
  stranger('protocol', 'Request Problem Information 2', withProperties('02', '0F', '17 02')),
  stranger('protocol', 'Request Response Information 2', withProperties('02', '0F', '19 02')),
  stranger('protocol', 'Authentication Data without a method', withProperties('04', '11', '16 00 01 00')),
  stranger(
    'malformed',
    'Authentication Method that is not UTF-8 [MQTT-1.5.4-1]',
    withProperties('04', '11', '15 00 01 FE'),
  ),
  stranger(
    'malformed',
    'User Property with a bad name [MQTT-1.5.7-1] [MQTT-1.5.4-1]',
    withProperties('07', '14', '26 00 01 FF 00 01 "v"'),
  ),
  stranger(
    'malformed',
    'User Property with a bad value [MQTT-1.5.7-1] [MQTT-1.5.4-2]',
    withProperties('07', '14', '26 00 01 "k" 00 01 00'),
  ),

  server5('malformed', 'CONNACK 5.0 with a reserved flag [MQTT-3.2.2-1]', '20 03 | 02 | 00 | 00'),
  server4('malformed', 'CONNACK 3.1.1 with a reserved flag', '20 02 | 80 | 00'),
  server5('protocol', 'CONNACK 5.0 that refuses a stored session [MQTT-3.2.2-6]', '20 03 | 01 | 87 | 00'),
  server4('protocol', 'CONNACK 3.1.1 that refuses a stored session [MQTT-3.2.2-4]', '20 02 | 01 | 05'),
  server5('protocol', 'CONNACK 5.0 with a return code of 3.1.1 [MQTT-3.2.2-8]', '20 03 | 00 | 01 | 00'),
  server5('protocol', 'CONNACK 5.0 with a code of DISCONNECT [MQTT-3.2.2-8]', '20 03 | 00 | 8E | 00'),
  server4('malformed', 'CONNACK 3.1.1 with return code 6', '20 02 | 00 | 06'),
  server3('malformed', 'CONNACK 3.1 with return code 255', '20 02 | 00 | FF'),
  server4('malformed', 'CONNACK 3.1.1 with properties', '20 03 | 00 | 00 | 00'),
  server4('malformed', 'CONNACK 3.1.1 without a return code', '20 01 | 00'),
  server5('malformed', 'CONNACK 5.0 without a Property Length', '20 02 | 00 | 00'),
  server5('protocol', 'Maximum QoS 2', '20 05 | 00 | 00 | 02 24 02'),
  server5('protocol', 'Retain Available 2', '20 05 | 00 | 00 | 02 25 02'),
  server5('protocol', 'Wildcard Subscription Available 2', '20 05 | 00 | 00 | 02 28 02'),
  server5('protocol', 'Subscription Identifiers Available 2', '20 05 | 00 | 00 | 02 29 02'),
  server5('protocol', 'Shared Subscription Available 2', '20 05 | 00 | 00 | 02 2A 02'),
  server5('protocol', 'Receive Maximum 0 in CONNACK', '20 06 | 00 | 00 | 03 21 00 00'),
  server5('protocol', 'Maximum Packet Size 0 in CONNACK', '20 08 | 00 | 00 | 05 27 00 00 00 00'),
  server5('malformed', 'Will Delay Interval in CONNACK', '20 08 | 00 | 00 | 05 18 00 00 00 00'),
];
