/** Eclipse Mosquitto, as installed: one process without limits, one with those that it can announce. */
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startMosquitto } from '@petrel/testing';
import { arranged, localTimeoutMs, type RunningTarget } from './running-target.js';

/** Starts both on free loopback ports. */
export async function startMosquittoTarget(): Promise<RunningTarget> {
  const folder = await mkdtemp(join(tmpdir(), 'petrel-conformance-'));
  const [accessFile, passwordFile] = [join(folder, 'access'), join(folder, 'passwords')];
  // The order counts: the first line that matches decides.
  await writeFile(
    accessFile,
    `topic deny ${arranged.deniedTopic}\ntopic readwrite #\ntopic readwrite $conformance/#\ntopic read $SYS/#\n`,
  );
  await writeFile(
    passwordFile,
    `${arranged.refusedUserName}:${passwordHash('a password that nobody is told')}\n`,
  );
  const limitedPort = await freePort();
  const broker = await startMosquitto({ config: `acl_file ${accessFile}\npassword_file ${passwordFile}` });
  const limited = await startMosquitto({
    config: `retain_available false\nlistener ${limitedPort} 127.0.0.1\nmax_qos 0`,
  });
  const { output } = broker.process;
  return {
    name: `Mosquitto ${/mosquitto version (\S+)/.exec(output)?.[1] ?? 'of unknown version'}`,
    target: {
      url: new URL(broker.url),
      webSocketUrl: new URL(broker.webSocketUrl),
      limitedUrl: new URL(`mqtt://127.0.0.1:${limitedPort}`),
      ...arranged,
      timeoutMs: localTimeoutMs,
    },
    async stop() {
      await Promise.all([broker.stop(), limited.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A line of Mosquitto's password file: PBKDF2 with SHA-512. */
function passwordHash(password: string): string {
  const iterations = 101;
  const salt = randomBytes(12);
  const hash = pbkdf2Sync(password, salt, iterations, 64, 'sha512');
  return `$7$${iterations}$${salt.toString('base64')}$${hash.toString('base64')}`;
}
