/** The other packets that are none, each one byte or one rule away from a good one. */
import { type RefusedVector, refusedBy } from './wire.js';

const client3 = refusedBy(3, 'client');
const client4 = refusedBy(4, 'client');
const client5 = refusedBy(5, 'client');
const server3 = refusedBy(3, 'server');
const server4 = refusedBy(4, 'server');
const server5 = refusedBy(5, 'server');

const fixedHeaders: readonly RefusedVector[] = [
  client5('malformed', 'packet type 0', '00 00'),
  client5('malformed', 'Remaining Length in two bytes where one is enough [MQTT-1.5.5-1]', 'C0 80 00'),
  client5(
    'malformed',
    'Remaining Length in four bytes where three are enough [MQTT-1.5.5-1]',
    '30 FF FF FF 00',
  ),
  client5('malformed', 'Remaining Length of five bytes [MQTT-1.5.5-1]', '30 FF FF FF FF 01'),
  client5('malformed', 'PINGREQ with a body', 'C0 01 | 00'),
  server4('malformed', 'PINGRESP with a body', 'D0 01 | 00'),
  client3('protocol', 'AUTH on 3.1', 'F0 00'),
  client4('protocol', 'AUTH on 3.1.1', 'F0 06 | 18 | 04 15 00 01 "m"'),
];

const publishes: readonly RefusedVector[] = [
  client3('malformed', 'PUBLISH of QoS 3 on 3.1 [MQTT-3.3.1-4]', '36 05 | 00 01 "a" | 00 01'),
  client4('malformed', 'PUBLISH of QoS 3 on 3.1.1 [MQTT-3.3.1-4]', '36 05 | 00 01 "a" | 00 01'),
  client5('malformed', 'PUBLISH of QoS 3 on 5.0 [MQTT-3.3.1-4]', '36 06 | 00 01 "a" | 00 01 | 00'),
  client4('malformed', 'DUP at QoS 0 [MQTT-3.3.1-2]', '38 03 | 00 01 "a"'),
  client5('malformed', 'PUBLISH of Remaining Length 0', '30 00'),
  client5('malformed', 'Topic Name that passes the end', '30 04 | 00 03 "a" 00'),
  client4('malformed', 'empty Topic Name on 3.1.1 [MQTT-4.7.3-1]', '30 02 | 00 00'),
  client5('protocol', 'neither Topic Name nor Topic Alias [MQTT-4.7.3-1]', '30 03 | 00 00 | 00'),
  client5('topic', '+ in a Topic Name [MQTT-4.7.0-1] [MQTT-3.3.2-2]', '30 06 | 00 03 "a/+" | 00'),
  client4('topic', '# in a Topic Name [MQTT-4.7.1-1] [MQTT-3.3.2-2]', '30 05 | 00 03 "a/#"'),
  server5('topic', '# in a Topic Name of a server [MQTT-3.3.2-2]', '30 06 | 00 03 "a#b" | 00'),
  client4('malformed', 'Topic Name that is not UTF-8 [MQTT-3.3.2-1] [MQTT-1.5.4-1]', '30 04 | 00 02 C3 28'),
  client5(
    'malformed',
    'Topic Name with U+0000 [MQTT-4.7.3-2] [MQTT-1.5.4-2]',
    '30 06 | 00 03 "a" 00 "b" | 00',
  ),
  client5('malformed', 'Packet Identifier 0 on 5.0 [MQTT-2.2.1-3]', '32 06 | 00 01 "a" | 00 00 | 00'),
  server5(
    'malformed',
    'Packet Identifier 0 of a server [MQTT-2.2.1-4] [MQTT-2.2.1-3]',
    '34 06 | 00 01 "a" | 00 00 | 00',
  ),
  client4('malformed', 'Packet Identifier 0 on 3.1.1 [MQTT-2.3.1-1]', '32 05 | 00 01 "a" | 00 00'),
  client4('malformed', 'half a Packet Identifier', '32 04 | 00 01 "a" | 00'),
  client5('malformed', 'PUBLISH 5.0 without a Property Length', '30 03 | 00 01 "a"'),
  client5('malformed', 'Property Length that passes the end of PUBLISH', '30 05 | 00 01 "a" | 02 01'),
  client5(
    'malformed',
    'property that goes on behind the Property Length, into the payload',
    '30 0A | 00 01 "a" | 03 02 00 00 | 00 01 "y"',
  ),
  client5('protocol', 'Subscription Identifier of a client [MQTT-3.3.4-6]', '30 06 | 00 01 "a" | 02 0B 01'),
  server5('protocol', 'Subscription Identifier 0 of a server', '30 06 | 00 01 "a" | 02 0B 00'),
  server5(
    'malformed',
    'Subscription Identifier of five bytes [MQTT-1.5.5-1]',
    '30 0A | 00 01 "a" | 06 0B FF FF FF FF 01',
  ),
  client5('protocol', 'Topic Alias 0 [MQTT-3.3.2-8]', '30 07 | 00 01 "a" | 03 23 00 00', 0x94),
  client5('protocol', 'Topic Alias twice', '30 0A | 00 01 "a" | 06 23 00 01 23 00 01'),
  client5('protocol', 'Payload Format Indicator 2', '30 06 | 00 01 "a" | 02 01 02'),
  client5(
    'protocol',
    'Message Expiry Interval twice',
    '30 0E | 00 01 "a" | 0A 02 00 00 00 01 02 00 00 00 01',
  ),
  client5(
    'protocol',
    'Response Topic with a wildcard [MQTT-3.3.2-14]',
    '30 08 | 00 01 "a" | 04 08 00 01 "#"',
  ),
  client5('protocol', 'empty Response Topic [MQTT-3.3.2-14]', '30 07 | 00 01 "a" | 03 08 00 00'),
  client5(
    'malformed',
    'Response Topic that is not UTF-8 [MQTT-3.3.2-13] [MQTT-1.5.4-1]',
    '30 08 | 00 01 "a" | 04 08 00 01 FF',
  ),
  client5(
    'malformed',
    'Content Type that is not UTF-8 [MQTT-3.3.2-19] [MQTT-1.5.4-1]',
    '30 08 | 00 01 "a" | 04 03 00 01 FF',
  ),
  client5('malformed', 'Will Delay Interval in PUBLISH', '30 09 | 00 01 "a" | 05 18 00 00 00 01'),
  client5('malformed', 'Reason String in PUBLISH', '30 08 | 00 01 "a" | 04 1F 00 01 "r"'),
];

const acknowledgements: readonly RefusedVector[] = [
  client5('malformed', 'PUBACK with Packet Identifier 0 [MQTT-2.2.1-3]', '40 02 | 00 00'),
  server4('malformed', 'PUBREC with Packet Identifier 0 on 3.1.1 [MQTT-2.3.1-1]', '50 02 | 00 00'),
  client4('malformed', 'PUBREL with half a Packet Identifier', '62 01 | 00'),
  client5('malformed', 'PUBCOMP of Remaining Length 0', '70 00'),
  client4('malformed', 'PUBACK 3.1.1 with a Reason Code', '40 03 | 00 01 | 00'),
  client3('malformed', 'PUBCOMP 3.1 with a Reason Code', '70 03 | 00 01 | 00'),
  server5('protocol', 'PUBACK with a code of SUBACK [MQTT-3.4.2-1]', '40 03 | 00 01 | 01'),
  client5('protocol', 'PUBACK of a client that speaks of subscribers [MQTT-3.4.2-1]', '40 03 | 00 01 | 10'),
  server5('protocol', 'PUBREC with a code of PUBREL [MQTT-3.5.2-1]', '50 03 | 00 01 | 92'),
  client5('protocol', 'PUBREC of a client that speaks of subscribers [MQTT-3.5.2-1]', '50 03 | 00 01 | 10'),
  client5('protocol', 'PUBREL with a code of PUBREC [MQTT-3.6.2-1]', '62 03 | 00 01 | 91'),
  client5('protocol', 'PUBCOMP with a code of PUBREC [MQTT-3.7.2-1]', '70 03 | 00 01 | 80'),
  client5('malformed', 'PUBREL with the flags of the others [MQTT-3.6.1-1]', '60 02 | 00 01'),
  client5('malformed', 'PUBACK with a byte behind its properties', '40 05 | 00 01 | 00 | 00 | 00'),
  client5('malformed', 'PUBACK with a Property Length that passes the end', '40 04 | 00 01 | 00 | 01'),
  client5('malformed', 'PUBACK with a Topic Alias', '40 07 | 00 01 | 00 | 03 23 00 01'),
  client5('protocol', 'PUBACK with two Reason Strings', '40 0C | 00 01 | 00 | 08 1F 00 01 "r" 1F 00 01 "r"'),
];

const subscriptions: readonly RefusedVector[] = [
  client5(
    'malformed',
    'SUBSCRIBE with the flags of others [MQTT-3.8.1-1]',
    '80 07 | 00 01 | 00 | 00 01 "#" 00',
  ),
  client3('malformed', 'SUBSCRIBE 3.1 of another QoS [MQTT-3.8.1-1]', '84 06 | 00 01 | 00 01 "#" 00'),
  client5(
    'malformed',
    'SUBSCRIBE with Packet Identifier 0 [MQTT-2.2.1-3]',
    '82 07 | 00 00 | 00 | 00 01 "#" 00',
  ),
  client5('protocol', 'SUBSCRIBE 5.0 without a Topic Filter [MQTT-3.8.3-2]', '82 03 | 00 01 | 00'),
  client4('protocol', 'SUBSCRIBE 3.1.1 without a Topic Filter [MQTT-3.8.3-3]', '82 02 | 00 01'),
  client4('malformed', 'SUBSCRIBE without Subscription Options', '82 05 | 00 01 | 00 01 "#"'),
  client4('malformed', 'SUBSCRIBE with half a second Topic Filter', '82 08 | 00 01 | 00 01 "#" 00 | 00 01'),
  client5(
    'malformed',
    'Topic Filter that is not UTF-8 [MQTT-3.8.3-1] [MQTT-1.5.4-1]',
    '82 07 | 00 01 | 00 | 00 01 FF 00',
  ),
  client5(
    'malformed',
    'reserved Subscription Options on 5.0 [MQTT-3.8.3-5]',
    '82 07 | 00 01 | 00 | 00 01 "#" 40',
  ),
  client4(
    'malformed',
    'reserved Subscription Options on 3.1.1 [MQTT-3.8.3-4]',
    '82 06 | 00 01 | 00 01 "#" 04',
  ),
  client5('protocol', 'Maximum QoS 3 on 5.0', '82 07 | 00 01 | 00 | 00 01 "#" 03'),
  client4('malformed', 'QoS 3 on 3.1.1 [MQTT-3.8.3-4]', '82 06 | 00 01 | 00 01 "#" 03'),
  client5('protocol', 'Retain Handling 3', '82 07 | 00 01 | 00 | 00 01 "#" 30'),
  client5(
    'protocol',
    'No Local on a Shared Subscription [MQTT-3.8.3-4]',
    '82 10 | 00 01 | 00 | 00 0A "$share/g/a" 04',
  ),
  client5('protocol', 'Subscription Identifier 0', '82 09 | 00 01 | 02 0B 00 | 00 01 "#" 00'),
  client5(
    'protocol',
    'two Subscription Identifiers in SUBSCRIBE',
    '82 0B | 00 01 | 04 0B 01 0B 02 | 00 01 "#" 00',
  ),
  server5('protocol', 'SUBSCRIBE of a server', '82 07 | 00 01 | 00 | 00 01 "#" 00'),
  server5('malformed', 'SUBACK 5.0 without a Reason Code [MQTT-3.8.4-6]', '90 03 | 00 01 | 00'),
  server4('malformed', 'SUBACK 3.1.1 without a return code [MQTT-3.8.4-5]', '90 02 | 00 01'),
  server5('protocol', 'SUBACK 5.0 with a code of CONNACK [MQTT-3.9.3-2]', '90 04 | 00 01 | 00 | 88'),
  server4('protocol', 'SUBACK 3.1.1 with a code of 5.0 [MQTT-3.9.3-2]', '90 03 | 00 01 | 87'),
  server4('protocol', 'SUBACK 3.1.1 with a reserved return code [MQTT-3.9.3-2]', '90 03 | 00 01 | 03'),
  client5('protocol', 'SUBACK of a client', '90 04 | 00 01 | 00 | 00'),
  client5(
    'malformed',
    'UNSUBSCRIBE with the flags of others [MQTT-3.10.1-1]',
    'A0 06 | 00 01 | 00 | 00 01 "#"',
  ),
  client5('protocol', 'UNSUBSCRIBE 5.0 without a Topic Filter [MQTT-3.10.3-2]', 'A2 03 | 00 01 | 00'),
  client4('protocol', 'UNSUBSCRIBE 3.1.1 without a Topic Filter [MQTT-3.10.3-2]', 'A2 02 | 00 01'),
  client4(
    'malformed',
    'UNSUBSCRIBE with a Topic Filter that is not UTF-8 [MQTT-3.10.3-1] [MQTT-1.5.4-1]',
    'A2 05 | 00 01 | 00 01 FF',
  ),
  client4('malformed', 'UNSUBSCRIBE with half a Topic Filter', 'A2 05 | 00 01 | 00 02 "#"'),
  server5('malformed', 'UNSUBACK 5.0 without a Reason Code [MQTT-3.11.3-1]', 'B0 03 | 00 01 | 00'),
  server5('protocol', 'UNSUBACK 5.0 with a code of SUBACK [MQTT-3.11.3-2]', 'B0 04 | 00 01 | 00 | 01'),
  server4('malformed', 'UNSUBACK 3.1.1 with a Reason Code', 'B0 03 | 00 01 | 00'),
  client4('protocol', 'UNSUBACK of a client', 'B0 02 | 00 01'),
];

const connections: readonly RefusedVector[] = [
  server5('protocol', 'CONNECT of a server', '10 0D | 00 04 "MQTT" 05 | 02 | 00 00 | 00 | 00 00'),
  client5('protocol', 'CONNACK of a client', '20 03 | 00 | 00 | 00'),
  server5('protocol', 'PINGREQ of a server', 'C0 00'),
  client5('protocol', 'PINGRESP of a client', 'D0 00'),
  server4('protocol', 'DISCONNECT of a server on 3.1.1', 'E0 00'),
  server3('protocol', 'DISCONNECT of a server on 3.1', 'E0 00'),
  client4('malformed', 'DISCONNECT 3.1.1 with a Reason Code', 'E0 01 | 00'),
  client4('malformed', 'DISCONNECT with a flag on 3.1.1 [MQTT-3.14.1-1]', 'E1 00'),
  client5('malformed', 'DISCONNECT with a flag on 5.0 [MQTT-3.14.1-1]', 'E2 00'),
  server5('protocol', 'DISCONNECT of a server that asks for the Will [MQTT-3.14.2-1]', 'E0 01 | 04'),
  client5('protocol', 'DISCONNECT of a client that took a session over [MQTT-3.14.2-1]', 'E0 01 | 8E'),
  client5('protocol', 'DISCONNECT of a client that refuses a Topic Filter [MQTT-3.14.2-1]', 'E0 01 | 8F'),
  client5('protocol', 'DISCONNECT with a code of PUBACK [MQTT-3.14.2-1]', 'E0 01 | 10'),
  server5(
    'protocol',
    'Session Expiry Interval in the DISCONNECT of a server [MQTT-3.14.2-2]',
    'E0 07 | 00 | 05 11 00 00 00 01',
  ),
  client5('malformed', 'DISCONNECT with a byte behind its properties', 'E0 03 | 00 | 00 | 00'),
  client5('malformed', 'DISCONNECT with an Authentication Method', 'E0 06 | 00 | 04 15 00 01 "m"'),
  client5('malformed', 'AUTH with a flag [MQTT-3.15.1-1]', 'F1 06 | 18 | 04 15 00 01 "m"'),
  server5('protocol', 'AUTH of Remaining Length 0 [MQTT-4.12.0-5]', 'F0 00'),
  client5('protocol', 'AUTH of a Reason Code only [MQTT-4.12.0-5]', 'F0 01 | 18'),
  client5('protocol', 'AUTH without an Authentication Method [MQTT-4.12.0-5]', 'F0 02 | 18 | 00'),
  client5('protocol', 'AUTH of a client that says success [MQTT-3.15.2-1]', 'F0 06 | 00 | 04 15 00 01 "m"'),
  server5('protocol', 'AUTH of a server that begins again [MQTT-3.15.2-1]', 'F0 06 | 19 | 04 15 00 01 "m"'),
  client5('protocol', 'AUTH with a code of CONNACK [MQTT-3.15.2-1]', 'F0 06 | 8C | 04 15 00 01 "m"'),
  client5('protocol', 'AUTH with two methods', 'F0 0A | 18 | 08 15 00 01 "m" 15 00 01 "m"'),
];

export const refusedPackets: readonly RefusedVector[] = [
  ...fixedHeaders,
  ...publishes,
  ...acknowledgements,
  ...subscriptions,
  ...connections,
];
