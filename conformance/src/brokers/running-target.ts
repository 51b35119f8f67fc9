/** A broker that the suite itself has started, and what it was set up for. */
import type { Target } from '../server/target.js';

/** A running broker. */
export interface RunningTarget {
  /** With its version, as the report shows it. */
  readonly name: string;
  readonly target: Target;
  stop(): Promise<void>;
}

/** The names that brokers are set up with, where they can be set up at all. */
export const arranged = {
  deniedTopic: 'petrel-conformance/denied',
  refusedUserName: 'refused',
} as const;

/** How long expectations wait for a broker on this machine. */
export const localTimeoutMs = 5000;
