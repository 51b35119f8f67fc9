/** Writes messages to one connection: the server's limits, what is left of their expiry, Topic Aliases. */
import { noProperties, OutboundTopicAliases, type PublishPacket } from '@petrel/protocol';
import type { Connection } from './connection.js';
import { DeliveryError } from './errors.js';
import type { OutboundMessage } from './outbound-message.js';
import { assertServerTakesPublish, type ServerInfo } from './server-info.js';

export class PublishWriter {
  readonly #connection: Connection;
  readonly #server: ServerInfo;
  /** They end with the connection [MQTT-3.3.2-7]. */
  readonly #aliases: OutboundTopicAliases | undefined;

  constructor(connection: Connection, server: ServerInfo, automaticTopicAliases: boolean) {
    this.#connection = connection;
    this.#server = server;
    // [MQTT-3.2.2-17] [MQTT-3.2.2-18]
    const wanted = automaticTopicAliases && server.topicAliasMaximum > 0;
    this.#aliases = wanted ? new OutboundTopicAliases(server.topicAliasMaximum) : undefined;
  }

  get isWritable(): boolean {
    return this.#connection.writable;
  }

  /** Throws DeliveryError when the server has said no, or when the message expired while it waited. */
  assertSendable(message: OutboundMessage, waitedMs: number): void {
    const { messageExpiryInterval } = message.properties;
    if (messageExpiryInterval !== undefined && waitedMs >= messageExpiryInterval * 1000 && waitedMs > 0) {
      throw new DeliveryError(
        'PETREL_MESSAGE_EXPIRED',
        `the message to "${message.topicName}" expired after ${messageExpiryInterval} s, before it could be sent`,
      );
    }
    assertServerTakesPublish(this.#server, message);
  }

  /** Writes PUBLISH. */
  write(message: OutboundMessage, waitedMs = 0): void {
    const expiring = withoutWait(message, waitedMs);
    this.#connection.send(this.#aliases === undefined ? expiring : this.#aliased(expiring, this.#aliases));
  }

  /** Writes PUBREL. */
  release(packetIdentifier: number, reasonCode: number): void {
    this.#connection.send({ type: 'pubrel', packetIdentifier, reasonCode, properties: noProperties });
  }

  #aliased(packet: PublishPacket, aliases: OutboundTopicAliases): PublishPacket {
    const alias = aliases.assign(packet.topicName);
    if (alias === undefined) return packet;
    const { topicAlias, isNew } = alias;
    return {
      ...packet,
      topicName: isNew ? packet.topicName : '',
      properties: { ...packet.properties, topicAlias },
    };
  }
}

/** The receiver is told what is left of the Message Expiry Interval (section 3.3.2.3.3). */
function withoutWait(message: OutboundMessage, waitedMs: number): PublishPacket {
  const { messageExpiryInterval } = message.properties;
  const waitedSeconds = Math.floor(waitedMs / 1000);
  if (messageExpiryInterval === undefined || waitedSeconds === 0) return message;
  const { type, topicName, payload, qos, retain, dup, packetIdentifier } = message;
  const properties = { ...message.properties, messageExpiryInterval: messageExpiryInterval - waitedSeconds };
  return { type, topicName, payload, qos, retain, dup, packetIdentifier, properties };
}
