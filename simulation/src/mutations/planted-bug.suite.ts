/** What the tests of the checkers share: a bug is planted, and somebody has to notice. */
import type { Packet, PublishPacket } from '@petrel/protocol';
import { expect } from 'vitest';
import { judge } from '../checkers/index.js';
import { generateSteps } from '../generate-steps.js';
import { run } from '../run.js';
import type { Tamper } from '../tamper.js';

const seeds = 80;

/** Plants the bug in one run after the other, until the checker finds it; fails when it never does. */
export async function expectCaught(checker: string, plant: () => Tamper): Promise<void> {
  for (let seed = 0; seed < seeds; seed++) {
    const findings = judge(await run(generateSteps(seed, 60), plant()));
    if (findings.some((finding) => finding.checker === checker)) return;
  }
  expect.fail(`${seeds} seeds did not show the planted bug to the checker "${checker}"`);
}

/** Changes PUBLISH packets and leaves all others as they are. */
export function onPublish(
  change: (packet: PublishPacket, client: string) => readonly Packet[],
): (packet: Packet, client: string) => readonly Packet[] {
  return (packet, client) => (packet.type === 'publish' ? change(packet, client) : [packet]);
}
