import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { AuthenticationError, scram } from '@petrel/protocol';
import { describe, expect, test } from 'vitest';
import type { AuthenticationStep } from './authentication-method.js';
import { deriveScramCredentials } from './scram-credentials.js';
import { ScramExchange, scramSha256 } from './scram-sha-256.js';

const request = {
  clientIdentifier: 'c',
  userName: undefined,
  password: undefined,
  protocolVersion: 5,
  transport: 'memory',
  remoteAddress: undefined,
  peerCertificate: undefined,
} as const;
const pencil = await deriveScramCredentials('pencil', {
  salt: Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'),
  iterations: 4096,
});
const method = scramSha256({ lookup: (userName) => (userName === 'user' ? pencil : undefined) });

function textOf(step: AuthenticationStep): string {
  return Buffer.from((step as { data?: Uint8Array }).data ?? []).toString();
}

/** What a client with this password answers; `change` spoils it. */
function finalOf(
  clientFirstBare: string,
  serverFirst: string,
  password: string,
  { gs2Header = 'n,,', nonce }: { gs2Header?: string; nonce?: string } = {},
): Buffer {
  const hmac = (key: Uint8Array, text: string) => createHmac('sha256', key).update(text).digest();
  const challenge = scram.readServerFirst(serverFirst);
  const salted = pbkdf2Sync(password, challenge.salt, challenge.iterations, 32, 'sha256');
  const clientKey = hmac(salted, 'Client Key');
  const withoutProof = scram.writeClientFinalWithoutProof(gs2Header, nonce ?? challenge.nonce);
  const storedKey = createHash('sha256').update(clientKey).digest();
  const signature = hmac(storedKey, `${clientFirstBare},${serverFirst},${withoutProof}`);
  return Buffer.from(
    scram.writeClientFinal(
      withoutProof,
      clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)),
    ),
  );
}

describe('the exchange of RFC 7677 section 3', () => {
  test('goes word for word', async () => {
    const users = { find: async () => pencil, invent: () => pencil };
    const exchange = new ScramExchange(users, '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0');
    const challenge = await exchange.next(Buffer.from('n,,n=user,r=rOprNGfwEbeRWgbNEkqO'));
    expect(textOf(challenge)).toBe(
      'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    );
    const done = await exchange.next(
      Buffer.from(
        'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
      ),
    );
    expect(done).toMatchObject({ principal: { name: 'user' } });
    expect(textOf(done)).toBe('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
  });
});

describe('what is stored', () => {
  test('is another thing each time, and never the password', async () => {
    const [one, two] = await Promise.all([
      deriveScramCredentials('pencil'),
      deriveScramCredentials('pencil'),
    ]);
    expect(one).toMatchObject({ iterations: 15_000 });
    expect(one.salt).not.toEqual(two.salt);
    expect(one.storedKey).not.toEqual(two.storedKey);
    expect([one.salt, one.storedKey, one.serverKey].map(({ length }) => length)).toEqual([16, 32, 32]);
    expect(Object.keys(one)).toEqual(['salt', 'iterations', 'storedKey', 'serverKey']);
  });

  test('is the same for two ways to type a password', async () => {
    const salt = Buffer.from('salt');
    const [one, two] = await Promise.all(
      ['caf\u00e9', 'cafe\u0301'].map((text) => deriveScramCredentials(text, { salt })),
    );
    expect(one).toEqual(two);
  });

  test.each([4095, 4096.5, 1e9])('cannot have %d iterations', async (iterations) => {
    await expect(deriveScramCredentials('x', { iterations })).rejects.toThrow(
      `option "iterations" must be an integer 4096–999999999 (RFC 7677 section 4), got ${iterations}`,
    );
    const weak = scramSha256({ lookup: () => ({ ...pencil, iterations }) }).begin(request);
    await expect(weak.next(Buffer.from('n,,n=user,r=x'))).rejects.toThrow('option "iterations"');
  });
});

describe('refuses', () => {
  const bare = 'n=user,r=client';

  async function answered(final: (serverFirst: string) => Uint8Array, first = `n,,${bare}`) {
    const exchange = method.begin(request);
    return exchange.next(final(textOf(await exchange.next(Buffer.from(first)))));
  }

  test('nobody with the right password', async () => {
    const done = await answered((serverFirst) => finalOf(bare, serverFirst, 'pencil'));
    expect(done).toMatchObject({ principal: { name: 'user' } });
  });

  test.each<[string, (serverFirst: string) => Uint8Array]>([
    ['a wrong password', (first) => finalOf(bare, first, 'pen')],
    ['a nonce of its own', (first) => finalOf(bare, first, 'pencil', { nonce: 'client' })],
    ['another GS2 header', (first) => finalOf(bare, first, 'pencil', { gs2Header: 'y,,' })],
    ['a proof that is too short', (first) => finalOf(bare, first, 'pencil').subarray(0, -8)],
    ['rubbish', () => Buffer.from('rubbish')],
  ])('%s', async (_, final) => {
    await expect(answered(final)).rejects.toThrow(AuthenticationError);
  });

  test('an unknown user like a wrong password, with a salt that stays', async () => {
    const errors = await Promise.all(
      ['user', 'nobody'].map((name) =>
        answered((first) => finalOf(`n=${name},r=client`, first, 'pen'), `n,,n=${name},r=client`).catch(
          (error: Error) => error.message,
        ),
      ),
    );
    expect(errors[0]).toBe(errors[1]);
    const secret = Buffer.alloc(32, 7);
    const challenges = await Promise.all(
      ['nobody', 'nobody', 'somebody'].map(async (name) => {
        const { begin } = scramSha256({ lookup: () => undefined, secret, iterations: 4096 });
        const step = await begin(request).next(Buffer.from(`n,,n=${name},r=client`));
        const { salt, iterations } = scram.readServerFirst(textOf(step));
        return [Buffer.from(salt).toString('hex'), salt.length, iterations];
      }),
    );
    expect(challenges[0]).toEqual(challenges[1]);
    expect(challenges[0]?.[0]).not.toBe(challenges[2]?.[0]);
    expect(challenges[0]?.slice(1)).toEqual([16, 4096]);
  });

  test('even the keys that were invented for an unknown user', async () => {
    const exchange = new ScramExchange({ find: async () => undefined, invent: () => pencil }, 'server');
    const first = textOf(await exchange.next(Buffer.from(`n,,${bare}`)));
    await expect(exchange.next(finalOf(bare, first, 'pencil'))).rejects.toThrow(
      'user name or password is wrong',
    );
  });

  test('who wants to act as somebody else', async () => {
    const exchange = method.begin(request);
    await expect(exchange.next(Buffer.from('n,a=admin,n=user,r=x'))).rejects.toThrow(AuthenticationError);
  });

  test('a user name that SASLprep prohibits', async () => {
    await expect(method.begin(request).next(Buffer.from('n,,n=\u0007,r=x'))).rejects.toThrow(
      AuthenticationError,
    );
  });
});

test.each([
  [{ lookup: undefined as never }, 'option "lookup" must be a function, got undefined'],
  [{ lookup: () => undefined, secret: Buffer.alloc(3) }, 'option "secret" must have 16 bytes or more, got 3'],
])('options are checked: %j', (options, message) => {
  expect(() => scramSha256(options)).toThrow(message);
});
