/** The words for what can go wrong with one message. */
import { type AcknowledgementProperties, describeReasonCode, reasonCode } from '@petrel/protocol';
import { DeliveryError } from './errors.js';
import type { OutboundMessage } from './outbound-message.js';

/** The server answered with 0x80 or more. */
export function publishRefused(
  { topicName }: OutboundMessage,
  code: number,
  properties: AcknowledgementProperties,
): DeliveryError {
  const detail = properties.reasonString === undefined ? '' : `: ${properties.reasonString}`;
  const text = `the server refused the message to "${topicName}": ${describeReasonCode(code)}${detail}`;
  return new DeliveryError('PETREL_PUBLISH_REFUSED', text, { reasonCode: code });
}

/** The server answered with a packet that this QoS does not know. */
export function misanswered({ topicName }: OutboundMessage, cause: Error): DeliveryError {
  return new DeliveryError(
    'PETREL_ACKNOWLEDGEMENT_INVALID',
    `the message to "${topicName}" got a wrong answer and may have arrived or not: ${cause.message}`,
    { cause },
  );
}

/** There is no connection and QoS 0 is not queued. */
export function notConnected({ topicName }: OutboundMessage): DeliveryError {
  return new DeliveryError(
    'PETREL_NOT_CONNECTED',
    `no connection for the QoS 0 message to "${topicName}" (option "offlineQueue.qos0" is false)`,
  );
}

/** The server forgot the session and the options say not to send again. */
export function sessionLost({ topicName, qos }: OutboundMessage): DeliveryError {
  return new DeliveryError(
    'PETREL_SESSION_LOST',
    `the server lost the session; the QoS ${qos} message to "${topicName}" may have arrived or not`,
  );
}

/** The queue has no room. */
export function queueFull({ topicName }: OutboundMessage, messages: number, bytes: number): DeliveryError {
  return new DeliveryError(
    'PETREL_QUEUE_FULL',
    `no room for the message to "${topicName}": ${messages} messages, ${bytes} bytes wait (option "offlineQueue")`,
    { reasonCode: reasonCode.quotaExceeded },
  );
}
