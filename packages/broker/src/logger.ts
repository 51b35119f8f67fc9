/** Where the broker reports what an operator should know; `console` fits. Never gets a payload or a secret. */
export interface Logger {
  debug(message: unknown): void;
  info(message: unknown): void;
  warn(message: unknown): void;
  error(message: unknown): void;
}

const ignore = (): void => {};

/** Reports nothing. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
