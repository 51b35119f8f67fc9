/**
 * Data ↔ payload. The Content Type decides; without one, JSON is JSON, text is text, and all other bytes stay
 * bytes. Knows no topic, no envelope and no packet.
 */
import { encodeText } from './encoded-text.js';
import { PayloadError } from './errors.js';

/** A payload and what to say about it; without `contentType` the payload has to speak for itself. */
export interface EncodedPayload {
  readonly payload: Uint8Array;
  readonly contentType?: string;
}

/** How a receiver wants its payloads: `auto` follows the Content Type, the others overrule it. */
export type PayloadForm = 'auto' | 'bytes' | 'text' | 'json';

const noBytes = new Uint8Array(0);
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Writes data as a payload: bytes as they are, text as UTF-8, `undefined` as no bytes at all, the rest as JSON.
 *
 * With `selfDescribing` the result reads back the same without its Content Type, as it has to on MQTT 3.1.1 and
 * before stock NestJS peers: text that would read as JSON or as binary is then written as a JSON string.
 * Throws PayloadError for what JSON cannot say (functions, symbols, BigInt, cycles).
 */
export function encodePayload(data: unknown, selfDescribing: boolean): EncodedPayload {
  if (data === undefined) return { payload: noBytes };
  if (data instanceof Uint8Array) return { payload: data, contentType: 'application/octet-stream' };
  if (data instanceof ArrayBuffer) return encodePayload(new Uint8Array(data), selfDescribing);
  if (typeof data === 'string' && isPlainText(data, selfDescribing)) {
    return { payload: encodeText(data), contentType: 'text/plain' };
  }
  return { payload: encodeText(toJson(data)), contentType: 'application/json' };
}

/**
 * Reads a payload by its Content Type; throws PayloadError where it breaks the promise of that type.
 *
 * Bytes are handed out as they are, without a copy.
 */
export function decodePayload(
  payload: Uint8Array,
  contentType?: string,
  form: PayloadForm = 'auto',
): unknown {
  switch (form === 'auto' ? formOf(contentType) : form) {
    case 'bytes':
      return payload;
    case 'text':
      return decodeText(payload) ?? payload;
    case 'json':
      return decodeJson(payload, contentType);
    default:
      return guess(payload);
  }
}

function formOf(contentType: string | undefined): PayloadForm {
  if (contentType === undefined) return 'auto';
  // As Petrel and most others write it.
  if (contentType === 'application/json') return 'json';
  const type = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  if (type === 'application/json' || type.endsWith('+json')) return 'json';
  if (type.startsWith('text/')) return 'text';
  return type.includes('/') ? 'bytes' : 'auto';
}

function guess(payload: Uint8Array): unknown {
  if (payload.length === 0) return undefined;
  const text = decodeText(payload);
  if (text === undefined) return payload;
  const json = parseJson(text);
  if (json !== undefined) return json.value;
  return hasControlCharacters(text) ? payload : text;
}

function decodeText(payload: Uint8Array): string | undefined {
  try {
    return decoder.decode(payload);
  } catch {
    return undefined;
  }
}

function decodeJson(payload: Uint8Array, contentType: string | undefined): unknown {
  if (payload.length === 0) return undefined;
  try {
    return JSON.parse(decodeText(payload) ?? '') as unknown;
  } catch {
    // The parser's own error quotes the payload, so it goes no further.
  }
  const promise = contentType === undefined ? 'is read as JSON' : `has the Content Type "${contentType}"`;
  throw new PayloadError(`payload of ${payload.length} bytes ${promise} but is not JSON`);
}

function parseJson(text: string): { value: unknown } | undefined {
  // The first character rules most texts out without the cost of a thrown SyntaxError.
  if (!/^[\s]*["[{\-\dtfn]/.test(text)) return undefined;
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

function isPlainText(text: string, selfDescribing: boolean): boolean {
  // A lone surrogate has no UTF-8; JSON writes it as an escape.
  if (/\p{Surrogate}/u.test(text)) return false;
  if (!selfDescribing) return true;
  return text !== '' && !hasControlCharacters(text) && parseJson(text) === undefined;
}

// Binary that happens to be UTF-8 gives itself away by control characters, which text has only as line ends and tabs.
function hasControlCharacters(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(text);
}

function toJson(data: unknown): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(data);
  } catch (cause) {
    throw new PayloadError(`data cannot be written as JSON: ${(cause as Error).message}`, { cause });
  }
  if (json === undefined) throw new PayloadError(`a ${typeof data} cannot be written as a payload`);
  return json;
}
