/**
 * One process per data folder. The lock is a file that names its owner; that of a process which is gone, killed or not, is taken over. Who
 * uses one folder from several machines has to know himself whether the owner is gone: the error names it.
 */
import { constants, readFileSync } from 'node:fs';
import { open, readFile, realpath, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DataFolderError } from '../../errors.js';

interface Owner {
  readonly pid: number;
  readonly host: string;
  /** Tells a process from a later one with the same number; empty where the system does not say. */
  readonly startedAt: string;
}

/** Folders of this process, which its own process number cannot tell apart. */
const heldHere = new Set<string>();

/** Name of the file. */
export const lockName = 'lock';

/** The lock of one folder. */
export class FolderLock {
  readonly #path: string;
  #held: string | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Rejects with DataFolderError where somebody else has it. */
  async take(): Promise<void> {
    const real = await realpath(this.#path);
    if (heldHere.has(real)) throw this.#locked('this process');
    const own: Owner = { pid: process.pid, host: hostname(), startedAt: startOf(process.pid) };
    for (;;) {
      if (await this.#create(own)) break;
      const text = await this.#read();
      if (text === undefined) continue;
      const owner = parse(text);
      if (owner !== undefined && isAlive(owner)) throw this.#locked(`process ${owner.pid} on ${owner.host}`);
      await this.#takeAway(text);
    }
    heldHere.add(real);
    this.#held = real;
  }

  async release(): Promise<void> {
    if (this.#held === undefined) return;
    await rm(join(this.#path, lockName), { force: true });
    heldHere.delete(this.#held);
    this.#held = undefined;
  }

  async #create(owner: Owner): Promise<boolean> {
    const name = join(this.#path, lockName);
    try {
      const file = await open(name, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
      await file.writeFile(JSON.stringify(owner));
      await file.close();
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  }

  async #read(): Promise<string | undefined> {
    try {
      return await readFile(join(this.#path, lockName), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Moves the lock of a dead owner away. If it is another one by now, somebody was faster, and gets it back. */
  async #takeAway(text: string): Promise<void> {
    const stale = join(this.#path, `${lockName}.${process.pid}.new`);
    try {
      await rename(join(this.#path, lockName), stale);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    if ((await readFile(stale, 'utf8')) === text) await rm(stale, { force: true });
    else await rename(stale, join(this.#path, lockName));
  }

  #locked(by: string): DataFolderError {
    return new DataFolderError('PETREL_STORE_LOCKED', `${this.#path} is in use by ${by}`);
  }
}

function parse(text: string): Owner | undefined {
  try {
    const { pid, host, startedAt } = JSON.parse(text) as Partial<Owner>;
    if (typeof pid === 'number' && typeof host === 'string' && typeof startedAt === 'string')
      return { pid, host, startedAt };
  } catch {
    // Its owner was killed while it wrote.
  }
  return undefined;
}

function isAlive({ pid, host, startedAt }: Owner): boolean {
  // What runs elsewhere cannot be asked.
  if (host !== hostname()) return true;
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const start = startOf(pid);
  return start === '' || startedAt === '' || start === startedAt;
}

/** When a process was started, in the clock ticks of Linux; `dead` for one that only its parent still knows. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program may hold blanks and brackets; what is behind it holds neither.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'dead' : (fields[19] ?? '');
  } catch {
    return '';
  }
}
