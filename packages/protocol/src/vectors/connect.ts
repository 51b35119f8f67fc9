/** CONNECT, counted out by hand from section 3.1 of each version. */
import { noProperties } from '../properties.js';
import { ascii, type PacketVector, wire } from './wire.js';

const will = {
  topicName: 'w/t',
  payload: ascii('gone'),
  qos: 2 as const,
  retain: true,
  properties: noProperties,
};

export const connectVectors: readonly PacketVector[] = [
  {
    name: 'CONNECT 3.1, minimal [MQTT-3.1.2-1] [MQTT-3.1.3-3]',
    versions: [3],
    sender: 'client',
    bytes: '10 0F | 00 06 "MQIsdp" 03 | 02 | 00 3C | 00 01 "a"',
    packet: {
      type: 'connect',
      protocolVersion: 3,
      clientIdentifier: 'a',
      cleanStart: true,
      keepAlive: 60,
      properties: noProperties,
    },
  },
  {
    name: 'CONNECT 3.1, maximal [MQTT-3.1.3-1]',
    versions: [3],
    sender: 'client',
    bytes:
      '10 2A | 00 06 "MQIsdp" 03 | F6 | FF FF | 00 07 "gauge-7" | 00 03 "w/t" | 00 04 "gone" | 00 03 "ann" | 00 03 00 FF 10',
    packet: {
      type: 'connect',
      protocolVersion: 3,
      clientIdentifier: 'gauge-7',
      cleanStart: true,
      keepAlive: 65_535,
      will,
      userName: 'ann',
      password: wire('00 FF 10'),
      properties: noProperties,
    },
  },
  {
    name: 'CONNECT 3.1 that announces a User Name and a Password and ends before them',
    versions: [3],
    sender: 'client',
    bytes: '10 0F | 00 06 "MQIsdp" 03 | C2 | 00 3C | 00 01 "a"',
    writtenAs: '10 0F | 00 06 "MQIsdp" 03 | 02 | 00 3C | 00 01 "a"',
    packet: {
      type: 'connect',
      protocolVersion: 3,
      clientIdentifier: 'a',
      cleanStart: true,
      keepAlive: 60,
      properties: noProperties,
    },
  },
  {
    name: 'CONNECT 3.1 with the flags that only a Will gives a meaning, and the reserved one',
    versions: [3],
    sender: 'client',
    bytes: '10 0F | 00 06 "MQIsdp" 03 | 3B | 00 3C | 00 01 "a"',
    writtenAs: '10 0F | 00 06 "MQIsdp" 03 | 02 | 00 3C | 00 01 "a"',
    packet: {
      type: 'connect',
      protocolVersion: 3,
      clientIdentifier: 'a',
      cleanStart: true,
      keepAlive: 60,
      properties: noProperties,
    },
  },
  {
    name: 'CONNECT 3.1.1, minimal [MQTT-3.1.2-1] [MQTT-3.1.2-18] [MQTT-3.1.2-20]',
    versions: [4],
    sender: 'client',
    bytes: '10 0C | 00 04 "MQTT" 04 | 02 | 00 00 | 00 00',
    packet: {
      type: 'connect',
      protocolVersion: 4,
      clientIdentifier: '',
      cleanStart: true,
      keepAlive: 0,
      properties: noProperties,
    },
  },
  {
    name: 'CONNECT 3.1.1, maximal [MQTT-3.1.2-9] [MQTT-3.1.3-1] [MQTT-3.1.2-19] [MQTT-3.1.2-21]',
    versions: [4],
    sender: 'client',
    bytes:
      '10 28 | 00 04 "MQTT" 04 | F6 | FF FF | 00 07 "gauge-7" | 00 03 "w/t" | 00 04 "gone" | 00 03 "ann" | 00 03 00 FF 10',
    packet: {
      type: 'connect',
      protocolVersion: 4,
      clientIdentifier: 'gauge-7',
      cleanStart: true,
      keepAlive: 65_535,
      will,
      userName: 'ann',
      password: wire('00 FF 10'),
      properties: noProperties,
    },
  },
  {
    name: 'CONNECT 5.0, minimal [MQTT-2.2.2-1] [MQTT-3.1.3-3] [MQTT-3.1.2-16] [MQTT-3.1.2-18]',
    versions: [5],
    sender: 'client',
    bytes: '10 0D | 00 04 "MQTT" 05 | 02 | 00 00 | 00 | 00 00',
    packet: {
      type: 'connect',
      protocolVersion: 5,
      clientIdentifier: '',
      cleanStart: true,
      keepAlive: 0,
      properties: noProperties,
    },
  },
  {
    name: 'CONNECT 5.0 with a Password and no User Name [MQTT-3.1.2-16] [MQTT-3.1.2-19]',
    versions: [5],
    sender: 'client',
    bytes: '10 11 | 00 04 "MQTT" 05 | 42 | 00 1E | 00 | 00 00 | 00 02 "pw"',
    packet: {
      type: 'connect',
      protocolVersion: 5,
      clientIdentifier: '',
      cleanStart: true,
      keepAlive: 30,
      password: ascii('pw'),
      properties: noProperties,
    },
  },
  {
    name: 'CONNECT 5.0 with empty Will Properties and Will Payload [MQTT-3.1.2-9]',
    versions: [5],
    sender: 'client',
    bytes: '10 13 | 00 04 "MQTT" 05 | 04 | 00 00 | 00 | 00 00 | 00 | 00 01 "w" | 00 00',
    packet: {
      type: 'connect',
      protocolVersion: 5,
      clientIdentifier: '',
      cleanStart: false,
      keepAlive: 0,
      will: { topicName: 'w', payload: wire(''), qos: 0, retain: false, properties: noProperties },
      properties: noProperties,
    },
  },
  {
    name: 'CONNECT 5.0, maximal [MQTT-3.1.2-9] [MQTT-3.1.2-17] [MQTT-3.1.3-1] [MQTT-3.1.3-10]',
    versions: [5],
    sender: 'client',
    bytes: `10 7A | 00 04 "MQTT" 05 | EC | 00 3C
      | 2E | 11 FF FF FF FF | 15 00 05 "SCRAM" | 16 00 02 DE AD | 17 00 | 19 01 | 21 FF FF | 22 00 0A
           | 26 00 01 "k" 00 01 "v" | 26 00 01 "k" 00 00 | 27 0F FF FF FF
      | 00 07 "gauge-7"
      | 22 | 01 01 | 02 00 00 00 3C | 03 00 03 "t/p" | 08 00 01 "r" | 09 00 02 01 02 | 18 00 00 00 05 | 26 00 01 "a" 00 01 "b"
      | 00 03 "w/t" | 00 04 "gone" | 00 03 "ann" | 00 03 00 FF 10`,
    packet: {
      type: 'connect',
      protocolVersion: 5,
      clientIdentifier: 'gauge-7',
      cleanStart: false,
      keepAlive: 60,
      will: {
        topicName: 'w/t',
        payload: ascii('gone'),
        qos: 1,
        retain: true,
        properties: {
          payloadFormatIndicator: 1,
          messageExpiryInterval: 60,
          contentType: 't/p',
          responseTopic: 'r',
          correlationData: wire('01 02'),
          willDelayInterval: 5,
          userProperties: [['a', 'b']],
        },
      },
      userName: 'ann',
      password: wire('00 FF 10'),
      properties: {
        sessionExpiryInterval: 0xffffffff,
        authenticationMethod: 'SCRAM',
        authenticationData: wire('DE AD'),
        requestProblemInformation: false,
        requestResponseInformation: true,
        receiveMaximum: 65_535,
        topicAliasMaximum: 10,
        userProperties: [
          ['k', 'v'],
          ['k', ''],
        ],
        maximumPacketSize: 0x0fffffff,
      },
    },
  },
];
