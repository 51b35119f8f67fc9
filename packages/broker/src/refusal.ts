/** What the words of a program may be on the wire: a text that MQTT cannot carry is left out, so that the rest still goes. */
import { utf8Size } from '@petrel/protocol';
import type { Refusal } from './hooks.js';

/** Tells whether a text can be sent: a string without U+0000 and lone surrogates, of at most 65,535 bytes. */
export function isSendable(text: unknown): text is string {
  try {
    return typeof text === 'string' && utf8Size(text) >= 0;
  } catch {
    return false;
  }
}

/** The same refusal when all of its texts can be sent, else one without those that cannot. */
export function sendableRefusal(refusal: Refusal): Refusal {
  const { reasonCode, reasonString, serverReference } = refusal;
  const isWhole = [reasonString, serverReference].every((text) => text === undefined || isSendable(text));
  if (isWhole) return refusal;
  return {
    reasonCode,
    ...(isSendable(reasonString) && { reasonString }),
    ...(isSendable(serverReference) && { serverReference }),
  };
}
