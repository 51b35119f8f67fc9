/** Time limits: one call of the clock each, and the Message Expiry Interval that says the same to the server. */
import type { Clock } from '@petrel/client';

/** Milliseconds that a clock can hold; a longer limit is no limit. */
const longestTimerMs = 0x7fff_ffff;

/** Calls `expired` after `timeoutMs` unless it is cancelled first; 0 and Infinity are no limit. */
export function startDeadline(clock: Clock, timeoutMs: number, expired: () => void): () => void {
  if (timeoutMs === 0 || timeoutMs > longestTimerMs) return noDeadline;
  return clock.schedule(timeoutMs, expired);
}

function noDeadline(): void {}

/** The limit as a Message Expiry Interval in seconds, rounded up [MQTT-3.3.2-5]; undefined for no limit. */
export function expiryInterval(timeoutMs: number): number | undefined {
  if (timeoutMs === 0 || timeoutMs > longestTimerMs) return undefined;
  return Math.max(1, Math.ceil(timeoutMs / 1000));
}

/** Resolves with whether `work` settled before the limit; never rejects. */
export function settledWithin(clock: Clock, work: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = startDeadline(clock, timeoutMs, () => resolve(false));
    const settled = (): void => {
      cancel();
      resolve(true);
    };
    work.then(settled, settled);
  });
}
