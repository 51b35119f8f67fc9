/** What a command sees of the world: two streams of lines, an input, and the wish to stop. Tests bring their own. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { UsageError } from '@petrel/protocol';

/** The world of one command. */
export interface Terminal {
  /** One line of the result. */
  out(line: string): void;
  /** One line about the work itself. */
  err(line: string): void;
  /** Standard input. */
  readonly input: AsyncIterable<Uint8Array | string>;
  /** Calls back at every SIGHUP, until the function that comes back is called. */
  onHangup(callback: () => void): () => void;
  /** Asks twice for a line that is not shown while it is typed; the first line of standard input where that is no terminal. */
  readNewSecret(question: string): Promise<string>;
  /** Aborted by Ctrl-C and by SIGTERM. */
  readonly interrupted: AbortSignal;
}

/** The terminal of this process. The second Ctrl-C ends it at once. */
export function processTerminal(): Terminal {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort());
  // A reader that has enough closes the pipe: nothing is left to say.
  process.stdout.on('error', () => process.exit(0));
  return {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    input: process.stdin,
    onHangup(callback) {
      process.on('SIGHUP', callback);
      return () => void process.off('SIGHUP', callback);
    },
    readNewSecret: (question) => readNewSecret(question),
    interrupted: interruption.signal,
  };
}

/** Resolves at once when the wish to stop is there, later when it comes. */
export function interruption(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
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
