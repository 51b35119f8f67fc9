/** What the tests of commands share: a terminal that remembers, and that can be waited for. */
import { Readable } from 'node:stream';
import { run } from './run.js';
import type { Terminal } from './terminal.js';

/** Standard input, the lines that came, and ways to wait and to interrupt. */
export function terminal(
  input: string | Uint8Array | AsyncIterable<Uint8Array> = '',
  { isShown = false }: { readonly isShown?: boolean } = {},
) {
  const interruption = new AbortController();
  const lines = { out: [] as string[], err: [] as string[], status: [] as string[] };
  const pieces: Uint8Array[] = [];
  const watchers = new Set<() => void>();
  const hangups = new Set<() => void>();
  const write = (to: string[]) => (line: string) => {
    to.push(line);
    for (const watch of watchers) watch();
  };
  const given: Terminal = {
    out: write(lines.out),
    write(piece) {
      pieces.push(Buffer.from(piece));
      for (const watch of watchers) watch();
    },
    err: write(lines.err),
    status: write(lines.status),
    isShown,
    input: typeof input === 'string' || input instanceof Uint8Array ? Readable.from([input]) : input,
    onHangup(callback) {
      hangups.add(callback);
      return () => void hangups.delete(callback);
    },
    readNewSecret: async () => String(input).split('\n', 1)[0] ?? '',
    interrupted: interruption.signal,
  };
  return {
    lines,
    /** What was written without line ends. */
    written: () => Buffer.concat(pieces),
    interrupt: () => interruption.abort(),
    hangup: () => {
      for (const callback of hangups) callback();
    },
    until: (found: () => boolean) =>
      new Promise<void>((resolve) => {
        const watch = () => {
          if (!found()) return;
          watchers.delete(watch);
          resolve();
        };
        watchers.add(watch);
        watch();
      }),
    terminal: given,
  };
}

/** Runs a command to its end. */
export async function petrel(args: readonly string[], input?: string | Uint8Array) {
  const { terminal: given, lines } = terminal(input);
  return { code: await run(args, given), out: lines.out.join('\n'), err: lines.err.join('\n') };
}
