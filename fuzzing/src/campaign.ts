/** Inputs after inputs until time, count or a bug ends it. Everything follows from the seed: input n is the same in every run. */
import { SeededRandom, withDeadline } from '@petrel/testing';
import type { FuzzInput } from './fuzz-input.js';
import { heldBytes } from './heap.js';
import { ProcessFaults, stackOf } from './process-faults.js';
import { shrink } from './shrink.js';
import type { Subject, Target } from './target.js';

/** What to do, and how long. */
export interface CampaignOptions {
  readonly seed: number;
  /** The input to begin with; default 0. */
  readonly first?: number;
  /** Ends the campaign between two inputs. */
  readonly isOver: (inputs: number) => boolean;
  readonly onProgress?: (inputs: number) => void;
  /** Attempts to make a failure smaller; default 2,000. */
  readonly shrinkAttempts?: number;
}

/** A bug. */
export interface Finding {
  readonly problem: string;
  /** The number of the input that failed. */
  readonly index: number;
  /** The shortest inputs that fail in the same way; usually one. */
  readonly inputs: readonly FuzzInput[];
  readonly setup: number;
}

/** What a campaign came to. */
export interface CampaignResult {
  readonly inputs: number;
  readonly finding: Finding | undefined;
}

/** Generous: nothing that closes is measured with it. */
const longestCloseMs = 10_000;

/** Milliseconds after which what was found is told as small as it is by then. */
const longestShrinkMs = 60_000;

/** Bytes that the same inputs once more may leave behind: what engines learn, not what programs hold. */
const heapTolerance = 200_000;

/** What engines learn ends; only what grows this many times in a row is a leak. */
const growths = 4;

/** Runs inputs against a target until it is over or one of them fails. */
export async function runCampaign(target: Target, options: CampaignOptions): Promise<CampaignResult> {
  const faults = new ProcessFaults();
  try {
    return await new Campaign(target, options, faults).run();
  } finally {
    faults.uninstall();
  }
}

class Campaign {
  readonly #target: Target;
  readonly #options: CampaignOptions;
  readonly #faults: ProcessFaults;

  constructor(target: Target, options: CampaignOptions, faults: ProcessFaults) {
    this.#target = target;
    this.#options = options;
    this.#faults = faults;
  }

  async run(): Promise<CampaignResult> {
    const { first = 0, isOver, onProgress = () => {} } = this.#options;
    const { inputsPerSubject } = this.#target;
    let count = 0;
    // A subject begins with a number that does not depend on where the campaign began.
    for (let round = Math.floor(first / inputsPerSubject); !isOver(count); round++) {
      const setup = this.#random(round, 'round').integer(0, 0xffff);
      const done: FuzzInput[] = [];
      const subject = await this.#target.open(setup);
      const start = round * inputsPerSubject;
      for (let index = start; index < start + inputsPerSubject && !isOver(count); index++) {
        const input = this.#target.someInput(this.#random(index, 'input'));
        done.push(input);
        count++;
        const problem = await this.#attempt(subject, input);
        if (problem === undefined) continue;
        await this.#close(subject);
        return { inputs: count, finding: await this.#shrunk(problem, index, done, setup) };
      }
      const problem = (await this.#findGrowth(subject, done)) ?? (await this.#close(subject));
      if (problem !== undefined) {
        return { inputs: count, finding: { problem, index: start, inputs: done, setup } };
      }
      onProgress(count);
    }
    return { inputs: count, finding: undefined };
  }

  /** Numbers that depend on the seed, the number of the input and nothing before it. */
  #random(index: number, purpose: 'round' | 'input'): SeededRandom {
    const mixed = new SeededRandom(this.#options.seed ^ Math.imul(index + 1, 0x9e3779b1));
    return new SeededRandom(mixed.integer(0, 0xffffffff) ^ (purpose === 'round' ? 0x5bd1e995 : 0));
  }

  async #attempt(subject: Subject, input: FuzzInput): Promise<string | undefined> {
    let problem: string | undefined;
    try {
      problem = await subject.run(input);
    } catch (error) {
      problem = `crash: ${stackOf(error)}`;
    }
    return this.#faults.take()[0] ?? problem;
  }

  async #close(subject: Subject): Promise<string | undefined> {
    const hang = 'hang: closing does not end';
    const problem = await withDeadline(subject.close(), longestCloseMs, () => hang).catch(stackOf);
    return this.#faults.take()[0] ?? problem;
  }

  /** The same inputs again and again must not leave more behind than before. */
  async #findGrowth(subject: Subject, inputs: readonly FuzzInput[]): Promise<string | undefined> {
    const sample = inputs.slice(-50);
    const twice = [...sample, ...sample];
    let held: number | undefined;
    let grown = 0;
    // A first round warms the engine up; a leak grows with each of those that follow.
    for (let round = 0; round <= growths; round++) {
      for (const input of twice) {
        const problem = await this.#attempt(subject, input);
        if (problem !== undefined) return `on repetition: ${problem}`;
      }
      const now = await heldBytes();
      const growth = now - (held ?? now);
      if (held !== undefined && growth < heapTolerance) return undefined;
      grown += growth;
      held = now;
    }
    return `leak: the heap grew by ${grown} bytes over ${2 * growths} repetitions of ${sample.length} inputs`;
  }

  async #shrunk(problem: string, index: number, done: readonly FuzzInput[], setup: number): Promise<Finding> {
    const kind = kindOf(problem);
    const until = performance.now() + longestShrinkMs;
    const stillFails = async (inputs: readonly FuzzInput[]) => {
      if (performance.now() > until) return false;
      const subject = await this.#target.open(setup);
      let outcome: string | undefined;
      for (const input of inputs) outcome ??= await this.#attempt(subject, input);
      await this.#close(subject);
      return outcome !== undefined && kindOf(outcome) === kind;
    };
    const inputs = await shrink(done, stillFails, this.#options.shrinkAttempts ?? 2_000);
    return { problem, index, inputs, setup };
  }
}

/** What two failures must have in common to be the same: the text without its numbers and without the stack. */
function kindOf(problem: string): string {
  return (problem.split('\n', 1)[0] ?? '').replaceAll(/\d+/g, 'n').slice(0, 60);
}
