/** A message as handlers get it. */
import { type PublishPacket, type PublishProperties, type QoS, reasonCode } from '@petrel/protocol';
import { DeliveryError } from './errors.js';
import { payloadText, strictPayloadText } from './payload.js';

/**
 * One received message, immutable.
 *
 * `payload` is a view into a larger buffer: copy it (`payload.slice()`) to keep it for long. `packetIdentifier` is 0 at QoS 0.
 * `properties` is empty on MQTT 3.x.
 */
export class Message {
  readonly topicName: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly dup: boolean;
  readonly packetIdentifier: number;
  readonly properties: PublishProperties;

  /** `topicName` is the true one, behind a Topic Alias. */
  constructor(packet: PublishPacket, topicName: string) {
    this.topicName = topicName;
    this.payload = packet.payload;
    this.qos = packet.qos;
    this.retain = packet.retain;
    this.dup = packet.dup;
    this.packetIdentifier = packet.packetIdentifier;
    this.properties = packet.properties;
  }

  /** The payload as UTF-8 text; ill-formed bytes become U+FFFD. */
  text(): string {
    return payloadText(this.payload);
  }

  /** The payload as JSON; throws DeliveryError 0x99 when it is none, which a handler may let through as its refusal. */
  json<T = unknown>(): T {
    try {
      return JSON.parse(strictPayloadText(this.payload)) as T;
    } catch {
      // The parser's own error quotes the payload, so it goes no further.
      throw new DeliveryError(
        'PETREL_PAYLOAD_INVALID',
        `the payload of "${this.topicName}" (${this.payload.length} bytes) is not JSON`,
        { reasonCode: reasonCode.payloadFormatInvalid },
      );
    }
  }
}
