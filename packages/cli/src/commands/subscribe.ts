/** `petrel sub`: prints the messages of one or more Topic Filters. */
import { connect, type Message } from '@petrel/client';
import { UsageError } from '@petrel/protocol';
import { type Command, readArguments, readInteger, readQoS } from '../command.js';
import { connectionHelp, connectionOptions, readConnection } from '../connection-arguments.js';
import { interruption } from '../terminal.js';
import { visiblePayload, visibleText } from '../visible-text.js';

const options = {
  ...connectionOptions,
  qos: { type: 'string', short: 'q' },
  count: { type: 'string', short: 'C' },
  json: { type: 'boolean' },
} as const;

/** The command `sub`. */
export const subscribeCommand: Command = {
  summary: 'print the messages of topic filters',
  help: `petrel sub [options] <filter>...

Prints "<topic> <payload>" for every message, until Ctrl-C. Quote filters with # for your shell.

  -q, --qos 0|1|2            highest QoS to get messages with (default 0)
  -C, --count N              end after N messages
      --json                 one JSON object in each line; a payload that is no UTF-8 is in "payloadBase64"

${connectionHelp}`,

  async run(args, terminal) {
    const { values, positionals: filters } = readArguments(args, options);
    if (filters.length === 0) throw new UsageError('<filter> is missing, such as sensors/+/temperature');
    const qos = readQoS(values.qos) ?? 0;
    const count = readInteger('count', values.count, { minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
    const format = values.json ? jsonLine : plainLine;

    const client = await connect(await readConnection(values));
    client.on('error', (error) => terminal.err(error.message));
    client.on('status', (status) => {
      if (status === 'reconnecting') terminal.err('the connection is lost; trying again');
    });
    let printed = 0;
    const enough = new AbortController();
    try {
      await client.subscribe(filters, { qos }, (message) => {
        if (enough.signal.aborted) return;
        terminal.out(format(message));
        if (++printed === count) enough.abort();
      });
      await interruption(AbortSignal.any([terminal.interrupted, enough.signal]));
    } finally {
      await client.close();
    }
  },
};

function plainLine({ topicName, payload }: Message): string {
  return `${visibleText(topicName)} ${visiblePayload(payload)}`;
}

function jsonLine(message: Message): string {
  const { topicName, payload, qos, retain, dup, properties } = message;
  const { correlationData, ...others } = properties;
  return JSON.stringify({
    topicName,
    ...payloadMember(payload),
    qos,
    retain,
    dup,
    properties: {
      ...others,
      ...(correlationData && { correlationData: Buffer.from(correlationData).toString('base64') }),
    },
  });
}

function payloadMember(payload: Uint8Array): { payload: string } | { payloadBase64: string } {
  try {
    return { payload: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload) };
  } catch {
    return { payloadBase64: Buffer.from(payload).toString('base64') };
  }
}
