/** Topic Names (section 4.7): what a message is published to. */
import { PetrelError, TopicError } from './errors.js';
import { quote, utf8Size } from './utf8.js';

/**
 * Throws TopicError unless the value is a Topic Name: 1–65,535 bytes of UTF-8, no U+0000, no wildcard.
 *
 * Levels may be empty; names are compared as they are and never normalised [MQTT-4.7.3-4].
 */
export function assertTopicName(topicName: string, where = 'Topic Name'): void {
  if (topicName.length === 0) throw new TopicError(`${where} is empty [MQTT-4.7.3-1]`);
  if (topicName.includes('+') || topicName.includes('#')) {
    throw new TopicError(`${where} ${quote(topicName)} contains a wildcard [MQTT-3.3.2-2]`); // [MQTT-4.7.0-1]
  }
  assertTopicText(topicName, where, 0x90);
}

/** Throws TopicError where a topic cannot be written as a UTF-8 Encoded String [MQTT-4.7.3-2] [MQTT-4.7.3-3]. */
export function assertTopicText(topic: string, where: string, code: number): void {
  try {
    utf8Size(topic);
  } catch (cause) {
    if (!(cause instanceof PetrelError)) throw cause;
    throw new TopicError(`${where}: ${cause.message}`, { reasonCode: code, cause });
  }
}

/** Tells whether the value is a Topic Name. */
export function isTopicName(topicName: string): boolean {
  try {
    assertTopicName(topicName);
    return true;
  } catch {
    return false;
  }
}
