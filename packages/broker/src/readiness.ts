/** Whether new clients are better sent elsewhere, and why. Looks at no session, so that it may be asked by anybody and often. */
import type { BrokerContext } from './broker-context.js';

/** All codes of `UnreadyReason`. */
export const unreadyCodes = ['no-listener', 'store', 'shedding', 'memory'] as const;

/** Why a broker is not ready. */
export interface UnreadyReason {
  /**
   * `no-listener`: none is open. `store`: it refuses what it would have to own. `shedding`: the broker has fallen behind and drops QoS 0. `memory`:
   * `limits.maximumMemoryBytes` is reached.
   */
  readonly code: (typeof unreadyCodes)[number];
  readonly sentence: string;
}

/** Empty: it is ready. */
export function unreadyReasons(
  { store, load, memory }: BrokerContext,
  hasListener: boolean,
): readonly UnreadyReason[] {
  const reasons: UnreadyReason[] = [];
  if (!hasListener) reasons.push({ code: 'no-listener', sentence: 'no listener is open' });
  if (store.refusal !== undefined)
    reasons.push({
      code: 'store',
      sentence: `the store refuses new messages with 0x${store.refusal.toString(16)}`,
    });
  if (load.isShedding)
    reasons.push({ code: 'shedding', sentence: 'the broker has fallen behind and drops QoS 0 messages' });
  if (memory.isSpent)
    reasons.push({
      code: 'memory',
      sentence: 'limits.maximumMemoryBytes is reached: new sessions are refused',
    });
  return reasons;
}
