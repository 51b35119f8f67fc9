/**
 * What a requester says to a responder besides requests, on the wire: JSON below a prefix and the topic of the request, which reaches
 * every replica, and which those that do not have the request ignore. See docs/decisions/0023-requests.md.
 */
import { parseTopicFilter } from '@petrel/protocol';
import { decodeText, encodeText } from './encoded-text.js';

/** `id` is the Correlation Data of the request as text. */
export interface Control {
  readonly id: string;
  /** Nobody waits for an answer any more. */
  readonly cancel?: boolean | undefined;
  /** Answers of a stream that the reader has room for, counted from its first: it only grows. */
  readonly credit?: number | undefined;
}

// More is no control message; it is not parsed.
const longestControlBytes = 1024;

/** Where the responders of a topic listen for control messages; throws nothing. */
export function controlTopic(prefix: string, topicName: string): string {
  return `${prefix}/${topicName}`;
}

/** What a responder subscribes to for the requests of a Topic Filter; each replica by itself, also in a group. */
export function controlFilter(prefix: string, topicFilter: string): string {
  return `${prefix}/${parseTopicFilter(topicFilter).topicFilter}`;
}

/** The payload of a control message. */
export function writeControl(control: Control): Uint8Array {
  return encodeText(JSON.stringify(control));
}

/** Undefined for what is no control message. */
export function readControl(payload: Uint8Array): Control | undefined {
  if (payload.length > longestControlBytes) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(decodeText(payload));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { id, cancel, credit } = value as Record<string, unknown>;
  if (typeof id !== 'string') return undefined;
  return { id, cancel: cancel === true, credit: isCredit(credit) ? credit : undefined };
}

/** Tells whether the value is a number of answers. */
export function isCredit(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
