/** A message from publish() to the end of its QoS: the PUBLISH packet that will be written, and whoever waits for it. */
import {
  type AcknowledgementProperties,
  assertPropertyNames,
  assertTopicName,
  encodedClientPacketSize,
  noProperties,
  type PublishPacket,
  type PublishProperties,
  type QoS,
  reasonCode,
  UsageError,
} from '@petrel/protocol';
import { show } from './option-reader.js';
import { toPayload } from './payload.js';

/** Options of `publish`. */
export interface PublishOptions {
  /** Default 0. */
  readonly qos?: QoS | undefined;
  /** Default false. */
  readonly retain?: boolean | undefined;
  /** Properties of MQTT 5; left out on MQTT 3.x, except that messageExpiryInterval (seconds) also ends the wait in the queue. */
  readonly properties?: Omit<PublishProperties, 'topicAlias' | 'subscriptionIdentifiers'> | undefined;
  /**
   * What the promise waits for. `'complete'`: the end of the QoS. `'stored'`: that the session store owns the message, which is sent from then on
   * even by a later process; QoS 1 and 2 with the option `sessionStore` only. Whether it arrives is then reported by the `error` event alone, when it
   * fails. Default `'complete'`.
   */
  readonly until?: 'complete' | 'stored' | undefined;
  /** Takes a message that still waits out of the queue; one that is in flight goes on, only the promise ends. */
  readonly signal?: AbortSignal | undefined;
}

/** How a message ended. `reasonCode` below 0x80: 0x00, or 0x10 when nobody subscribes to it; 0x97 when the offline queue's policy dropped it. */
export interface PublishResult {
  readonly reasonCode: number;
  readonly properties: AcknowledgementProperties;
}

/** A message that arrived, as far as its QoS can tell. */
export const success: PublishResult = Object.freeze({ reasonCode: 0, properties: noProperties });
/** A message that the offline queue's policy gave up. */
export const dropped: PublishResult = Object.freeze({
  reasonCode: reasonCode.quotaExceeded,
  properties: noProperties,
});

/** Who waits for a message. */
export interface Settlement {
  resolve(result: PublishResult): void;
  reject(error: unknown): void;
}

const nobody: Settlement = { resolve() {}, reject() {} };
// Any identifier will do for computing a size.
const placeholderIdentifier = 1;

/** A PUBLISH whose identifier and DUP are set when it is sent; everything else stays as it was published. */
export class OutboundMessage implements PublishPacket {
  readonly type = 'publish';
  readonly topicName: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: PublishProperties;
  packetIdentifier: number;
  dup = false;
  /** Milliseconds, when it was published. */
  queuedAt = 0;
  /** Its place in the store, 0 when it has none. */
  sequence = 0;
  /** What PUBREC said, for the result. */
  reasonCode = 0;
  waiter: Settlement = nobody;

  constructor(
    topicName: string,
    payload: Uint8Array,
    qos: QoS,
    retain: boolean,
    properties: PublishProperties,
  ) {
    this.topicName = topicName;
    this.payload = payload;
    this.qos = qos;
    this.retain = retain;
    this.properties = properties;
    this.packetIdentifier = qos === 0 ? 0 : placeholderIdentifier;
  }

  /** Bytes on the wire, of MQTT 5. Throws UsageError on a property that the standard forbids. */
  get size(): number {
    return encodedClientPacketSize(this, 5);
  }
}

const optionNames: ReadonlySet<string> = new Set(['qos', 'retain', 'properties', 'until', 'signal']);

/** Checks what publish() was given; throws TopicError or UsageError. */
export function createMessage(
  topicName: string,
  payload: string | Uint8Array,
  options: PublishOptions,
): OutboundMessage {
  const { qos = 0, retain = false, properties = noProperties, until = 'complete' } = options;
  if (typeof topicName !== 'string')
    throw new UsageError(`Topic Name must be a string, got ${show(topicName)}`);
  assertTopicName(topicName); // [MQTT-3.3.2-2]
  if (typeof payload !== 'string' && !(payload instanceof Uint8Array)) {
    throw new UsageError(
      `payload must be a string or a Uint8Array, got ${show(payload)}; JSON.stringify objects`,
    );
  }
  if (qos !== 0 && qos !== 1 && qos !== 2)
    throw new UsageError(`publish option "qos" must be 0, 1 or 2, got ${show(qos)}`);
  if (typeof retain !== 'boolean')
    throw new UsageError(`publish option "retain" must be true or false, got ${show(retain)}`);
  if (until !== 'complete') assertStorable(until, qos);
  for (const name in options) if (!optionNames.has(name)) throw unknownOption(name);
  const message = new OutboundMessage(topicName, toPayload(payload), qos, retain, properties);
  if (properties !== noProperties) assertProperties(message);
  return message;
}

function assertStorable(until: string, qos: QoS): void {
  if (until !== 'stored')
    throw new UsageError(`publish option "until" must be "complete" or "stored", got ${show(until)}`);
  if (qos === 0)
    throw new UsageError('publish option "until" can be "stored" only at QoS 1 and 2, got QoS 0');
}

function unknownOption(name: string): UsageError {
  return new UsageError(`publish option "${name}" is unknown; known are ${[...optionNames].join(', ')}`);
}

function assertProperties(message: OutboundMessage): void {
  const { topicAlias, subscriptionIdentifiers, responseTopic } = message.properties;
  if (topicAlias !== undefined) {
    throw new UsageError(
      'property "topicAlias" belongs to the connection; set the option "automaticTopicAliases" instead',
    );
  }
  if (subscriptionIdentifiers !== undefined) {
    throw new UsageError('property "subscriptionIdentifiers" is set by servers only [MQTT-3.3.4-6]');
  }
  assertPropertyNames(message.properties, 'publish');
  if (responseTopic !== undefined) assertTopicName(responseTopic, 'Response Topic'); // [MQTT-3.3.2-14]
  void message.size;
}

/** Ends the wait when the signal does; whether the message can still be stopped is the caller's affair. */
export function watchSignal(message: OutboundMessage, signal: AbortSignal, onAbort: () => void): void {
  const { waiter } = message;
  const abort = () => {
    onAbort();
    waiter.reject(signal.reason);
  };
  signal.addEventListener('abort', abort, { once: true });
  message.waiter = {
    resolve: (result) => {
      signal.removeEventListener('abort', abort);
      waiter.resolve(result);
    },
    reject: (error) => {
      signal.removeEventListener('abort', abort);
      waiter.reject(error);
    },
  };
}
