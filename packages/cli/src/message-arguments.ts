/** Where a message comes from: a text, a file, nothing, or standard input as a whole or by lines. */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { UsageError } from '@petrel/protocol';
import type { Spellings } from './read-arguments.js';
import { orInterrupted, type Terminal } from './terminal.js';

/** For `readArguments`. */
export const messageOptions = {
  message: { type: 'string', short: 'm' },
  file: { type: 'string', short: 'f' },
  'null-message': { type: 'boolean', short: 'n' },
  'stdin-file': { type: 'boolean', short: 's' },
} as const;

/** As mosquitto_pub and MQTT.js call them. */
export const messageAliases = {
  stdin: 'stdin-file',
  'stdin-line': 'lines',
  multiline: 'lines',
} as const satisfies Spellings['aliases'];

/** What `readArguments` makes of them, and of `lines` where a command has it. */
export interface MessageArguments {
  readonly message?: string | undefined;
  readonly file?: string | undefined;
  readonly 'null-message'?: boolean | undefined;
  readonly 'stdin-file'?: boolean | undefined;
  readonly lines?: boolean | undefined;
}

/** The message that is named here; undefined where standard input has it. */
export async function readMessage(
  values: MessageArguments,
  operands: readonly string[],
): Promise<string | Uint8Array | undefined> {
  const { message, file, lines } = values;
  if (operands[1] !== undefined || (message !== undefined && operands[0] !== undefined))
    throw new UsageError(`"${operands.at(-1)}" is one argument too many; quote a text with spaces`);
  const given = [message ?? operands[0], file, values['null-message'], values['stdin-file'], lines];
  const count = given.filter((each) => each !== undefined).length;
  if (lines && count > 1) throw new UsageError('--lines reads the messages from standard input');
  if (count > 1) throw new UsageError('one message only: --message, --file, --null-message or --stdin-file');
  if (values['null-message']) return '';
  if (file === undefined) return message ?? operands[0];
  try {
    return await readFile(file);
  } catch (cause) {
    throw new UsageError(`option "--file": ${(cause as Error).message}`, { cause });
  }
}

/** What one PUBLISH can carry; standard input without an end would otherwise take all memory. */
const largestPayload = 268_435_455;

/** All of standard input; rejects when interrupted, or when it is more than a message can be. */
export async function readWhole(terminal: Terminal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of interruptible(terminal)) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > largestPayload)
      throw new UsageError(
        `standard input has more than the ${largestPayload.toLocaleString('en')} bytes of a message`,
      );
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** The lines of standard input; rejects when interrupted. */
export async function* readLines(terminal: Terminal): AsyncGenerator<string> {
  const input = Readable.from(interruptible(terminal));
  yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  terminal.interrupted.throwIfAborted();
}

async function* interruptible(terminal: Terminal): AsyncGenerator<Uint8Array | string> {
  const chunks = terminal.input[Symbol.asyncIterator]();
  for (;;) {
    const next = await orInterrupted(chunks.next(), terminal);
    if (next.done) return;
    yield next.value;
  }
}
