/** The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding. */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

const withoutChannelBinding = 'n,,';

/** One exchange. User name and password must be ASCII: preparation of other text is not done here. */
export class Scram {
  readonly #password: string;
  readonly #clientFirstBare: string;

  /** `nonce`: any text without a comma, never the same twice. */
  constructor(userName: string, password: string, nonce = randomBytes(18).toString('base64')) {
    this.#password = password;
    this.#clientFirstBare = `n=${userName.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`;
  }

  /** The message that opens the exchange. */
  clientFirst(): string {
    return withoutChannelBinding + this.#clientFirstBare;
  }

  /** The proof, in answer to the server's challenge. */
  clientFinal(serverFirst: string): string {
    const fields = new Map(serverFirst.split(',').map((field) => [field.slice(0, 1), field.slice(2)]));
    const salt = Buffer.from(fields.get('s') ?? '', 'base64');
    const salted = pbkdf2Sync(this.#password, salt, Number(fields.get('i') ?? 1), 32, 'sha256');
    const clientKey = hmac(salted, 'Client Key');
    const withoutProof = `c=${Buffer.from(withoutChannelBinding).toString('base64')},r=${fields.get('r') ?? ''}`;
    const signature = hmac(
      createHash('sha256').update(clientKey).digest(),
      `${this.#clientFirstBare},${serverFirst},${withoutProof}`,
    );
    const proof = clientKey.map((byte, index) => byte ^ (signature[index] ?? 0));
    return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`;
  }
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
