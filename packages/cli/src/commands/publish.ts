/** `petrel pub`: publishes one message, or one for each line of the input. */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { type Client, connect, type PublishOptions } from '@petrel/client';
import { reasonCode, UsageError } from '@petrel/protocol';
import { type Command, readArguments, readInteger, readQoS } from '../command.js';
import { connectionHelp, connectionOptions, readConnection } from '../connection-arguments.js';
import type { Terminal } from '../terminal.js';

const options = {
  ...connectionOptions,
  topic: { type: 'string', short: 't' },
  message: { type: 'string', short: 'm' },
  file: { type: 'string', short: 'f' },
  'null-message': { type: 'boolean', short: 'n' },
  'stdin-file': { type: 'boolean', short: 's' },
  qos: { type: 'string', short: 'q' },
  retain: { type: 'boolean', short: 'r' },
  lines: { type: 'boolean', short: 'l' },
  'content-type': { type: 'string' },
  'expiry-interval': { type: 'string' },
  'user-property': { type: 'string', multiple: true },
} as const;

/** The command `pub`. */
export const publishCommand: Command = {
  summary: 'publish a message',
  options,
  help: `petrel pub [options] <topic> [message]
petrel pub [options] -t TOPIC -m MESSAGE

Publishes one message. Without one, all of standard input is the message; an empty one ("") clears a retained message.

  petrel pub -h broker.example.com --tls -u anna -t lamps/kitchen -m on -q 1

  -t, --topic TOPIC          in place of <topic>
  -m, --message TEXT         in place of [message]
  -f, --file FILE            the message is in this file
  -n, --null-message         an empty message
  -s, --stdin-file           all of standard input is the message, as without any of these

  -q, --qos 0|1|2            default 0
  -r, --retain               the broker keeps the message for later subscribers
  -l, --lines                every line of standard input is a message
      --content-type TYPE    such as application/json
      --expiry-interval S    seconds, 0–4,294,967,295, after which the message is worth nothing
      --user-property K=V    may be repeated

${connectionHelp}`,

  async run(args, terminal) {
    const { values, positionals } = readArguments(args, options);
    const operands = [...positionals];
    const topicName = values.topic ?? operands.shift();
    if (topicName === undefined) throw new UsageError('<topic> is missing');
    const message = await readMessage(values, operands);
    const publishOptions = readPublishOptions(values);
    const client = await connect(await readConnection(values));
    client.on('error', (error) => terminal.err(error.message));
    try {
      for await (const payload of payloads(message, values.lines ?? false, terminal)) {
        await publish(client, topicName, payload, publishOptions, terminal);
      }
    } finally {
      await client.close();
    }
  },
};

interface MessageArguments {
  readonly message?: string | undefined;
  readonly file?: string | undefined;
  readonly 'null-message'?: boolean | undefined;
  readonly 'stdin-file'?: boolean | undefined;
  readonly lines?: boolean | undefined;
}

/** Undefined where standard input has it. */
async function readMessage(
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

interface PublishArguments {
  readonly qos?: string | undefined;
  readonly retain?: boolean | undefined;
  readonly 'content-type'?: string | undefined;
  readonly 'expiry-interval'?: string | undefined;
  readonly 'user-property'?: string[] | undefined;
}

function readPublishOptions(values: PublishArguments): PublishOptions {
  const expiry = readInteger('expiry-interval', values['expiry-interval'], {
    minimum: 0,
    maximum: 0xffff_ffff,
    unit: 'seconds',
  });
  const userProperties = values['user-property']?.map(readPair);
  return {
    qos: readQoS(values.qos) ?? 0,
    retain: values.retain ?? false,
    properties: {
      ...(values['content-type'] === undefined ? {} : { contentType: values['content-type'] }),
      ...(expiry === undefined ? {} : { messageExpiryInterval: expiry }),
      ...(userProperties && { userProperties }),
    },
  };
}

function readPair(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`option "--user-property" must be NAME=VALUE, got "${text}"`);
  return [text.slice(0, at), text.slice(at + 1)];
}

async function* payloads(
  message: string | Uint8Array | undefined,
  lines: boolean,
  { input, interrupted }: Terminal,
): AsyncGenerator<string | Uint8Array> {
  if (message !== undefined) yield message;
  else if (lines) yield* createInterface({ input: Readable.from(input), signal: interrupted });
  else yield await readAll(input);
}

async function readAll(input: AsyncIterable<Uint8Array | string>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of input) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  return Buffer.concat(chunks);
}

async function publish(
  client: Client,
  topicName: string,
  payload: string | Uint8Array,
  publishOptions: PublishOptions,
  terminal: Terminal,
): Promise<void> {
  const result = await client.publish(topicName, payload, publishOptions);
  if (result.reasonCode === reasonCode.noMatchingSubscribers) {
    terminal.err(`nobody subscribes to "${topicName}"`);
  }
}
