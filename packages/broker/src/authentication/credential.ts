/** A name for what somebody proved to be who he is with: recognises the same credentials later, and is of no use to log in with. */
import { createHash } from 'node:crypto';

/** `kind` says which sort of authenticator it was; parts cannot run into each other. */
export function credentialOf(kind: string, parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = Buffer.from(part as Uint8Array);
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return `${kind}:${hash.digest('base64')}`;
}
