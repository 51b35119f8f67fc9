/** Sends PUBLISH packets on one connection under the terms its CONNECT set: version, Maximum Packet Size, Topic Alias Maximum. */
import { OutboundTopicAliases, type ProtocolVersion, type QoS } from '@petrel/protocol';
import type { Message } from './message.js';
import type { Output } from './output.js';
import { publishCopySize, writePublishCopy } from './publish-writer.js';

/** What the receiver announced. */
export interface SenderTerms {
  readonly protocolVersion: ProtocolVersion;
  /** Bytes; Infinity where the client named no limit. */
  readonly maximumPacketSize: number;
  /** Aliases that may be used towards this client. */
  readonly topicAliasMaximum: number;
}

const aliasPropertyBytes = 3;

// Written and read within one call of send() or fits(), so one for all senders is enough.
const copy = {
  qos: 0 as QoS,
  retain: false,
  dup: false,
  packetIdentifier: 0,
  subscriptionIdentifiers: undefined as Uint8Array | undefined,
  topicAlias: 0,
  withTopicName: true,
  messageExpiryInterval: undefined as number | undefined,
};

/** One per connection. */
export class PublishSender {
  readonly #output: Output;
  readonly #isVersion5: boolean;
  readonly #maximumPacketSize: number;
  readonly #aliases: OutboundTopicAliases | undefined;

  constructor(output: Output, terms: SenderTerms) {
    this.#output = output;
    this.#isVersion5 = terms.protocolVersion === 5;
    this.#maximumPacketSize = terms.maximumPacketSize;
    this.#aliases =
      terms.topicAliasMaximum > 0 ? new OutboundTopicAliases(terms.topicAliasMaximum) : undefined;
  }

  /** Tells whether the client can take the message at all [MQTT-3.1.2-24]. */
  fits(message: Message, qos: QoS, subscriptionIdentifiers: Uint8Array | undefined, now: number): boolean {
    if (this.#maximumPacketSize === Number.POSITIVE_INFINITY) return true;
    this.#prepare(message, qos, subscriptionIdentifiers, now);
    return publishCopySize(message, this.#isVersion5, copy) <= this.#maximumPacketSize;
  }

  /** Writes a message that fits. `now` matters only to messages that expire. */
  send(
    message: Message,
    qos: QoS,
    retain: boolean,
    dup: boolean,
    packetIdentifier: number,
    subscriptionIdentifiers: Uint8Array | undefined,
    now: number,
  ): void {
    this.#prepare(message, qos, subscriptionIdentifiers, now);
    copy.retain = retain;
    copy.dup = dup;
    copy.packetIdentifier = packetIdentifier;
    if (this.#aliases !== undefined) this.#chooseAlias(this.#aliases, message);
    writePublishCopy(this.#output, message, this.#isVersion5, copy);
  }

  #prepare(message: Message, qos: QoS, subscriptionIdentifiers: Uint8Array | undefined, now: number): void {
    copy.qos = qos;
    copy.subscriptionIdentifiers = this.#isVersion5 ? subscriptionIdentifiers : undefined;
    copy.topicAlias = 0;
    copy.withTopicName = true;
    copy.messageExpiryInterval =
      message.expiresAt === undefined ? undefined : message.remainingExpiryInterval(now);
  }

  /** An alias pays where the name is longer than the property; announcing it must not push the packet over the limit. */
  #chooseAlias(aliases: OutboundTopicAliases, message: Message): void {
    if (message.topic.bytes.length <= aliasPropertyBytes) return;
    if (
      this.#maximumPacketSize !== Number.POSITIVE_INFINITY &&
      publishCopySize(message, this.#isVersion5, copy) + aliasPropertyBytes + 1 > this.#maximumPacketSize
    ) {
      return;
    }
    const assigned = aliases.assign(message.topicName);
    if (assigned === undefined) return;
    copy.topicAlias = assigned.topicAlias;
    copy.withTopicName = assigned.isNew;
  }
}
