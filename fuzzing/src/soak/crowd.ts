/** The hostile crowd as its parent sees it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../dist/soak/crowd-process.js', import.meta.url));

/** A crowd that works until `stop`. */
export interface Crowd {
  /** Connections so far, as of a second ago. */
  opened(): number;
  /** Resolves when all of them have gone. */
  stop(): Promise<void>;
}

/** Starts `size` bad clients. */
export function startCrowd(port: number, size: number, seed: number): Crowd {
  const child = spawn(process.execPath, [program, `${port}`, `${size}`, `${seed}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  let opened = 0;
  createInterface({ input: child.stdout }).on('line', (line) => {
    opened = Number(line);
  });
  return {
    opened: () => opened,
    stop: async () => {
      child.stdin.end();
      await gone;
    },
  };
}
