/** The errors of the command line itself. */
import { PetrelError, type PetrelErrorCode } from '@petrel/protocol';
import type { Problem } from './configuration/problem.js';
import { problemLine } from './configuration/problem.js';

/** A configuration that no broker starts with; the message has a line for every problem. The operator must act. */
export class ConfigurationError extends PetrelError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super('PETREL_CONFIGURATION_INVALID', problems.map(problemLine).join('\n'));
    this.problems = problems;
  }

  /** Whether all of it stands on the command line, and nothing in a file. */
  get isOfArguments(): boolean {
    return this.problems.every(({ source }) => source.startsWith('--'));
  }
}

/** Every error code of this package, with what it means and who must act. */
export const cliErrorCodes = {
  PETREL_CONFIGURATION_INVALID:
    'The configuration of a broker has a setting that is unknown, wrong or against another one; the message names file, line and rule.',
} as const satisfies Record<PetrelErrorCode, string>;
