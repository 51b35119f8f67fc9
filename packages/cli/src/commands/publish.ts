/** `petrel pub`: publishes one message, once or often, or one for each line of the input. */
import type { Client, PublishOptions } from '@petrel/client';
import { assertTopicName, reasonCode, UsageError } from '@petrel/protocol';
import { type Command, readInteger, readQoS, readSeconds } from '../command.js';
import { connectClient, splitUrl } from '../connection-arguments.js';
import {
  type ConnectionArguments,
  connectionHelp,
  connectionOptions,
  connectionValues,
  qosValues,
  spellings,
} from '../connection-options.js';
import { messageAliases, messageOptions, readLines, readMessage, readWhole } from '../message-arguments.js';
import { Progress } from '../progress.js';
import { readProperties } from '../property-arguments.js';
import { readArguments } from '../read-arguments.js';
import { orInterrupted, pause, type Terminal } from '../terminal.js';

const options = {
  ...connectionOptions,
  ...messageOptions,
  topic: { type: 'string', short: 't' },
  qos: { type: 'string', short: 'q' },
  retain: { type: 'boolean', short: 'r' },
  lines: { type: 'boolean', short: 'l' },
  repeat: { type: 'string' },
  'repeat-delay': { type: 'string' },
  'max-inflight': { type: 'string', short: 'M' },
  'content-type': { type: 'string' },
  'expiry-interval': { type: 'string' },
  'user-property': { type: 'string', multiple: true },
} as const;

/** The command `pub`. */
export const publishCommand: Command = {
  summary: 'publish a message',
  options,
  values: { ...connectionValues, qos: qosValues, file: 'file' },
  help: `petrel pub [options] <topic> [message]
petrel pub [options] -t TOPIC -m MESSAGE

Publishes one message. Without one, all of standard input is the message; an empty one ("") clears a retained message.

  petrel pub -h broker.example.com --tls -u anna -t lamps/kitchen -m on -q 1
  petrel pub -L mqtts://anna@broker.example.com/lamps/kitchen -m off
  tail -f readings.csv | petrel pub -t readings -l

  -t, --topic TOPIC          in place of <topic>; so is the path of --url
  -m, --message TEXT         in place of [message]
  -f, --file FILE            the message is in this file
  -n, --null-message         an empty message
  -s, --stdin-file           all of standard input is the message, as without any of these
  -l, --lines                every line of standard input is a message; also --stdin-line

  -q, --qos 0|1|2            default 0
  -r, --retain               the broker keeps the message for later subscribers
      --repeat N             send the message N times (default 1)
      --repeat-delay S       seconds between two times, such as 0.5 (default 0)
  -M, --max-inflight N       messages that may be on their way, 1–65,535 (default 20)
      --content-type TYPE    such as application/json
      --expiry-interval S    seconds, 0–4,294,967,295, after which the message is worth nothing
      --user-property K=V    may be repeated

${connectionHelp}`,

  async run(args, terminal) {
    const { values, positionals } = readArguments(args, options, spellings({ aliases: messageAliases }));
    const operands = [...positionals];
    const topicName = values.topic ?? splitUrl(values.url ?? '').topic ?? operands.shift();
    if (topicName === undefined) throw new UsageError('<topic> is missing');
    assertTopicName(topicName);
    const message = await readMessage(values, operands);
    const publishOptions = readPublishOptions(values);
    const repetition = readRepetition(values);
    const maximumInFlight = readInteger('max-inflight', values['max-inflight'], {
      minimum: 1,
      maximum: 65_535,
    });
    const client = await connectClient(values, terminal);
    const sender = new Sender(client, topicName, publishOptions, maximumInFlight ?? 20, terminal);
    const progress = new Progress(terminal, 'messages');
    try {
      for await (const payload of payloads(message, values.lines ?? false, repetition, terminal)) {
        await sender.send(payload);
        progress.add(1);
      }
      await sender.finish();
    } finally {
      progress.end();
      await client.close();
    }
  },
};

interface PublishArguments extends ConnectionArguments {
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
  const { publish } = readProperties(values.property);
  const userProperties = [
    ...(publish.userProperties ?? []),
    ...(values['user-property'] ?? []).map(readPair),
  ];
  return {
    qos: readQoS(values.qos) ?? 0,
    retain: values.retain ?? false,
    properties: {
      ...publish,
      ...(values['content-type'] === undefined ? {} : { contentType: values['content-type'] }),
      ...(expiry === undefined ? {} : { messageExpiryInterval: expiry }),
      ...(userProperties.length > 0 && { userProperties }),
    },
  };
}

function readPair(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`option "--user-property" must be NAME=VALUE, got "${text}"`);
  return [text.slice(0, at), text.slice(at + 1)];
}

interface Repetition {
  readonly times: number;
  readonly delayMs: number;
}

function readRepetition(values: {
  readonly repeat?: string | undefined;
  readonly 'repeat-delay'?: string | undefined;
  readonly lines?: boolean | undefined;
}): Repetition {
  const times = readInteger('repeat', values.repeat, { minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
  const delayMs = readSeconds('repeat-delay', values['repeat-delay']);
  if (values.lines && times !== undefined)
    throw new UsageError('option "--repeat" sends one message again, "--lines" has many');
  if (delayMs !== undefined && times === undefined)
    throw new UsageError('option "--repeat-delay" needs "--repeat"');
  return { times: times ?? 1, delayMs: delayMs ?? 0 };
}

async function* payloads(
  message: string | Uint8Array | undefined,
  lines: boolean,
  { times, delayMs }: Repetition,
  terminal: Terminal,
): AsyncGenerator<string | Uint8Array> {
  if (message === undefined && lines) {
    yield* readLines(terminal);
    return;
  }
  const payload = message ?? (await readWhole(terminal));
  for (let time = 1; time <= times; time++) {
    if (time > 1 && delayMs > 0) await pause(delayMs, terminal);
    terminal.interrupted.throwIfAborted();
    yield payload;
  }
}

/** Keeps so many messages on their way; the first that fails is the end. */
class Sender {
  readonly #client: Client;
  readonly #topicName: string;
  readonly #options: PublishOptions;
  readonly #maximumInFlight: number;
  readonly #terminal: Terminal;
  #underWay = 0;
  #failure: Error | undefined;
  #wake: () => void = () => {};
  #isDesert = false;

  constructor(
    client: Client,
    topicName: string,
    options: PublishOptions,
    maximumInFlight: number,
    terminal: Terminal,
  ) {
    this.#client = client;
    this.#topicName = topicName;
    this.#options = options;
    this.#maximumInFlight = maximumInFlight;
    this.#terminal = terminal;
  }

  /** Resolves when there is room for the next one; rejects when one has failed. */
  async send(payload: string | Uint8Array): Promise<void> {
    this.#underWay += 1;
    this.#publish(payload).then(
      () => this.#settle(),
      (error: Error) => this.#settle(error),
    );
    await this.#fallTo(this.#maximumInFlight - 1);
  }

  async finish(): Promise<void> {
    await this.#fallTo(0);
  }

  #settle(failure?: Error): void {
    this.#underWay -= 1;
    this.#failure ??= failure;
    this.#wake();
  }

  async #fallTo(count: number): Promise<void> {
    while (this.#underWay > count && this.#failure === undefined) {
      const settled = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await orInterrupted(settled, this.#terminal);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #publish(payload: string | Uint8Array): Promise<void> {
    const result = await this.#client.publish(this.#topicName, payload, this.#options);
    // Said once: of a million lines nobody wants to read a million more.
    if (result.reasonCode !== reasonCode.noMatchingSubscribers || this.#isDesert) return;
    this.#isDesert = true;
    this.#terminal.err(`nobody subscribes to "${this.#topicName}"`);
  }
}
