/** What is wrong with a configuration, and where. */

/** Where a value stands. */
export interface Place {
  /** The file, an environment variable or an option of the command line. */
  readonly source: string;
  /** From 1; only in a file. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

/** One thing that an operator has to change. */
export interface Problem extends Place {
  /** The setting, such as `limits.maximumConnections`; empty for the whole. */
  readonly path: string;
  readonly message: string;
}

/** `petrel.yaml:12:3: message`, as editors and terminals open it. */
export function problemLine({ source, line, column, message }: Problem): string {
  return `${source}${line === undefined ? '' : `:${line}:${column ?? 1}`}: ${message}`;
}
