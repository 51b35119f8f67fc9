/** How every TCP socket of a listener is set up. */
export const socketOptions = {
  // Packets leave when the broker flushes; the kernel must not wait for more.
  noDelay: true,
} as const;
