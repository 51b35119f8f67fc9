/** The fuzzer itself, on subjects with bugs planted in them: each kind is found, made small and repeated. */

import { describe, expect, test } from 'vitest';
import { runCampaign } from './campaign.js';
import { describeInput, type FuzzInput, someInput } from './fuzz-input.js';
import { clientPackets, connect } from './grammar/packets.js';
import { describeFinding } from './report.js';
import type { Subject, Target } from './target.js';

/** A target that sees all bytes of an input at once. */
function planted(run: (bytes: Uint8Array) => string | undefined | Promise<string | undefined>): Target {
  return {
    name: 'planted',
    sender: 'client',
    inputsPerSubject: 20,
    someInput: (random) => someInput(random, { first: connect, later: clientPackets }, 2),
    open: async (): Promise<Subject> => ({
      run: async (input) => run(bytesOf(input)),
      close: async () => undefined,
    }),
  };
}

function bytesOf({ steps }: FuzzInput): Uint8Array {
  return Buffer.concat(steps.map((step) => (step.kind === 'send' ? step.bytes : new Uint8Array(0))));
}

const isOver = (count: number) => count >= 400;

describe('a planted bug', () => {
  test('that one byte triggers is found, and shrinks to that byte', async () => {
    const target = planted((bytes) => (bytes.includes(0xd7) ? 'crash: planted' : undefined));
    const { finding } = await runCampaign(target, { seed: 5, isOver });
    expect(finding?.problem).toBe('crash: planted');
    expect(finding?.inputs.map(bytesOf)).toEqual([Buffer.from([0xd7])]);
  });

  test('that throws is a crash', async () => {
    const target = planted((bytes) => {
      if (bytes.includes(0xd7)) throw new RangeError('planted');
      return undefined;
    });
    const { finding } = await runCampaign(target, { seed: 5, isOver });
    expect(finding?.problem).toMatch(/^crash: RangeError: planted/);
  });

  test('that keeps what it should let go is a leak', async () => {
    const kept: Uint8Array[] = [];
    const target = planted(() => {
      kept.push(new Uint8Array(200_000));
      return undefined;
    });
    const { finding } = await runCampaign(target, { seed: 5, isOver });
    expect(finding?.problem).toMatch(/^leak: the heap grew by \d+ bytes/);
    expect(kept.length).toBeGreaterThan(0);
  });

  test('that needs two inputs is found with both of them', async () => {
    let isPrimed = false;
    const target: Target = {
      ...planted(() => undefined),
      open: async () => {
        isPrimed = false;
        return {
          run: async (input) => {
            const bytes = bytesOf(input);
            if (isPrimed && bytes.includes(0xd7)) return 'hang: planted';
            isPrimed ||= bytes.includes(0xe5);
            return undefined;
          },
          close: async () => undefined,
        };
      },
    };
    const { finding } = await runCampaign(target, { seed: 5, isOver });
    expect(finding?.inputs.map(bytesOf)).toEqual([Buffer.from([0xe5]), Buffer.from([0xd7])]);
  });
});

test('the same seed gives the same inputs, wherever the campaign begins', async () => {
  const heard = async (first: number) => {
    const made: string[] = [];
    const quiet = planted(() => undefined);
    const target: Target = {
      ...quiet,
      someInput: (random) => {
        const input = quiet.someInput(random);
        made.push(describeInput(input, 'client').join('\n'));
        return input;
      },
    };
    await runCampaign(target, { seed: 9, first, isOver: (count) => count >= 40 });
    return made;
  };
  const [all, again, later] = [await heard(0), await heard(0), await heard(20)];
  expect(again).toEqual(all);
  expect(later.slice(0, 20)).toEqual(all.slice(20));
});

test('a finding is told with its bytes, its packets and the command that repeats it', () => {
  const input: FuzzInput = {
    setup: 7,
    steps: [
      {
        kind: 'send',
        connection: 0,
        bytes: Uint8Array.from([0x10, 13, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 0, 0, 1, 0x78]),
      },
      { kind: 'wait', ms: 5 },
      { kind: 'send', connection: 0, bytes: Uint8Array.from([0xc0, 0, 0xc1]) },
      { kind: 'cut', connection: 0 },
    ],
  };
  expect(describeInput(input, 'client')).toEqual([
    'setup 7',
    '#0 100d00044d5154540402000000' + '0178  CONNECT MQTT 3.1.1 "x" clean start, keep alive 0 s',
    'wait 5 ms',
    '#0 c000c1  PINGREQ; …',
    '#0 cut',
  ]);
  const report = describeFinding(
    planted(() => undefined),
    3,
    { problem: 'hang', index: 8, inputs: [input], setup: 1 },
  );
  expect(report).toContain('planted, seed 3, input 8: hang');
  expect(report).toContain('npm run fuzz -- --seed 3 --target planted --input 8');
});
