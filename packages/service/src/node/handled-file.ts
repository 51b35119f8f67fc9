/**
 * Ids of handled messages in a file, so that a restart does not forget them: one line each, appended and synced before the promise
 * resolves. Lines that came meanwhile share one sync. What a crash left unfinished at the end is no id.
 */
import { type FileHandle, open, readFile, rename } from 'node:fs/promises';
import type { HandledMessages } from '../deduplication.js';

/** Settings of the file. */
export interface HandledFileOptions {
  /** Milliseconds since 1970; ids are forgotten by it, also after a restart. Default `Date.now`. */
  readonly now?: () => number;
}

/** Lines that may be out of date before the file is written anew, beside as many as are in date. */
const slack = 1000;

/** Opens the file, or makes it; rejects with the error of the file system. One process at a time. */
export async function openHandledFile(
  path: string,
  { now = Date.now }: HandledFileOptions = {},
): Promise<HandledFile> {
  const ids = new Map<string, number>();
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  for (const [id, until] of linesOf(text)) if (until > now()) ids.set(id, until);
  return new HandledFile(path, ids, now, await rewrite(path, ids));
}

/** A store for `deduplicate`, in a file. Made by `openHandledFile`. */
export class HandledFile implements HandledMessages {
  readonly #path: string;
  readonly #ids: Map<string, number>;
  readonly #now: () => number;
  #handle: FileHandle;
  #lines: number;
  #unwritten: string[] = [];
  #writing: Promise<void> = Promise.resolve();
  /** The write that takes what is unwritten now. */
  #next: Promise<void> | undefined;

  /** Use `openHandledFile`. */
  constructor(path: string, ids: Map<string, number>, now: () => number, handle: FileHandle) {
    this.#path = path;
    this.#ids = ids;
    this.#now = now;
    this.#handle = handle;
    this.#lines = ids.size;
  }

  has(id: string): boolean {
    const until = this.#ids.get(id);
    return until !== undefined && until > this.#now();
  }

  /** Resolves once the id is on the disk; rejects with the error of the file system. */
  add(id: string, windowMs: number): Promise<void> {
    const until = Math.ceil(this.#now() + windowMs);
    this.#ids.delete(id);
    this.#ids.set(id, until);
    this.#unwritten.push(lineOf(id, until));
    this.#next ??= this.#write();
    return this.#next;
  }

  /** Resolves once all is on the disk and the file is closed. */
  async close(): Promise<void> {
    await this.#next?.catch(() => undefined);
    await this.#writing.catch(() => undefined);
    await this.#handle.close();
  }

  async #write(): Promise<void> {
    // The one before has to end first; what comes until then is written together.
    await this.#writing.catch(() => undefined);
    const lines = this.#unwritten;
    this.#unwritten = [];
    this.#next = undefined;
    this.#writing = this.#append(lines);
    await this.#writing;
  }

  async #append(lines: readonly string[]): Promise<void> {
    this.#forget();
    this.#lines += lines.length;
    if (this.#lines > this.#ids.size * 2 + slack) {
      // The ids are in the map already, so they are in the new file.
      await this.#handle.close();
      this.#handle = await rewrite(this.#path, this.#ids);
      this.#lines = this.#ids.size;
      return;
    }
    await this.#handle.appendFile(lines.join(''));
    await this.#handle.datasync();
  }

  /** The oldest first; one with a longer window keeps those behind it a little longer. */
  #forget(): void {
    for (const [id, until] of this.#ids) {
      if (until > this.#now()) return;
      this.#ids.delete(id);
    }
  }
}

/** Writes the file anew beside the old one and puts it in its place. */
async function rewrite(path: string, ids: ReadonlyMap<string, number>): Promise<FileHandle> {
  const fresh = `${path}.new`;
  const handle = await open(fresh, 'w');
  await handle.appendFile([...ids].map(([id, until]) => lineOf(id, until)).join(''));
  await handle.datasync();
  await rename(fresh, path);
  return handle;
}

function lineOf(id: string, until: number): string {
  return `${until} ${JSON.stringify(id)}\n`;
}

function* linesOf(text: string): Iterable<[string, number]> {
  const lines = text.split('\n');
  // Behind the last line end is nothing, or a line that a crash cut off.
  for (const line of lines.slice(0, -1)) {
    const space = line.indexOf(' ');
    const until = Number(line.slice(0, space));
    const id = parsed(line.slice(space + 1));
    if (id !== undefined && Number.isFinite(until)) yield [id, until];
  }
}

function parsed(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
