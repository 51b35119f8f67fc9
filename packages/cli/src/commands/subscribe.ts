/** `petrel sub`: prints the messages of one or more Topic Filters. */
import { connect, type Message } from '@petrel/client';
import { UsageError } from '@petrel/protocol';
import { type Command, readArguments, readInteger, readQoS } from '../command.js';
import { connectionHelp, connectionOptions, readConnection } from '../connection-arguments.js';
import { interruption } from '../terminal.js';
import { visiblePayload, visibleText } from '../visible-text.js';

const options = {
  ...connectionOptions,
  topic: { type: 'string', short: 't', multiple: true },
  timeout: { type: 'string', short: 'W' },
  'no-retained': { type: 'boolean', short: 'R' },
  verbose: { type: 'boolean', short: 'v' },
  qos: { type: 'string', short: 'q' },
  count: { type: 'string', short: 'C' },
  json: { type: 'boolean' },
} as const;

/** The command `sub`. */
export const subscribeCommand: Command = {
  summary: 'print the messages of topic filters',
  options,
  help: `petrel sub [options] <filter>...
petrel sub [options] -t FILTER...

Prints "<topic> <payload>" for every message, until Ctrl-C. Quote filters with # for your shell.

  petrel sub -h broker.example.com --tls -u anna -t 'lamps/#' -C 1

  -t, --topic FILTER         in place of <filter>; may be repeated

  -q, --qos 0|1|2            highest QoS to get messages with (default 0)
  -C, --count N              end after N messages
  -W, --timeout S            end after S seconds; exit code 1 where --count was not reached
  -R, --no-retained          without messages that were there before
  -v, --verbose              as in mosquitto_sub; topics are printed anyway
      --json                 one JSON object in each line; a payload that is no UTF-8 is in "payloadBase64"

${connectionHelp}`,

  async run(args, terminal) {
    const { values, positionals } = readArguments(args, options);
    const filters = [...(values.topic ?? []), ...positionals];
    if (filters.length === 0) throw new UsageError('<filter> is missing, such as sensors/+/temperature');
    const qos = readQoS(values.qos) ?? 0;
    const count = readInteger('count', values.count, { minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
    const timeout = readInteger('timeout', values.timeout, {
      minimum: 1,
      maximum: 2_147_483,
      unit: 'seconds',
    });
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
        if (enough.signal.aborted || (message.retain && values['no-retained'])) return;
        terminal.out(format(message));
        if (++printed === count) enough.abort();
      });
      const late = timeout === undefined ? [] : [AbortSignal.timeout(timeout * 1_000)];
      await interruption(AbortSignal.any([terminal.interrupted, enough.signal, ...late]));
      const isLate = late.some(({ aborted }) => aborted) && count !== undefined && printed < count;
      return isLate ? 1 : undefined;
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
