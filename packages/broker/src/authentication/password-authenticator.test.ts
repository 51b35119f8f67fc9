import { describe, expect, test } from 'vitest';
import { request } from './authenticators.suite.js';
import { atATime, passwordAuthenticator } from './password-authenticator.js';
import { hashPassword, parsePasswordHash } from './password-hash.js';
import { parsePasswordTable, withUser, writeScram } from './password-table.js';
import { deriveScramCredentials } from './scram-credentials.js';

/** Cheap: what is tested is not how long a guess takes. */
const cost = { logN: 10, r: 8, p: 1 };

async function tableOf(users: Record<string, string>) {
  const lines = Object.entries(users).map(
    async ([name, password]) => `${name}:${await hashPassword(password, cost)}`,
  );
  return parsePasswordTable((await Promise.all(lines)).join('\n'));
}

describe('passwords', () => {
  test('who is right is the User Name, who is wrong is refused, others are left to the next', async () => {
    const authenticate = passwordAuthenticator(await tableOf({ anna: 'opensesame', bob: 'päß wörd' }));
    expect(await authenticate(request({ userName: 'anna', password: 'opensesame' }))).toMatchObject({
      name: 'anna',
    });
    // Once more, from what is remembered.
    expect(await authenticate(request({ userName: 'anna', password: 'opensesame' }))).toMatchObject({
      name: 'anna',
    });
    expect(await authenticate(request({ userName: 'bob', password: 'päß wörd' }))).toMatchObject({
      name: 'bob',
    });
    expect(await authenticate(request({ userName: 'anna', password: 'opensesam' }))).toBe(false);
    expect(await authenticate(request({ userName: 'anna', password: '' }))).toBe(false);
    expect(await authenticate(request({ userName: 'bob', password: 'opensesame' }))).toBe(false);
    expect(await authenticate(request({ userName: 'carl', password: 'opensesame' }))).toBeUndefined();
    expect(await authenticate(request({ userName: 'anna' }))).toBeUndefined();
    expect(await authenticate(request())).toBeUndefined();
  });

  test('a line whose SCRAM iterations are below those of RFC 7677 is refused when it is read, not at login', async () => {
    const credentials = await deriveScramCredentials('opensesame', { iterations: 4_096 });
    const line = `anna:${await hashPassword('opensesame', cost)}:${writeScram(credentials)}`;
    expect(parsePasswordTable(line).get('anna')?.scram?.iterations).toBe(4_096);
    expect(() => parsePasswordTable(line.replace('i=4096', 'i=4095'))).toThrow('line 1 must have');
  });

  test('names that objects have by themselves are nobody', async () => {
    const authenticate = passwordAuthenticator(await tableOf({ anna: 'x' }));
    for (const userName of ['__proto__', 'constructor', 'toString'])
      expect(await authenticate(request({ userName, password: 'x' }))).toBeUndefined();
  });

  test('a flood is refused with 0x89 in place of growing without end', async () => {
    const authenticate = passwordAuthenticator(await tableOf({ anna: 'x' }));
    const answers = await Promise.all(
      Array.from({ length: 1_100 }, (_, index) =>
        Promise.resolve(authenticate(request({ userName: 'anna', password: `${index}` }))),
      ),
    );
    const busy = answers.filter((answer) => typeof answer === 'object' && 'reasonCode' in answer);
    expect(busy.length).toBe(100 - atATime);
    expect(busy[0]).toEqual({ reasonCode: 0x89 });
    expect(answers.filter((answer) => answer === false).length).toBe(1_000 + atATime);
  }, 60_000);
});

test('a user who does not exist takes the same way as one who does: as many derivations, and as many that are too much', async () => {
  const authenticate = passwordAuthenticator(await tableOf({ anna: 'x' }));
  const ask = (userName: string) => Promise.resolve(authenticate(request({ userName, password: 'guess' })));
  const answers = await Promise.all(Array.from({ length: 1_010 }, () => ask('nobody')));
  expect(answers.filter((answer) => answer === undefined).length).toBe(1_000 + atATime);
  expect(answers.slice(1_000 + atATime)).toEqual(
    Array.from({ length: 10 - atATime }, () => ({ reasonCode: 0x89 })),
  );
}, 60_000);

describe('a hash', () => {
  test('has a salt of its own, and is read back', async () => {
    const [one, other] = [await hashPassword('same', cost), await hashPassword('same', cost)];
    expect(one).not.toBe(other);
    expect(parsePasswordHash(one)).toMatchObject({ cost });
    await expect(hashPassword('')).rejects.toThrow('must not be empty');
  });

  test.each([
    ['plain'],
    ['$scrypt$ln=5,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA'],
    ['$scrypt$ln=30,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA'],
    ['$scrypt$ln=14,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$'],
    ['$2b$10$abcdefghijklmnopqrstuv'],
  ])('that is none, or costs too little or too much, is not taken: %s', (text) => {
    expect(parsePasswordHash(text)).toBeUndefined();
  });
});

describe('a table', () => {
  test('has comments, and SCRAM credentials for those that have them', async () => {
    const credentials = await deriveScramCredentials('x', { iterations: 4_096 });
    const hash = await hashPassword('x', cost);
    const table = parsePasswordTable(`# users\n\nanna:${hash}:${writeScram(credentials)}\r\nbob:${hash}\n`);
    expect([...table.keys()]).toEqual(['anna', 'bob']);
    expect(table.get('anna')?.scram).toEqual({
      iterations: 4_096,
      salt: Buffer.from(credentials.salt),
      storedKey: Buffer.from(credentials.storedKey),
      serverKey: Buffer.from(credentials.serverKey),
    });
    expect(table.get('bob')?.scram).toBeUndefined();
  });

  test('33 that is damaged is refused as a whole, without a word of what is in it (CVE-2018-12551)', async () => {
    const hash = await hashPassword('x', cost);
    for (const [text, message] of [
      [`anna:${hash}\nbob:secret`, 'line 2 must be name:$scrypt$'],
      ['anna', 'line 1 must be'],
      [`:${hash}`, 'line 1: a user name must not be empty'],
      [`anna:${hash}\nanna:${hash}`, 'line 2 has the user "anna" once more'],
      [`anna:${hash}:$scram-sha-256$i=1$a$b$c`, 'line 1 must have $scram-sha-256$'],
      [`anna:${hash}::`, 'line 1 must be'],
    ] as const) {
      const read = () => parsePasswordTable(text);
      expect(read).toThrow(message);
      expect(read).not.toThrow('secret');
    }
  });

  test('changes one line and leaves the others', () => {
    const text = '# users\nanna:1\nbob:2\n';
    expect(withUser(text, 'anna', 'anna:3')).toBe('# users\nanna:3\nbob:2\n');
    expect(withUser(text, 'carl', 'carl:4')).toBe('# users\nanna:1\nbob:2\ncarl:4\n');
    expect(withUser(text, 'bob', undefined)).toBe('# users\nanna:1\n');
    expect(withUser('', 'anna', 'anna:1')).toBe('anna:1\n');
  });
});
