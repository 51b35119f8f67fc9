import { AuthenticationError } from '@petrel/protocol';
import { describe, expect, test } from 'vitest';
import { ScramExchange, scramSha256 } from './scram-sha-256.js';

const options = { userName: 'user', password: 'pencil', maximumIterations: 10_000 };
const nonce = 'rOprNGfwEbeRWgbNEkqO';
const serverFirst = `r=${nonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`;
const serverFinal = Buffer.from('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');

/** The exchange of the RFC, after the client's proof. */
async function proved(): Promise<ScramExchange> {
  const exchange = new ScramExchange(options, nonce);
  await exchange.answer(Buffer.from(serverFirst));
  return exchange;
}

describe('the exchange of RFC 7677 section 3', () => {
  test('goes word for word', async () => {
    const exchange = new ScramExchange(options, nonce);
    expect(Buffer.from(exchange.first()).toString()).toBe(`n,,n=user,r=${nonce}`);
    const final = await exchange.answer(Buffer.from(serverFirst));
    expect(Buffer.from(final ?? []).toString()).toBe(
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    );
    exchange.complete(serverFinal);
  });

  test('may bring the proof of the server before the end', async () => {
    const exchange = await proved();
    expect(await exchange.answer(serverFinal)).toBeUndefined();
    exchange.complete(undefined);
  });
});

describe('a server', () => {
  test.each([
    ['no proof at all', undefined],
    ['another proof', Buffer.from('v=AAriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')],
    ['a proof that is too short', Buffer.from('v=6rri')],
    ['an error', Buffer.from('e=other-error')],
  ])('with %s is not trusted', async (_, data) => {
    const exchange = await proved();
    expect(() => exchange.complete(data)).toThrow(AuthenticationError);
  });

  test('that accepts before anything was proved is not trusted', () => {
    expect(() => new ScramExchange(options, nonce).complete(undefined)).toThrow(AuthenticationError);
    expect(() => new ScramExchange(options, nonce).complete(serverFinal)).toThrow(AuthenticationError);
  });

  test.each([
    ['another nonce', 'r=another,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096', 'nonce'],
    ["the client's nonce and none of its own", `r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`, 'nonce'],
    ['too few iterations', serverFirst.replace('4096', '4095'), '4095 iterations'],
    ['more iterations than allowed', serverFirst.replace('4096', '10001'), '10001 iterations'],
    ['rubbish', 'rubbish', 'lacks a field'],
    ['a message that is too long', `${serverFirst},x=${'y'.repeat(4096)}`, 'bytes'],
  ])('with %s gets no proof', async (_, challenge, message) => {
    await expect(new ScramExchange(options, nonce).answer(Buffer.from(challenge))).rejects.toThrow(message);
  });
});

test('every exchange has a nonce of its own', () => {
  const method = scramSha256({ userName: 'user', password: 'pencil' });
  const [one, two] = [method.begin().first(), method.begin().first()];
  expect(one).not.toEqual(two);
});

test.each([
  [{ userName: '', password: 'x' }, 'option "userName" must be a string that is not empty'],
  [{ userName: 'x', password: '\u0007' }, 'option "password" has a character that SASLprep prohibits'],
  [
    { userName: 'x', password: 'x', maximumIterations: 1 },
    'option "maximumIterations" must be at least 4096',
  ],
])('options are checked: %j', (given, message) => {
  expect(() => scramSha256(given)).toThrow(message);
});
