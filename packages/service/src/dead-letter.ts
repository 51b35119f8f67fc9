/** A message that no attempt could handle, as it is published for somebody to look at. Pure. */
import type { PublishProperties, UserProperties } from '@petrel/protocol';
import type { InboundMessage } from './link.js';

/** Why a message is a dead letter. */
export interface DeadLetterReason {
  readonly error: unknown;
  readonly attempts: number;
  /** When it was handled first, in milliseconds since 1970. */
  readonly firstAttemptAt: number;
}

/** Ready to publish. */
export interface DeadLetter {
  readonly payload: Uint8Array;
  readonly properties: PublishProperties;
}

const encoder = new TextEncoder();

/**
 * The payload as it was, its properties, and User Properties `dead-letter-reason`, `-code`, `-attempts`, `-first-time` (ISO 8601) and
 * `-topic`. Where there are no properties, a JSON object `{ reason, code, attempts, firstTime, topicName, payload }` with the payload
 * in Base64.
 */
export function writeDeadLetter(
  message: InboundMessage,
  { error, attempts, firstAttemptAt }: DeadLetterReason,
  carriesProperties: boolean,
): DeadLetter {
  const reason = reasonOf(error);
  const { code } = (error ?? {}) as { readonly code?: unknown };
  const firstTime = new Date(firstAttemptAt).toISOString();
  const { topicName, payload, properties } = message;
  if (!carriesProperties) {
    const told = { reason, code, attempts, firstTime, topicName, payload: toBase64(payload) };
    return { payload: encoder.encode(JSON.stringify(told)), properties: {} };
  }
  const marks: UserProperties = [
    ['dead-letter-reason', reason],
    ...(typeof code === 'string' || typeof code === 'number'
      ? [['dead-letter-code', String(code)] as const]
      : []),
    ['dead-letter-attempts', String(attempts)],
    ['dead-letter-first-time', firstTime],
    ['dead-letter-topic', topicName],
  ];
  // It must not expire before anybody has seen it, and the identifiers of our subscriptions mean nothing to others.
  const { messageExpiryInterval: _, subscriptionIdentifiers: __, topicAlias: ___, ...kept } = properties;
  return {
    payload,
    properties: { ...kept, userProperties: [...(properties.userProperties ?? []), ...marks] },
  };
}

/** Also of what is thrown without being an Error, as NestJS's filters do. */
function reasonOf(error: unknown): string {
  if (error instanceof Error) return `${error.name}: ${error.message}`;
  if (typeof error !== 'object' || error === null) return String(error);
  const { message } = error as { readonly message?: unknown };
  if (typeof message === 'string') return message;
  try {
    return JSON.stringify(error);
  } catch {
    return String(error);
  }
}

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
