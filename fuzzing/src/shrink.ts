/** Makes a failing input small: fewer inputs, fewer steps, fewer bytes, as long as it still fails. */
import type { FuzzInput, Step } from './fuzz-input.js';

/** Tells whether these inputs, in this order on a new subject, still fail. */
export type StillFails = (inputs: readonly FuzzInput[]) => Promise<boolean>;

/** The shortest failing inputs that `attempts` attempts can find. */
export async function shrink(
  inputs: readonly FuzzInput[],
  stillFails: StillFails,
  attempts: number,
): Promise<readonly FuzzInput[]> {
  let left = attempts;
  const test = async (candidate: readonly FuzzInput[]) => left-- > 0 && (await stillFails(candidate));
  const last = inputs.slice(-1);
  let best = await without((await test(last)) ? last : inputs, (kept) => test(kept));
  for (let index = 0; index < best.length; index++) {
    const replace = (input: FuzzInput) => best.with(index, input);
    const input = best[index] as FuzzInput;
    const steps = await without(input.steps, (kept) => test(replace({ ...input, steps: kept })));
    best = replace({ ...input, steps });
    for (let at = 0; at < steps.length; at++) best = await shrinkBytes(best, index, at, test);
  }
  return best;
}

/** Takes away ever smaller parts, as far as what is left still fails (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002). */
async function without<T>(
  all: readonly T[],
  stillFails: (kept: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let kept = all;
  for (let size = kept.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at + size <= kept.length && kept.length > 1; ) {
      const fewer = kept.toSpliced(at, size);
      if (fewer.length > 0 && (await stillFails(fewer))) kept = fewer;
      else at += size;
    }
  }
  return kept;
}

async function shrinkBytes(
  inputs: readonly FuzzInput[],
  index: number,
  at: number,
  stillFails: StillFails,
): Promise<readonly FuzzInput[]> {
  const input = inputs[index] as FuzzInput;
  const step = input.steps[at] as Step;
  if (step.kind !== 'send' || step.bytes.length > 2_000) return inputs;
  const replace = (bytes: ArrayLike<number>) =>
    inputs.with(index, { ...input, steps: input.steps.with(at, { ...step, bytes: Uint8Array.from(bytes) }) });
  return replace(await without([...step.bytes], (bytes) => stillFails(replace(bytes))));
}
