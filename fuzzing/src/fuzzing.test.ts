/** A bounded run of every target; long ones are `npm run fuzz -- --seed N --minutes M`. */
import { describe, expect, test } from 'vitest';
import { runCampaign } from './campaign.js';
import { describeFinding } from './report.js';
import { targets } from './targets/index.js';

describe.each(targets)('$name withstands', (target) => {
  test.each([1, 2])(
    '200 inputs of seed %i: no crash, hang, unhandled rejection, leak or silence',
    async (seed) => {
      const { inputs, finding } = await runCampaign(target, { seed, isOver: (count) => count >= 200 });
      const report = finding === undefined ? '' : describeFinding(target, seed, finding);
      expect(report).toBe('');
      expect(inputs).toBe(200);
    },
    120_000,
  );
});
