/** What a child process says first. */
import type { ChildProcess } from 'node:child_process';

/** Resolves with so many lines of its standard output; what it says later is not kept. */
export function firstLines(child: ChildProcess, count = 1): Promise<readonly string[]> {
  return new Promise((resolve) => {
    let text = '';
    const onData = (chunk: string): void => {
      text += chunk;
      const lines = text.split('\n');
      if (lines.length <= count) return;
      child.stdout?.off('data', onData).resume();
      resolve(lines.slice(0, count));
    };
    child.stdout?.setEncoding('utf8').on('data', onData);
  });
}
