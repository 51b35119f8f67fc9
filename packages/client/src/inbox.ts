/**
 * Received messages: each to its handlers once, and their acknowledgements back in the order of the PUBLISH packets. Owns the receiver's half
 * of QoS 1 and 2, over all connections of a session.
 */
import {
  InboundDelivery,
  InboundTopicAliases,
  noProperties,
  type PetrelError,
  ProtocolError,
  type PublishPacket,
  type PubrelPacket,
  reasonCode,
} from '@petrel/protocol';
import type { Connection } from './connection.js';
import { type ExchangeOwner, InboundExchange } from './inbound-exchange.js';
import { Message } from './message.js';
import { noReceipt, Receipt } from './receipt.js';
import type { ResolvedOptions } from './resolve-options.js';
import type { StoredSession } from './session-store.js';
import type { Subscriptions } from './subscriptions.js';
import { type UnclaimedMessage, UnclaimedMessages } from './unclaimed-messages.js';

/** What an inbox needs. */
export interface InboxOptions {
  readonly options: ResolvedOptions;
  readonly subscriptions: Subscriptions;
  /** Observes every message, before its handlers. */
  readonly onMessage: ((message: Message) => void) | undefined;
  /** Told of a fault of the server that the connection survives. */
  readonly onWarning: (error: PetrelError) => void;
}

/** As many as there are Packet Identifiers. */
const mostUnacknowledged = 65_535;

export class Inbox implements ExchangeOwner {
  readonly #options: ResolvedOptions;
  readonly #subscriptions: Subscriptions;
  readonly #onMessage: InboxOptions['onMessage'];
  readonly #onWarning: InboxOptions['onWarning'];
  /** Messages that are being handled, by Packet Identifier. */
  readonly #exchanges = new Map<number, InboundExchange>();
  #delivery: InboundDelivery;
  #aliases: InboundTopicAliases;
  #connection: Connection | undefined;
  /** Exchanges of this connection that wait to be acknowledged, in the order their PUBLISH packets came. */
  #unacknowledged: Readonly<Record<1 | 2, InboundExchange[]>> = { 1: [], 2: [] };
  readonly #unclaimed = new UnclaimedMessages();
  #stored: StoredSession | undefined;
  #isNew = true;
  /** Of what the server may have open before it is told of; afterwards none on this connection. */
  #tellAbove = mostUnacknowledged;
  #draining = false;

  constructor({ options, subscriptions, onMessage, onWarning }: InboxOptions) {
    this.#options = options;
    this.#subscriptions = subscriptions;
    this.#onMessage = onMessage;
    this.#onWarning = onWarning;
    this.#delivery = new InboundDelivery(options.receiveMaximum);
    this.#aliases = new InboundTopicAliases(options.topicAliasMaximum);
  }

  /** Receives from a new connection; `resumed` when the server still has the session. */
  attach(connection: Connection, resumed: boolean): void {
    this.#connection = connection;
    this.#aliases = new InboundTopicAliases(this.#options.topicAliasMaximum); // [MQTT-3.3.2-7]
    this.#unacknowledged = { 1: [], 2: [] };
    // A server of MQTT 3.x was told no Receive Maximum.
    const announced = connection.protocolVersion === 5 ? this.#options.receiveMaximum : mostUnacknowledged;
    this.#tellAbove = announced;
    const receiveMaximum =
      this.#options.onReceiveMaximumExceeded === 'disconnect' ? announced : mostUnacknowledged;
    const isFirst = this.#isNew;
    this.#isNew = false;
    if (resumed) {
      this.#delivery.resume(receiveMaximum);
      if (isFirst) this.#unclaimed.start(this.#options.clock);
      return;
    }
    // [MQTT-3.2.2-5]
    for (const packetIdentifier of this.#delivery.unreleased) this.#stored?.removeReceived(packetIdentifier);
    this.#delivery = new InboundDelivery(receiveMaximum);
    this.#exchanges.clear();
  }

  /** The connection is gone; handlers go on. */
  detach(): void {
    this.#connection = undefined;
  }

  /** The client is closed. */
  end(): void {
    this.#unclaimed.clear();
  }

  /** Takes no new messages any more: the server keeps them, or gives them to somebody else. */
  drain(): void {
    this.#draining = true;
  }

  /** Takes over a store and the identifiers of QoS 2 messages in it. */
  restore(stored: StoredSession): void {
    this.#stored = stored;
    for (const packetIdentifier of stored.received) this.#delivery.restore(packetIdentifier);
  }

  onPublish(packet: PublishPacket): void {
    const topicName = this.#aliases.resolve(packet); // [MQTT-3.3.2-10]
    if (this.#draining) return;
    if (packet.qos === 0) {
      const message = new Message(packet, topicName);
      this.#onMessage?.(message);
      const subscribers = this.#subscriptions.of(topicName, packet.properties.subscriptionIdentifiers);
      for (const subscription of subscribers) subscription.receive(message, noReceipt);
      return;
    }
    const known = this.#exchanges.get(packet.packetIdentifier);
    const outcome = this.#delivery.begin(packet.packetIdentifier, packet.qos); // [MQTT-3.3.4-9]
    if (this.#delivery.open > this.#tellAbove) this.#tellExceeded();
    if (outcome === 'duplicate' || (known !== undefined && isRepeated(packet, topicName, known))) {
      this.#repeat(known ?? taken(this, packet, topicName));
    } else {
      this.#deliver(packet, packet.qos, topicName);
    }
  }

  #tellExceeded(): void {
    const message = `the server sent more than ${this.#tellAbove} PUBLISH packets without waiting for their acknowledgements [MQTT-3.3.4-9]`;
    this.#tellAbove = mostUnacknowledged;
    this.#onWarning(new ProtocolError(message, { reasonCode: reasonCode.receiveMaximumExceeded }));
  }

  #deliver(packet: PublishPacket, qos: 1 | 2, topicName: string): void {
    const { packetIdentifier } = packet;
    const exchange = new InboundExchange(this, packetIdentifier, qos, topicName);
    this.#exchanges.set(packetIdentifier, exchange);
    this.#unacknowledged[qos].push(exchange);
    const message = new Message(packet, topicName);
    this.#onMessage?.(message);
    if (this.#handOver({ message, exchange })) return;
    if (this.#unclaimed.isWaiting) this.#unclaimed.hold({ message, exchange });
    else exchange.settle(0); // [MQTT-4.5.0-2]
  }

  /** Gives a message to its subscribers; false when it has none. */
  #handOver({ message, exchange }: UnclaimedMessage): boolean {
    const subscribers = this.#subscriptions.of(message.topicName, message.properties.subscriptionIdentifiers);
    if (subscribers.length === 0) return false;
    exchange.expect(subscribers.length);
    for (const subscription of subscribers) subscription.receive(message, new Receipt(exchange));
    return true;
  }

  /** Looks for subscribers again: some have come. */
  offerUnclaimed(): void {
    if (this.#unclaimed.isWaiting) this.#unclaimed.offer((unclaimed) => this.#handOver(unclaimed));
  }

  /** A message we have, sent again: its handlers are not called again, its acknowledgement takes its turn again [MQTT-4.3.3-10]. */
  #repeat(exchange: InboundExchange): void {
    const waiting = this.#unacknowledged[exchange.qos];
    // One answer for each QoS 1 PUBLISH; a QoS 2 exchange has one answer, however often it is repeated on this connection.
    if (exchange.qos === 1 || !waiting.includes(exchange)) waiting.push(exchange);
    this.#acknowledgeInOrder(exchange.qos);
  }

  onSettled(exchange: InboundExchange): void {
    this.#acknowledgeInOrder(exchange.qos);
  }

  /** Out of order completion, acknowledgements in order [MQTT-4.6.0-2] [MQTT-4.6.0-3]. */
  #acknowledgeInOrder(qos: 1 | 2): void {
    const waiting = this.#unacknowledged[qos];
    let count = 0;
    for (; waiting[count]?.isSettled; count++) this.#acknowledge(waiting[count] as InboundExchange);
    if (count > 0) waiting.splice(0, count);
  }

  #acknowledge(exchange: InboundExchange): void {
    const { packetIdentifier, qos } = exchange;
    const connection = this.#connection;
    if (connection === undefined) return;
    // MQTT 3.x has no negative acknowledgement.
    const code = connection.protocolVersion === 5 ? exchange.reasonCode : 0;
    if (this.#exchanges.get(packetIdentifier) === exchange) this.#exchanges.delete(packetIdentifier);
    if (qos === 1) {
      this.#delivery.acknowledged(); // [MQTT-4.3.2-5]
    } else if (code >= 0x80) {
      this.#delivery.refused(packetIdentifier); // [MQTT-4.3.3-9]
    } else {
      this.#stored?.putReceived(packetIdentifier);
    }
    // [MQTT-4.3.2-4] [MQTT-4.3.3-8]
    connection.send({
      type: qos === 1 ? 'puback' : 'pubrec',
      packetIdentifier,
      reasonCode: code,
      properties: noProperties,
    });
  }

  onPubrel({ packetIdentifier }: PubrelPacket): void {
    const isKnown = this.#delivery.release(packetIdentifier); // [MQTT-4.3.3-12]
    if (isKnown) this.#stored?.removeReceived(packetIdentifier);
    const code = isKnown ? reasonCode.success : reasonCode.packetIdentifierNotFound;
    // [MQTT-4.3.3-11]
    this.#connection?.send({ type: 'pubcomp', packetIdentifier, reasonCode: code, properties: noProperties });
  }

  onAbandoned(exchange: InboundExchange, cause: Error): void {
    this.onLeft(exchange);
    this.#connection?.fail(cause);
  }

  /** Sent again, it is a new message to its handlers. */
  onLeft(exchange: InboundExchange): void {
    const { packetIdentifier, qos } = exchange;
    if (this.#exchanges.get(packetIdentifier) === exchange) this.#exchanges.delete(packetIdentifier);
    if (qos === 2) this.#delivery.refused(packetIdentifier);
  }
}

/** QoS 1: the same identifier again is the same message only while ours is unacknowledged and the server says so. */
function isRepeated({ dup, qos }: PublishPacket, topicName: string, known: InboundExchange): boolean {
  return dup && qos === known.qos && topicName === known.topicName;
}

/** A QoS 2 message that was handled and answered before. */
function taken(
  owner: ExchangeOwner,
  { packetIdentifier }: PublishPacket,
  topicName: string,
): InboundExchange {
  return new InboundExchange(owner, packetIdentifier, 2, topicName).expect(0);
}
