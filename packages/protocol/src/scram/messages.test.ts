import { describe, expect, test } from 'vitest';
import { AuthenticationError } from '../errors.js';
import * as scram from './index.js';

const clientFirst = 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO';
const serverFirst = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';
const clientFinal =
  'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=';
const serverFinal = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';

describe('the messages of RFC 7677 section 3', () => {
  test('are read, and written again as they were', () => {
    const first = scram.readClientFirst(clientFirst);
    expect(first).toEqual({
      gs2Header: 'n,,',
      bare: 'n=user,r=rOprNGfwEbeRWgbNEkqO',
      userName: 'user',
      authorizationIdentity: undefined,
      nonce: 'rOprNGfwEbeRWgbNEkqO',
    });
    expect(scram.writeClientFirst('user', first.nonce)).toEqual({ gs2Header: 'n,,', bare: first.bare });
    const challenge = scram.readServerFirst(serverFirst);
    expect(challenge).toMatchObject({ iterations: 4096 });
    expect(challenge.salt).toHaveLength(16);
    expect(scram.writeServerFirst(challenge)).toBe(serverFirst);
    const final = scram.readClientFinal(clientFinal);
    expect(scram.writeClientFinalWithoutProof('n,,', final.nonce)).toBe(final.withoutProof);
    expect(scram.writeClientFinal(final.withoutProof, final.proof)).toBe(clientFinal);
    expect(scram.writeServerFinal(scram.readServerFinal(serverFinal))).toBe(serverFinal);
  });
});

test('commas and equals signs in names are escaped and come back', () => {
  const { gs2Header, bare } = scram.writeClientFirst('a=b,c=2C', 'nonce');
  expect(bare).toBe('n=a=3Db=2Cc=3D2C,r=nonce');
  expect(scram.readClientFirst(gs2Header + bare).userName).toBe('a=b,c=2C');
});

test('the client may say that it thinks the server has no channel binding, and as whom it wants to act', () => {
  expect(scram.readClientFirst('y,a=an=2Cna,n=user,r=x,z=later')).toMatchObject({
    gs2Header: 'y,a=an=2Cna,',
    authorizationIdentity: 'an,na',
  });
});

test.each([
  ['channel binding', 'p=tls-unique,,n=user,r=x'],
  ['no header', 'n=user,r=x'],
  ['nothing', ''],
  ['a mandatory extension', 'n,,m=x,n=user,r=x'],
  ['an empty name', 'n,,n=,r=x'],
  ['a name with a bad escape', 'n,,n=a=3d,r=x'],
  ['no nonce', 'n,,n=user'],
  ['a nonce with a space', 'n,,n=user,r=a b'],
  ['fields in another order', 'n,,r=x,n=user'],
  ['an identity without its name', 'n,anna,n=user,r=x'],
  ['an extension without a name', 'n,,n=user,r=x,'],
])('a first message of a client with %s is refused', (_, text) => {
  expect(() => scram.readClientFirst(text)).toThrow(AuthenticationError);
});

test.each([
  ['no iterations', 'r=x,s=AAAA,i=0'],
  ['iterations that are no number', 'r=x,s=AAAA,i=4096x'],
  ['more iterations than fit', 'r=x,s=AAAA,i=9999999999'],
  ['a salt that is no base64', 'r=x,s=A,i=4096'],
  ['an empty salt', 'r=x,s=,i=4096'],
  ['a mandatory extension', 'm=x,r=x,s=AAAA,i=4096'],
])('a first message of a server with %s is refused', (_, text) => {
  expect(() => scram.readServerFirst(text)).toThrow(AuthenticationError);
});

test.each([
  ['no proof', 'c=biws,r=x'],
  ['an empty proof', 'c=biws,r=x,p='],
  ['a proof in front', 'p=AAAA,c=biws,r=x'],
  ['padding bits that are not zero', 'c=biws,r=x,p=AB=='],
])('a final message of a client with %s is refused', (_, text) => {
  expect(() => scram.readClientFinal(text)).toThrow(AuthenticationError);
});

test.each(['e=invalid-proof', 'v=', '', 'm=x,v=AAAA'])(
  'a final message "%s" of a server is refused',
  (text) => {
    expect(() => scram.readServerFinal(text)).toThrow(AuthenticationError);
  },
);

test('a message is bounded and well-formed UTF-8', () => {
  expect(scram.decodeMessage(new Uint8Array(4096))).toHaveLength(4096);
  expect(() => scram.decodeMessage(new Uint8Array(4097))).toThrow('4097 bytes');
  expect(() => scram.decodeMessage(Uint8Array.of(0xff))).toThrow('UTF-8');
  expect(() => scram.decodeMessage(undefined)).toThrow('no message');
});

test('an error never shows what the peer sent', () => {
  const messages = ['n,,n=geheim=3d,r=x', 'p=geheim,,n=u,r=x', 'n,,n=geheim,q=x'].map((text) => {
    try {
      scram.readClientFirst(text);
      return 'geheim: not refused';
    } catch (error) {
      return (error as Error).message;
    }
  });
  expect(messages.join()).not.toContain('geheim');
});

describe('SASLprep', () => {
  // The examples of RFC 4013 section 3, and one each of what else is done.
  test.each([
    ['I\u00adX', 'IX'],
    ['user', 'user'],
    ['USER', 'USER'],
    ['\u00aa', 'a'],
    ['\u2168', 'IX'],
    ['a\u00a0b', 'a b'],
    ['e\u0301', '\u00e9'],
  ])('prepares %j as %j', (text, prepared) => {
    expect(scram.prepareText(text, 'password')).toBe(prepared);
  });

  test.each(['\u0007', 'a\u0000', '\ue000', '\ud800', '\u{e0001}', 'a\u200ea'])('prohibits %j', (text) => {
    expect(() => scram.prepareText(text, 'password')).toThrow(
      'password has a character that SASLprep prohibits (RFC 4013 section 2.3)',
    );
  });
});
