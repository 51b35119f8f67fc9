/**
 * Prepares user names and passwords (SASLprep, RFC 4013), so that two ways to type one text are one text: spaces of any kind become a
 * space, what is "commonly mapped to nothing" goes, NFKC does the rest, and control, private-use and unassigned characters are refused.
 * Not done: the check of mixed writing directions (RFC 3454 section 6); and what is assigned is what this platform's Unicode says.
 */
import { UsageError } from '../errors.js';

// RFC 3454 table C.1.2.
const spaces = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu;
// RFC 3454 table B.1, but for U+200B, which is a space here.
const nothing = /\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/gu;
// RFC 3454 tables C.2 to C.9: controls, private use, non-characters, surrogates, marks that change the display, and tags.
const prohibited = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\u2028\u2029\ufffc\ufffd\u2ff0-\u2ffb]/u;
const plain = /^[ -~]*$/;

/** The prepared text; throws UsageError, which shows no character of it, when it has one that is prohibited. `what` names it. */
export function prepareScramText(text: string, what: string): string {
  if (plain.test(text)) return text;
  const prepared = text.replace(spaces, ' ').replace(nothing, '').normalize('NFKC');
  if (prohibited.test(prepared)) {
    throw new UsageError(`${what} has a character that SASLprep prohibits (RFC 4013 section 2.3)`);
  }
  return prepared;
}
