import { describe, expect, it } from 'vitest';
import {
  AuthenticationError,
  MalformedPacketError,
  PacketTooLargeError,
  PetrelError,
  ProtocolError,
  protocolErrorCodes,
  TopicError,
  UnsupportedProtocolVersionError,
  UsageError,
} from './errors.js';

const thrown = [
  [new MalformedPacketError('m'), 'MalformedPacketError', 'PETREL_MALFORMED_PACKET', 0x81],
  [new ProtocolError('m'), 'ProtocolError', 'PETREL_PROTOCOL_ERROR', 0x82],
  [
    new UnsupportedProtocolVersionError('m', 6),
    'UnsupportedProtocolVersionError',
    'PETREL_UNSUPPORTED_PROTOCOL_VERSION',
    0x84,
  ],
  [new PacketTooLargeError('m'), 'PacketTooLargeError', 'PETREL_PACKET_TOO_LARGE', 0x95],
  [new TopicError('m'), 'TopicError', 'PETREL_TOPIC_INVALID', 0x90],
  [new AuthenticationError('m'), 'AuthenticationError', 'PETREL_AUTHENTICATION_FAILED', 0x87],
  [new UsageError('m'), 'UsageError', 'PETREL_INVALID_ARGUMENT', undefined],
] as const;

describe('errors', () => {
  it.each(thrown)('%s has its name, code and Reason Code', (error, name, code, reasonCode) => {
    expect(error).toBeInstanceOf(PetrelError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name, code, reasonCode, clause: undefined, message: 'm' });
  });

  it('are all in the registry, and nothing else is', () => {
    expect(Object.keys(protocolErrorCodes).sort()).toEqual(thrown.map(([, , code]) => code).sort());
  });

  it('take a closer Reason Code, and keep their cause', () => {
    const cause = new RangeError('why');
    const error = new ProtocolError('m', { reasonCode: 0x94, cause });
    expect(error.reasonCode).toBe(0x94);
    expect(error.cause).toBe(cause);
    expect('cause' in new ProtocolError('m')).toBe(false);
  });

  it('take their clause from the end of the message, and from nowhere else', () => {
    expect(new ProtocolError('rule [MQTT-3.3.2-2]').clause).toBe('MQTT-3.3.2-2');
    expect(new ProtocolError('rule [MQTT-3.3.2-2] [MQTT-3.3.2-14]').clause).toBe('MQTT-3.3.2-14');
    expect(new ProtocolError('"[MQTT-3.3.2-2]" is a topic').clause).toBeUndefined();
  });

  it('of an unsupported version say which one was asked for', () => {
    expect(new UnsupportedProtocolVersionError('m', 6).protocolLevel).toBe(6);
    expect(new UnsupportedProtocolVersionError('m', undefined).protocolLevel).toBeUndefined();
  });
});
