/** Payloads are bytes; text is UTF-8, both ways. */
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true });
const empty = new Uint8Array(0);

/** The bytes of a payload as an application gives it. */
export function toPayload(payload: string | Uint8Array): Uint8Array {
  if (typeof payload !== 'string') return payload;
  return payload === '' ? empty : encoder.encode(payload);
}

/** The payload as text; ill-formed UTF-8 becomes U+FFFD. */
export function payloadText(payload: Uint8Array): string {
  return decoder.decode(payload);
}

/** The payload as text; throws TypeError on ill-formed UTF-8. */
export function strictPayloadText(payload: Uint8Array): string {
  return strictDecoder.decode(payload);
}
