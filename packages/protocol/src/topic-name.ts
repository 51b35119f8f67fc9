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
  assertNoWildcard(topicName, where);
  assertTopicText(topicName, where, 0x90);
}

/** Throws TopicError on a wildcard: the one rule that a string which came over the wire can still break. */
export function assertNoWildcard(topicName: string, where: string): void {
  if (topicName.includes('+') || topicName.includes('#')) {
    throw new TopicError(`${where} ${quote(topicName)} contains a wildcard [MQTT-3.3.2-2]`); // [MQTT-4.7.0-1]
  }
}

/** Throws TopicError where a topic cannot be written as a UTF-8 Encoded String. */
export function assertTopicText(topic: string, where: string, reasonCode: number): void {
  if (topic.includes('\0')) {
    throw new TopicError(`${where} ${quote(topic)} contains U+0000 [MQTT-4.7.3-2]`, { reasonCode });
  }
  try {
    utf8Size(topic);
  } catch (cause) {
    if (!(cause instanceof PetrelError)) throw cause;
    const clause = cause.clause === undefined ? ' [MQTT-4.7.3-3]' : '';
    throw new TopicError(`${where}: ${cause.message}${clause}`, { reasonCode, cause });
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
