/** A bug as a person reads it: what is wrong, the shortest way to it, and how to see it again. */
import type { Finding } from './campaign.js';
import { describeInput } from './fuzz-input.js';
import type { Target } from './target.js';

/** The lines about a finding. */
export function describeFinding({ name, sender }: Target, seed: number, finding: Finding): string {
  const shown = finding.inputs.slice(-5);
  const hidden = finding.inputs.length - shown.length;
  return [
    `${name}, seed ${seed}, input ${finding.index}: ${finding.problem}`,
    ...(hidden > 0 ? [`(${hidden} inputs before these)`] : []),
    ...shown.flatMap((input) => describeInput(input, sender)),
    `subject ${finding.setup}; again: npm run fuzz -- --seed ${seed} --target ${name} --input ${finding.index}`,
    '',
  ].join('\n');
}
