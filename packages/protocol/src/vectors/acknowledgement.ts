/** PUBACK, PUBREC, PUBREL and PUBCOMP, counted out by hand from sections 3.4–3.7 of each version. */
import { noProperties } from '../properties.js';
import type { PacketVector } from './wire.js';

const rows = [
  { type: 'puback', first: '40', failure: '97', failureCode: 0x97, clause: '[MQTT-3.4.2-1]' },
  { type: 'pubrec', first: '50', failure: '91', failureCode: 0x91, clause: '[MQTT-3.5.2-1]' },
  { type: 'pubrel', first: '62', failure: '92', failureCode: 0x92, clause: '[MQTT-3.6.2-1]' },
  { type: 'pubcomp', first: '70', failure: '92', failureCode: 0x92, clause: '[MQTT-3.7.2-1]' },
] as const;

export const acknowledgementVectors: readonly PacketVector[] = [
  ...rows.flatMap(({ type, first, failure, failureCode, clause }): PacketVector[] => {
    const title = type.toUpperCase();
    const success = { type, packetIdentifier: 1, reasonCode: 0, properties: noProperties };
    const short = `${first} 02 | 00 01`;
    return [
      {
        name: `${title}, minimal: Remaining Length 2 means success`,
        versions: [3, 4, 5],
        sender: 'client',
        bytes: short,
        packet: success,
      },
      {
        name: `${title} 5.0 with its Reason Code and no Property Length ${clause}`,
        versions: [5],
        sender: 'server',
        bytes: `${first} 03 | FF FF | ${failure}`,
        packet: { ...success, packetIdentifier: 65_535, reasonCode: failureCode },
      },
      {
        name: `${title} 5.0 that says success in so many bytes`,
        versions: [5],
        sender: 'client',
        bytes: `${first} 03 | 00 01 | 00`,
        writtenAs: short,
        packet: success,
      },
      {
        name: `${title} 5.0 that says success and no properties in so many bytes [MQTT-2.2.2-1]`,
        versions: [5],
        sender: 'client',
        bytes: `${first} 04 | 00 01 | 00 | 00`,
        writtenAs: short,
        packet: success,
      },
      {
        name: `${title} 5.0 of success with a property`,
        versions: [5],
        sender: 'client',
        bytes: `${first} 08 | 00 01 | 00 | 04 1F 00 01 "r"`,
        packet: { ...success, properties: { reasonString: 'r' } },
      },
      {
        name: `${title} 5.0, maximal ${clause}`,
        versions: [5],
        sender: 'client',
        bytes: `${first} 19 | 00 07 | ${failure} | 15 | 1F 00 04 "full" | 26 00 01 "k" 00 01 "v" | 26 00 01 "k" 00 01 "v"`,
        packet: {
          type,
          packetIdentifier: 7,
          reasonCode: failureCode,
          properties: {
            reasonString: 'full',
            userProperties: [
              ['k', 'v'],
              ['k', 'v'],
            ],
          },
        },
      },
    ];
  }),
  {
    name: 'PUBACK 5.0 of a message that nobody subscribed to [MQTT-3.4.2-1]',
    versions: [5],
    sender: 'server',
    bytes: '40 03 | 00 01 | 10',
    packet: { type: 'puback', packetIdentifier: 1, reasonCode: 0x10, properties: noProperties },
  },
  {
    name: 'PUBREL 3.1 that is sent again and says so',
    versions: [3],
    sender: 'client',
    bytes: '6A 02 | 00 01',
    writtenAs: '62 02 | 00 01',
    packet: { type: 'pubrel', packetIdentifier: 1, reasonCode: 0, properties: noProperties },
  },
];
