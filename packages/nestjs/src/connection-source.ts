/** Where connections come from: of the options, or of the one test harness of this process. */
import { UsageError } from '@petrel/protocol';
import type { ResolvedOptions } from './options.js';

/** Changes what a connection is made of. */
export type ConnectionSource = (
  options: ResolvedOptions,
  connection: { close(): Promise<void> },
) => ResolvedOptions;

let source: ConnectionSource | undefined;

/** All connections that are opened from now on are made of what `replacement` says; returns how to end that. Throws UsageError while another one is in force. */
export function replaceConnections(replacement: ConnectionSource): () => void {
  if (source !== undefined) {
    throw new UsageError('a harness is already in force in this process; close it before the next one');
  }
  source = replacement;
  return () => {
    source = undefined;
  };
}

/** The options that a connection is opened with. */
export function connectionOptions(
  options: ResolvedOptions,
  connection: { close(): Promise<void> },
): ResolvedOptions {
  return source === undefined ? options : source(options, connection);
}
