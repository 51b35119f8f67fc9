/** A stored message as bytes: how far it has come, and the PUBLISH it will be sent as, in the bytes of MQTT 5. */
import {
  ByteWriter,
  decodeServerBody,
  encodedClientPacketSize,
  FrameReader,
  PetrelError,
  type PublishPacket,
  writeClientPacket,
} from '@petrel/protocol';
import { SessionStoreError } from '../errors.js';
import type { StoredMessage } from '../session-store.js';

const waiting = 0;
const sent = 1;
const released = 2;
// A PUBLISH of QoS 1 or 2 has one; that of a message which still waits means nothing.
const placeholderIdentifier = 1;

/** The bytes of a message, without its sequence, which is its key. */
export function encodeStoredMessage(message: StoredMessage): Uint8Array {
  const { topicName, payload, qos, retain, properties } = message;
  const packetIdentifier = message.packetIdentifier || placeholderIdentifier;
  const packet = {
    type: 'publish',
    topicName,
    payload,
    qos,
    retain,
    properties,
    packetIdentifier,
    dup: false,
  } as const;
  const size = encodedClientPacketSize(packet, 5);
  const writer = new ByteWriter(new Uint8Array(1 + size));
  writer.uint8(message.packetIdentifier === 0 ? waiting : message.released ? released : sent);
  writeClientPacket(writer, packet, 5, size);
  return writer.bytes;
}

/** Reads what `encodeStoredMessage` wrote, without copying the payload; throws SessionStoreError on anything else. */
export function decodeStoredMessage(sequence: number, bytes: Uint8Array): StoredMessage {
  const state = bytes[0] ?? Number.NaN;
  const packet = decodePublish(bytes.subarray(1));
  if (!(state <= released) || packet === undefined) {
    throw new SessionStoreError('PETREL_SESSION_STORE_CORRUPT', `stored message ${sequence} is no message`);
  }
  const { topicName, payload, qos, retain, properties, packetIdentifier } = packet;
  return {
    sequence,
    topicName,
    payload,
    qos: qos as 1 | 2,
    retain,
    properties,
    packetIdentifier: state === waiting ? 0 : packetIdentifier,
    released: state === released,
  };
}

function decodePublish(bytes: Uint8Array): PublishPacket | undefined {
  try {
    // Both ends send PUBLISH: the smaller decoder will do.
    const reader = new FrameReader(decodeServerBody, { sender: 'client', protocolVersion: 5 });
    reader.push(bytes);
    const packet = reader.next();
    const isWhole = packet?.type === 'publish' && packet.qos > 0 && reader.bufferedBytes === 0;
    return isWhole ? packet : undefined;
  } catch (error) {
    if (error instanceof PetrelError) return undefined;
    throw error;
  }
}
