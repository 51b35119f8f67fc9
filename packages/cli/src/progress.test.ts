/** How far long work is: on a terminal only, and never in the way of the result. */
import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { Progress } from './progress.js';
import { terminalOutput } from './terminal.js';

/** A stream that remembers, into one list with the others. */
function stream(name: string, written: string[], isTTY: boolean, columns?: number) {
  const sink = new Writable({
    write(chunk, _encoding, done) {
      written.push(`${name}:${String(chunk)}`);
      done();
    },
  });
  return Object.assign(sink, { isTTY, columns });
}

function output(stdoutIsTTY: boolean, stderrIsTTY: boolean, columns?: number) {
  const written: string[] = [];
  const stdout = stream('out', written, stdoutIsTTY);
  const stderr = stream('err', written, stderrIsTTY, columns);
  return { written, ...terminalOutput({ stdout, stderr }) };
}

const erase = 'err:\r\u001b[2K';

describe('the line of status', () => {
  test('is written nowhere but to a terminal', () => {
    const { status, out, err, write, written } = output(false, false);
    status('half');
    out('result');
    write('piece');
    err('trouble');
    status('');
    expect(written).toEqual(['out:result\n', 'out:piece', 'err:trouble\n']);
  });

  test('steps aside for what is said about the work, and comes back below it', () => {
    const { status, err, written } = output(false, true);
    status('half');
    err('trouble');
    status('all');
    status('');
    expect(written).toEqual([`${erase}half`, erase, 'err:trouble\n', `${erase}half`, `${erase}all`, erase]);
  });

  test('steps aside for a result on the same terminal, and lets one alone that goes elsewhere', () => {
    const both = output(true, true);
    both.status('half');
    both.out('result');
    expect(both.written).toEqual([`${erase}half`, erase, 'out:result\n', `${erase}half`]);
    const piped = output(false, true);
    piped.status('half');
    piped.out('result');
    expect(piped.written).toEqual([`${erase}half`, 'out:result\n']);
  });

  test('is cut to the width of the terminal, and not written twice', () => {
    const { status, written } = output(true, true, 6);
    status('0123456789');
    status('0123456789');
    expect(written).toEqual([`${erase}01234`]);
  });
});

describe('Progress', () => {
  function watched(total?: number) {
    const lines: string[] = [];
    let now = 0;
    const progress = new Progress({ status: (line) => lines.push(line) }, 'messages', {
      now: () => now,
      ...(total !== undefined && { total }),
    });
    return { lines, progress, after: (ms: number) => (now += ms) };
  }

  test('says nothing of short work, and not everything of long work', () => {
    const { lines, progress, after } = watched();
    progress.add(1);
    after(499);
    progress.add(99);
    expect(lines).toEqual([]);
    after(1);
    progress.add(900);
    progress.add(1);
    after(200);
    progress.at(3_500);
    progress.end();
    expect(lines).toEqual(['1,000 messages, 2,000 per second', '3,500 messages, 5,000 per second', '']);
  });

  test('says how much of all there is', () => {
    const { lines, progress, after } = watched(2_000);
    after(1_000);
    progress.at(500);
    expect(lines).toEqual(['25 %: 500 of 2,000 messages, 500 per second']);
  });
});
