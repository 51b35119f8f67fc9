import type { Logger } from './logger.js';

/** A logger that keeps what it is told. */
export function recordingLogger(): Logger & { readonly errors: unknown[] } {
  const errors: unknown[] = [];
  const ignore = (): void => {};
  return { errors, debug: ignore, info: ignore, warn: ignore, error: (error) => void errors.push(error) };
}
