/** What a handler learns about the message behind its data. */
import { MqttContext as StockMqttContext } from '@nestjs/microservices';
import type { UserProperties } from '@petrel/protocol';
import type { Delivery, InboundMessage, TopicPattern } from '@petrel/service';
import { asBuffer, fromProperties, fromUserProperties } from './mqtt-js-properties.js';

/** A PUBLISH packet with the names of MQTT.js, as the stock transport hands it out. */
export interface MqttPacket {
  readonly cmd: 'publish';
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly dup: boolean;
  /** Packet Identifier; missing at QoS 0. */
  readonly messageId?: number;
  /** Missing on MQTT 3.x. */
  readonly properties?: Readonly<Record<string, unknown>>;
}

// The base class keeps what it hands out; here it is made when it is asked for.
const noArguments = [] as unknown as [string, Record<string, unknown>];

/** NestJS's MqttContext, and what Petrel knows beyond it. */
export class MqttContext extends StockMqttContext {
  readonly #delivery: Delivery;
  readonly #pattern: TopicPattern | undefined;
  #packet: MqttPacket | undefined;

  constructor(delivery: Delivery, pattern?: TopicPattern) {
    super(noArguments);
    this.#delivery = delivery;
    this.#pattern = pattern;
  }

  /** Topic and packet. Most handlers never look at the packet: it is made for those who do. */
  override getArgs(): [string, Record<string, unknown>] {
    return [this.getTopic(), this.getPacket()];
  }

  override getArgByIndex(index: number): unknown {
    return this.getArgs()[index];
  }

  override getTopic(): string {
    return this.#delivery.message.topicName;
  }

  /** Topic, payload, QoS, Retain, DUP and properties with the names of MQTT.js. */
  override getPacket(): MqttPacket & Record<string, unknown> {
    this.#packet ??= packetOf(this.#delivery.message);
    return this.#packet as MqttPacket & Record<string, unknown>;
  }

  /** The Topic Filter of the handler, parameters as wildcards, with its `$share/` where it has one. */
  getPattern(): string {
    return this.#delivery.topicFilter;
  }

  /** The levels of the topic that the pattern gives names to: `{ room: 'kitchen' }` for `sensors/:room`. */
  getParameters(): Readonly<Record<string, string>> {
    return this.#pattern?.parametersOf(this.getTopic()) ?? {};
  }

  /** Which call for this message it is, from 1. */
  getAttempt(): number {
    return this.#delivery.attempt;
  }

  /** Acknowledges the message, where the policy is `acknowledge: 'manual'`; elsewhere, and the second time, it does nothing. */
  ack(): void {
    this.#delivery.ack();
  }

  /** The message as `@petrel/client` received it. */
  getMessage(): InboundMessage {
    return this.#delivery.message;
  }

  /** User Properties in their order, repeated names included, and the metadata of an envelope. */
  getUserProperties(): UserProperties {
    return this.#delivery.userProperties;
  }

  /** User Properties and metadata by name: what `ClientProxy.setOnDispatchHook` attached at the other end. */
  getMetadata(): Record<string, string | string[]> {
    return fromUserProperties(this.#delivery.userProperties);
  }

  /** Aborted when the server stops waiting for this handler: at its `timeoutMs`, or when the server closes. */
  getSignal(): AbortSignal {
    return this.#delivery.signal;
  }
}

function packetOf(message: InboundMessage): MqttPacket {
  const { topicName, payload, qos, retain, dup, packetIdentifier, properties } = message;
  const isEmpty = Object.keys(properties).length === 0;
  return {
    cmd: 'publish',
    topic: topicName,
    payload: asBuffer(payload),
    qos,
    retain,
    dup,
    ...(qos === 0 ? {} : { messageId: packetIdentifier }),
    ...(isEmpty ? {} : { properties: fromProperties(properties) }),
  };
}
