/** Writes what came from strangers so that a terminal shows it, and does not obey it. */

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A payload as text, or as hexadecimal digits after `0x` where it is no UTF-8. */
export function visiblePayload(payload: Uint8Array): string {
  try {
    return visibleText(strict.decode(payload));
  } catch {
    return `0x${Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('hex')}`;
  }
}

/** Also for those that turn the order of what is shown, and every line end: one line stays one. */
export function visibleLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, escaped);
}

/** Control characters become escapes; line ends and tabs stay. */
export function visibleText(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => {
    if (character === '\n' || character === '\t') return character;
    return escaped(character);
  });
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
