/** What a command sees of the world: two streams of lines, a line of status, an input, and the wish to stop. Tests bring their own. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { UsageError } from '@petrel/protocol';

/** The world of one command. */
export interface Terminal {
  /** One line of the result. */
  out(line: string): void;
  /** A piece of the result as it is, without a line end. */
  write(piece: string | Uint8Array): void;
  /** One line about the work itself. */
  err(line: string): void;
  /** How far the work is: the next one replaces it, an empty one takes it away, and where nobody looks nothing is written. */
  status(line: string): void;
  /** Whether the result goes to a terminal, which obeys what is written to it. */
  readonly isShown: boolean;
  /** Standard input. */
  readonly input: AsyncIterable<Uint8Array | string>;
  /** Calls back at every SIGHUP, until the function that comes back is called. */
  onHangup(callback: () => void): () => void;
  /** Asks twice for a line that is not shown while it is typed; the first line of standard input where that is no terminal. */
  readNewSecret(question: string): Promise<string>;
  /** Aborted by Ctrl-C and by SIGTERM, and with the reason `readerHasEnough`. */
  readonly interrupted: AbortSignal;
}

/** Why the work ends when nobody reads the result any more. */
export const readerHasEnough = Symbol('the reader of the result has enough');

/** What of a process a terminal writes to. */
export interface TerminalStreams {
  readonly stdout: Writable & { readonly isTTY?: boolean | undefined };
  readonly stderr: Writable & { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined };
}

/** The terminal of this process. The second Ctrl-C ends it at once. */
export function processTerminal(): Terminal {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort());
  const { stdout, stderr } = process;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A reader that has enough closes the pipe: nothing is left to say, only to leave the broker. A full disk is a failure.
    if (error.code === 'EPIPE') return interruption.abort(readerHasEnough);
    process.stderr.write(`petrel: the result cannot be written: ${error.message}\n`);
    process.exit(1);
  });
  // Whoever does not want to hear of the work still wants it done.
  stderr.on('error', () => {});
  return {
    ...terminalOutput({ stdout, stderr }),
    input: process.stdin,
    onHangup(callback) {
      process.on('SIGHUP', callback);
      return () => void process.off('SIGHUP', callback);
    },
    readNewSecret: (question) => readNewSecret(question),
    interrupted: interruption.signal,
  };
}

const eraseLine = '\r\u001b[2K';

/** The part of a terminal that writes. A status line steps aside for every other line, and comes back below it. */
export function terminalOutput({
  stdout,
  stderr,
}: TerminalStreams): Pick<Terminal, 'out' | 'write' | 'err' | 'status' | 'isShown'> {
  const hasStatus = stderr.isTTY === true && process.env.TERM !== 'dumb';
  let shown = '';
  const show = () => void stderr.write(`${eraseLine}${shown.slice(0, (stderr.columns || 80) - 1)}`);
  const around = (write: () => void) => {
    if (shown === '') return write();
    stderr.write(eraseLine);
    write();
    show();
  };
  return {
    isShown: stdout.isTTY === true,
    // Only a terminal can show both streams in one place.
    out: (line) => (stdout.isTTY ? around : now)(() => void stdout.write(`${line}\n`)),
    write: (piece) => (stdout.isTTY ? around : now)(() => void stdout.write(piece)),
    err: (line) => around(() => void stderr.write(`${line}\n`)),
    status(line) {
      if (!hasStatus || line === shown) return;
      shown = line;
      show();
    },
  };
}

function now(write: () => void): void {
  write();
}

/** Resolves at once when the wish to stop is there, later when it comes. */
export function interruption(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** What the work resolves with; rejects when the wish to stop comes first. */
export async function orInterrupted<T>(
  work: Promise<T>,
  { interrupted }: Pick<Terminal, 'interrupted'>,
): Promise<T> {
  interrupted.throwIfAborted();
  let stop = () => {};
  const stopped = new Promise<never>((_resolve, reject) => {
    stop = () => reject(interrupted.reason as Error);
    interrupted.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    interrupted.removeEventListener('abort', stop);
  }
}

/** Waits; resolves early when the wish to stop comes. */
export function pause(ms: number, { interrupted }: Pick<Terminal, 'interrupted'>): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      interrupted.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    interrupted.addEventListener('abort', end);
    if (interrupted.aborted) end();
  });
}

/** A slip that nobody sees would lock somebody out. */
async function readNewSecret(question: string): Promise<string> {
  const secret = await readSecret(question);
  if (!process.stdin.isTTY) return secret;
  if ((await readSecret('Once more: ')) === secret) return secret;
  throw new UsageError('the two are not the same');
}

async function readSecret(question: string): Promise<string> {
  const { stdin, stderr } = process;
  // What is typed is echoed to a stream that shows nothing.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: nowhere, terminal: stdin.isTTY });
  // Only now: whoever is quick must not see what he types either.
  if (stdin.isTTY) stderr.write(question);
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    lines.close();
    if (stdin.isTTY) stderr.write('\n');
  }
}
