/** The child's half of the supervision: says when it is ready, stops when the parent asks or is gone. */

/** Below the parent's patience. */
const stopTimeoutMs = 4_000;

/**
 * Reports this process as ready, and calls `stop` once: on SIGTERM, or when the parent process has vanished.
 *
 * Ctrl-C in a terminal reaches every process of the group; with a parent it is the parent who decides the order.
 */
export function reportReady(stop: () => Promise<void>): void {
  let stopping = false;
  const stopOnce = () => {
    if (stopping) return;
    stopping = true;
    // A parent that is gone cannot kill what does not come to an end.
    setTimeout(() => process.exit(1), stopTimeoutMs).unref();
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stopOnce);
  if (process.send === undefined) {
    process.on('SIGINT', stopOnce);
    return;
  }
  process.on('disconnect', stopOnce);
  process.send('ready');
}

/** Ctrl-C before {@link reportReady} is the parent's business too; call it first of all. */
export function leaveInterruptToParent(): void {
  if (process.send !== undefined) process.on('SIGINT', () => {});
}
