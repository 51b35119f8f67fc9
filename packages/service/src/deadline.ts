/** Time limits: one timer, one signal, and the Message Expiry Interval that says the same to the server. */

/** Milliseconds that setTimeout can hold; a longer limit is no limit. */
const longestTimerMs = 0x7fff_ffff;

/** Calls `expired` after `timeoutMs` unless it is cancelled first; 0 and Infinity are no limit. */
export function startDeadline(timeoutMs: number, expired: () => void): () => void {
  if (timeoutMs === 0 || timeoutMs > longestTimerMs) return noDeadline;
  const timer = setTimeout(expired, timeoutMs);
  return () => clearTimeout(timer);
}

function noDeadline(): void {}

/** The limit as a Message Expiry Interval in seconds, rounded up [MQTT-3.3.2-5]; undefined for no limit. */
export function expiryInterval(timeoutMs: number): number | undefined {
  if (timeoutMs === 0 || timeoutMs > longestTimerMs) return undefined;
  return Math.max(1, Math.ceil(timeoutMs / 1000));
}

/** Resolves with whether `work` settled before the limit; never rejects. */
export function settledWithin(work: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = startDeadline(timeoutMs, () => resolve(false));
    const settled = (): void => {
      cancel();
      resolve(true);
    };
    work.then(settled, settled);
  });
}
