/** Planted bugs: what stands between the broker and everybody else and makes it break a rule, to see whether a checker notices. */
import type { Packet } from '@petrel/protocol';

/** Both functions give back what takes the place of the packet: nothing, itself, another one, or several. */
export interface Tamper {
  /** A packet that the broker is about to get; the history has the true one. */
  arriving?(packet: Packet, client: string): readonly Packet[];
  /** A packet that the broker sends; the history has what this gives back. */
  leaving?(packet: Packet, client: string): readonly Packet[];
}
