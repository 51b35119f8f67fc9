/**
 * Reads and sets the properties of a PUBLISH by name. The table knows them by a name in a variable, by which an engine has to look up
 * each of them anew; here each has its own place in the code. Knows no rule: the table and the codec do.
 */
import type { PublishProperties } from './properties.js';

/** How to get at one property. */
export interface PropertyAccess {
  get(properties: object): unknown;
  set(properties: object, value: unknown): void;
}

type Fields = { -readonly [Name in keyof PublishProperties]: unknown };

function access(get: (properties: Fields) => unknown, set: (properties: Fields, value: unknown) => void) {
  return { get, set } as PropertyAccess;
}

/** By the name of the field. */
export const publishPropertyAccess: Readonly<Record<keyof PublishProperties, PropertyAccess>> = {
  payloadFormatIndicator: access(
    (properties) => properties.payloadFormatIndicator,
    (properties, value) => {
      properties.payloadFormatIndicator = value;
    },
  ),
  messageExpiryInterval: access(
    (properties) => properties.messageExpiryInterval,
    (properties, value) => {
      properties.messageExpiryInterval = value;
    },
  ),
  contentType: access(
    (properties) => properties.contentType,
    (properties, value) => {
      properties.contentType = value;
    },
  ),
  responseTopic: access(
    (properties) => properties.responseTopic,
    (properties, value) => {
      properties.responseTopic = value;
    },
  ),
  correlationData: access(
    (properties) => properties.correlationData,
    (properties, value) => {
      properties.correlationData = value;
    },
  ),
  subscriptionIdentifiers: access(
    (properties) => properties.subscriptionIdentifiers,
    (properties, value) => {
      properties.subscriptionIdentifiers = value;
    },
  ),
  topicAlias: access(
    (properties) => properties.topicAlias,
    (properties, value) => {
      properties.topicAlias = value;
    },
  ),
  userProperties: access(
    (properties) => properties.userProperties,
    (properties, value) => {
      properties.userProperties = value;
    },
  ),
};
