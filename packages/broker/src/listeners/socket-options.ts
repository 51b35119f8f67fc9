/** How every TCP socket of a listener is set up. */
export const socketOptions = {
  // Packets leave when the broker flushes; the kernel must not wait for more.
  noDelay: true,
  // A client with a Keep Alive is missed by it. Of one without, whose machine was switched off, only the kernel learns in the end, and only if it
  // asks; a radio that sleeps does not answer, so it asks as late as Linux lets it, which is 32,767 seconds.
  keepAlive: true,
  keepAliveInitialDelay: 32_400_000,
} as const;
