/** The one switch from a packet to its handler. */
import { type AcknowledgementPacket, type Packet, ProtocolError } from '@petrel/protocol';
import type { Connection } from '../connection.js';
import { handleAuth } from './auth.js';
import { handleConnect } from './connect.js';
import { handleDisconnect } from './disconnect.js';
import { handlePingreq } from './pingreq.js';
import { handlePuback } from './puback.js';
import { handlePubcomp } from './pubcomp.js';
import { handlePublish } from './publish.js';
import { handlePubrec } from './pubrec.js';
import { handlePubrel } from './pubrel.js';
import { handleSubscribe } from './subscribe.js';
import { handleUnsubscribe } from './unsubscribe.js';
import { assertUserProperties } from './user-properties.js';

type AcknowledgementHandler = (connection: Connection, packetIdentifier: number, reasonCode: number) => void;

/** Handles the frame that the reader stands at; a promise means that the packets behind it wait. */
export function handleFrame(connection: Connection): Promise<void> | undefined {
  if (connection.session === undefined) return handleBeforeConnack(connection, decode(connection));
  switch (connection.reader.firstByte) {
    case 0x40:
      return handleAcknowledgement(connection, handlePuback);
    case 0x50:
      return handleAcknowledgement(connection, handlePubrec);
    case 0x62:
      return handleAcknowledgement(connection, handlePubrel);
    case 0x70:
      return handleAcknowledgement(connection, handlePubcomp);
    default:
      if (connection.reader.firstByte >> 4 === 3) return handlePublish(connection);
      return handlePacket(connection, decode(connection));
  }
}

/** The reader lets CONNECT come first only; what may come between it and CONNACK belongs to enhanced authentication. */
function handleBeforeConnack(connection: Connection, packet: Packet): Promise<void> | undefined {
  switch (packet.type) {
    case 'connect':
    case 'auth':
      return handlePacket(connection, packet);
    case 'disconnect':
      connection.close({ reasonCode: packet.reasonCode, byClient: true, cause: undefined });
      return;
    default:
      throw new ProtocolError(
        `${packet.type.toUpperCase()} before the authentication is complete [MQTT-3.1.2-30]`,
      );
  }
}

/** The usual acknowledgement is two bytes of Packet Identifier and is read where it lies; any other is decoded. */
function handleAcknowledgement(connection: Connection, handle: AcknowledgementHandler): undefined {
  const { bytes, bodyStart, frameEnd } = connection.reader;
  const packetIdentifier = ((bytes[bodyStart] as number) << 8) | (bytes[bodyStart + 1] as number);
  if (frameEnd === bodyStart + 2 && packetIdentifier > 0) {
    handle(connection, packetIdentifier, 0);
    return;
  }
  const packet = decode(connection) as AcknowledgementPacket;
  handle(connection, packet.packetIdentifier, packet.reasonCode);
}

function handlePacket(connection: Connection, packet: Packet): Promise<void> | undefined {
  switch (packet.type) {
    case 'connect':
      return handleConnect(connection, packet);
    case 'subscribe':
      return handleSubscribe(connection, packet);
    case 'unsubscribe':
      handleUnsubscribe(connection, packet);
      return;
    case 'pingreq':
      handlePingreq(connection);
      return;
    case 'disconnect':
      handleDisconnect(connection, packet);
      return;
    case 'auth':
      return handleAuth(connection, packet);
    case 'puback':
      return handlePuback(connection, packet.packetIdentifier);
    case 'pubrec':
      return handlePubrec(connection, packet.packetIdentifier, packet.reasonCode);
    case 'pubrel':
      return handlePubrel(connection, packet.packetIdentifier);
    case 'pubcomp':
      return handlePubcomp(connection, packet.packetIdentifier);
    default:
      throw new ProtocolError(`${packet.type.toUpperCase()} is not expected from a client here`);
  }
}

/** Decodes, and holds the packet to the bound on User Properties; CONNECT first has to say how large its refusal may be. */
function decode(connection: Connection): Packet {
  const packet = connection.reader.decodeFrame();
  if ('properties' in packet && packet.type !== 'connect')
    assertUserProperties(connection, packet.properties);
  return packet;
}
