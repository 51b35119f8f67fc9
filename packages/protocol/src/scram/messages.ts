/**
 * The four messages of SCRAM (RFC 5802 sections 5 and 7), without channel binding: text ↔ fields, nothing else. What the fields prove is
 * for client and broker to find out, each with the cryptography of its platform.
 */
import { AuthenticationError } from '../errors.js';
import { decodeBase64, encodeBase64 } from './base64.js';

/** The name of the only mechanism that there is here. */
export const mechanism = 'SCRAM-SHA-256';
/** Fewer iterations than RFC 7677 section 4 demands make a password cheap to guess. */
export const minimumIterations = 4_096;
/** Bytes; nothing that a peer may put into a message needs more. */
export const maximumMessageBytes = 4_096;

/** What the client opens with. */
export interface ClientFirst {
  /** Up to and with the second comma; the client repeats it in its final message. */
  readonly gs2Header: string;
  /** The rest, which is signed. */
  readonly bare: string;
  readonly userName: string;
  /** Who the client wants to act as; undefined where it is the user. */
  readonly authorizationIdentity: string | undefined;
  readonly nonce: string;
}

/** The server's challenge. */
export interface ServerFirst {
  /** The client's nonce with the server's behind it. */
  readonly nonce: string;
  readonly salt: Uint8Array;
  readonly iterations: number;
}

/** The client's proof. */
export interface ClientFinal {
  /** Everything before the proof, which is signed. */
  readonly withoutProof: string;
  /** The GS2 header again, and the data of a channel binding if there were one. */
  readonly channelBinding: Uint8Array;
  readonly nonce: string;
  readonly proof: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The bytes of a message. */
export function encodeMessage(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The text of a message; throws AuthenticationError on none at all, one that is too long, and one that is no UTF-8. */
export function decodeMessage(data: Uint8Array | undefined): string {
  if (data === undefined) throw invalid('has no message where one must be');
  if (data.length > maximumMessageBytes) throw invalid(`message has ${data.length} bytes`);
  try {
    return decoder.decode(data);
  } catch {
    throw invalid('message is not well-formed UTF-8');
  }
}

/** Writes the client's first message; it asks for no channel binding, since nothing below it offers one. */
export function writeClientFirst(userName: string, nonce: string): { gs2Header: string; bare: string } {
  const name = userName.replaceAll('=', '=3D').replaceAll(',', '=2C');
  return { gs2Header: 'n,,', bare: `n=${name},r=${nonce}` };
}

/** Reads the client's first message. Channel binding (`p=`) is refused. */
export function readClientFirst(text: string): ClientFirst {
  const [flag, identity, ...fields] = text.split(',');
  if (flag?.startsWith('p=')) throw invalid('demands channel binding, which MQTT has no use for here');
  if (flag !== 'n' && flag !== 'y') throw invalid('message has no GS2 header');
  if (identity === undefined || (identity !== '' && !identity.startsWith('a='))) {
    throw invalid('message has no GS2 header');
  }
  const [name, nonce] = read(fields, ['n', 'r']) as [string, string];
  return {
    gs2Header: `${flag},${identity},`,
    bare: fields.join(','),
    userName: readName(name),
    authorizationIdentity: identity === '' ? undefined : readName(identity.slice(2)),
    nonce: readNonce(nonce),
  };
}

/** Writes the server's challenge. */
export function writeServerFirst({ nonce, salt, iterations }: ServerFirst): string {
  return `r=${nonce},s=${encodeBase64(salt)},i=${iterations}`;
}

/** Reads the server's challenge. */
export function readServerFirst(text: string): ServerFirst {
  const [nonce, salt, iterations] = read(text.split(','), ['r', 's', 'i']) as [string, string, string];
  if (!/^[1-9]\d{0,8}$/.test(iterations)) throw invalid('iteration count is no number');
  return { nonce: readNonce(nonce), salt: readBytes(salt, 'salt'), iterations: Number(iterations) };
}

/** Writes what the client signs of its final message. */
export function writeClientFinalWithoutProof(gs2Header: string, nonce: string): string {
  return `c=${encodeBase64(encodeMessage(gs2Header))},r=${nonce}`;
}

/** Puts the proof behind it. */
export function writeClientFinal(withoutProof: string, proof: Uint8Array): string {
  return `${withoutProof},p=${encodeBase64(proof)}`;
}

/** Reads the client's final message. */
export function readClientFinal(text: string): ClientFinal {
  const fields = text.split(',');
  const proof = fields.pop() ?? '';
  if (!proof.startsWith('p=')) throw invalid('message has no proof');
  const [channelBinding, nonce] = read(fields, ['c', 'r']) as [string, string];
  return {
    withoutProof: fields.join(','),
    channelBinding: readBytes(channelBinding, 'channel binding'),
    nonce: readNonce(nonce),
    proof: readBytes(proof.slice(2), 'proof'),
  };
}

/** Writes the server's proof that it knows the user as well. */
export function writeServerFinal(signature: Uint8Array): string {
  return `v=${encodeBase64(signature)}`;
}

/** Reads the server's signature; throws AuthenticationError where there is an error instead. */
export function readServerFinal(text: string): Uint8Array {
  const fields = text.split(',');
  if (fields[0]?.startsWith('e=')) throw invalid('fails at the server');
  const [signature] = read(fields, ['v']) as [string];
  return readBytes(signature, 'signature');
}

/** What both ends sign. */
export function authMessage(clientFirstBare: string, serverFirst: string, clientFinalWithoutProof: string) {
  return encodeMessage(`${clientFirstBare},${serverFirst},${clientFinalWithoutProof}`);
}

/** Fields in their fixed order; what follows them is an extension that nobody has to know. */
function read(fields: readonly string[], names: readonly string[]): readonly string[] {
  if (fields[0]?.startsWith('m=')) throw invalid('message has a mandatory extension');
  if (fields.length < names.length) throw invalid('message lacks a field');
  for (const extension of fields.slice(names.length)) {
    if (!/^[A-Za-z]=./su.test(extension)) throw invalid('message has an extension without a name');
  }
  return names.map((name, index) => {
    const field = fields[index] as string;
    if (!field.startsWith(`${name}=`)) throw invalid(`message lacks the field "${name}"`);
    return field.slice(2);
  });
}

function readName(text: string): string {
  if (text === '' || /=(?!2C|3D)/.test(text) || text.includes('\0')) throw invalid('name is not well formed');
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=');
}

function readNonce(text: string): string {
  if (!/^[!-+\--~]+$/.test(text)) throw invalid('nonce is not printable ASCII');
  return text;
}

function readBytes(text: string, what: string): Uint8Array {
  const bytes = decodeBase64(text);
  if (bytes === undefined || bytes.length === 0) throw invalid(`${what} is not base64`);
  return bytes;
}

/** Never shows what the peer sent: it is about secrets. */
function invalid(what: string): AuthenticationError {
  return new AuthenticationError(`SCRAM-SHA-256 ${what}`);
}
