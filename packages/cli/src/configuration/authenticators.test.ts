/** What authenticators are made of, as far as an attacker could tell from outside. */

import { createHash, createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AuthenticationMethod,
  deriveScramCredentials,
  hashPassword,
  parsePasswordTable,
  writeScram,
} from '@petrel/broker';
import { expect, test } from 'vitest';
import { toAuthentication } from './authenticators.js';
import { NamedFiles } from './named-files.js';

async function saltOf(
  method: AuthenticationMethod | undefined,
  userName: string,
): Promise<string | undefined> {
  const request = {
    clientIdentifier: 'c',
    userName: undefined,
    password: undefined,
    protocolVersion: 5,
    transport: 'tcp',
    remoteAddress: undefined,
    peerCertificate: undefined,
  } as const;
  const step = await method?.begin(request).next(Buffer.from(`n,,n=${userName},r=nonce`));
  return /s=([^,]+)/.exec(Buffer.from((step as { data: Uint8Array }).data).toString())?.[1];
}

test('a user of SCRAM cannot work out the salts of those who do not exist, from what he can derive himself', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'petrel-authenticators-'));
  try {
    const own = await deriveScramCredentials('opensesame', { iterations: 4_096 });
    const text = `anna:${await hashPassword('opensesame', { logN: 10, r: 8, p: 1 })}:${writeScram(own)}\n`;
    expect(parsePasswordTable(text).size).toBe(1);
    await writeFile(join(folder, 'passwords'), text);
    const make = async () => {
      const problems: string[] = [];
      const report = (_path: unknown, message: string) => void problems.push(message);
      const files = new NamedFiles(folder, report);
      const { methods } = await toAuthentication([{ type: 'scram', file: 'passwords' }], files, report);
      expect(problems).toEqual([]);
      return methods[0];
    };
    const invented = await saltOf(await make(), 'nobody');
    const secret = createHash('sha256').update('salts of nobody').update(own.serverKey).digest();
    const guessed = createHmac('sha256', secret).update('salt of nobody').digest().subarray(0, 16);
    expect(invented).not.toBe(guessed.toString('base64'));
    // The same after a restart.
    expect(await saltOf(await make(), 'nobody')).toBe(invented);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
