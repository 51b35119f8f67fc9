/** What can be fuzzed: opens a subject, gives it inputs, and hears what is wrong. */
import type { Sender } from '@petrel/protocol';
import type { SeededRandom } from '@petrel/testing';
import type { FuzzInput } from './fuzz-input.js';

/** Something that must withstand any input. */
export interface Target {
  readonly name: string;
  /** Who the hostile peer is. */
  readonly sender: Sender;
  /** Inputs that one subject takes before it is closed and another is opened. */
  readonly inputsPerSubject: number;
  someInput(random: SeededRandom): FuzzInput;
  /** `setup` decides about the subject's configuration. */
  open(setup: number): Promise<Subject>;
}

/** A running instance. */
export interface Subject {
  /** Does what the input says; resolves with what is wrong then, or undefined. */
  run(input: FuzzInput): Promise<string | undefined>;
  /** Resolves with what is wrong at the end, or undefined. */
  close(): Promise<string | undefined>;
}
