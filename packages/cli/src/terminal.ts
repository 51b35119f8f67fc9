/** What a command sees of the world: two streams of lines, an input, and the wish to stop. Tests bring their own. */
export interface Terminal {
  /** One line of the result. */
  out(line: string): void;
  /** One line about the work itself. */
  err(line: string): void;
  /** Standard input. */
  readonly input: AsyncIterable<Uint8Array | string>;
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
