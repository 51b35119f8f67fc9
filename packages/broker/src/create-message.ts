/** Makes messages: from the PUBLISH of a client, from what a program or a Will says, and anew where a hook changed one. */
import {
  assertTopicName,
  type MessageProperties,
  propertiesSize,
  type QoS,
  UsageError,
} from '@petrel/protocol';
import type { Clock } from './clock.js';
import type { MessageChange } from './hooks.js';
import { Message } from './message.js';
import type { PublishFrame } from './publish-frame.js';
import type { StoredMessage } from './stores/store.js';
import type { Topic, TopicCache } from './topic-cache.js';

/** A message that does not come out of a PUBLISH. */
export interface MessageContent {
  readonly topicName: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: MessageProperties;
}

/** The message of a PUBLISH whose topic is resolved; it shares the bytes of the frame. */
export function createMessage(frame: PublishFrame, publisher: string, clock: Clock): Message {
  const { frameStart, propertiesAt, expiryAt, messageExpiryInterval: interval } = frame;
  const message = new Message(
    frame.topic as Topic,
    frame.qos,
    frame.retain,
    frame.bytes,
    frame.form === 0 ? -1 : frameStart,
    frame.payloadStart,
    frame.end,
    frame.form,
    frame.properties,
    interval === undefined ? undefined : clock.now() + interval * 1000,
    publisher,
  );
  if (propertiesAt > 0) message.leaveProperties(propertiesAt - frameStart, expiryAt && expiryAt - frameStart);
  return message;
}

/** A message of the broker itself or a Will; throws TopicError for a topic that is no Topic Name. */
export function createOwnMessage(
  content: MessageContent,
  publisher: string | undefined,
  topics: TopicCache,
  clock: Clock,
): Message {
  const { payload, properties } = content;
  if (content.qos !== 0 && content.qos !== 1 && content.qos !== 2) {
    throw new UsageError(`"qos" must be 0, 1 or 2, got ${String(content.qos)}`);
  }
  if (!(payload instanceof Uint8Array))
    throw new UsageError(`"payload" must be a Uint8Array, got ${typeof payload}`);
  if (properties.responseTopic !== undefined) assertTopicName(properties.responseTopic, 'Response Topic'); // [MQTT-3.3.2-14]
  const message = Message.from({
    topic: topics.findName(content.topicName),
    qos: content.qos,
    retain: content.retain,
    bytes: payload,
    payloadStart: 0,
    end: payload.length,
    properties,
    expiresAt: expiresAt(properties, clock),
    publisher,
  });
  // A property with a value that no rule allows is the caller's error, not one of some receiver.
  propertiesSize(properties, 'publish');
  return message;
}

/** The message with the parts that a hook replaced; where it comes from and when it expires stays unless the hook says otherwise. */
export function changeMessage(
  message: Message,
  change: MessageChange,
  topics: TopicCache,
  clock: Clock,
): Message {
  return createOwnMessage(
    {
      topicName: change.topicName ?? message.topicName,
      payload: change.payload ?? message.payload,
      qos: change.qos ?? message.qos,
      retain: change.retain ?? message.retain,
      properties: change.properties ?? message.properties,
    },
    message.publisher,
    topics,
    clock,
  );
}

/** A message that a store kept. */
export function restoreMessage(stored: StoredMessage, topics: TopicCache): Message {
  const message = Message.from({
    topic: topics.findName(stored.topicName),
    qos: stored.qos,
    retain: stored.retain,
    bytes: stored.payload,
    payloadStart: 0,
    end: stored.payload.length,
    properties: stored.properties,
    expiresAt: stored.expiresAt,
    publisher: stored.publisher,
  });
  message.storeNumber = stored.storeNumber ?? 0;
  return message;
}

function expiresAt({ messageExpiryInterval }: MessageProperties, clock: Clock): number | undefined {
  return messageExpiryInterval === undefined ? undefined : clock.now() + messageExpiryInterval * 1000;
}
