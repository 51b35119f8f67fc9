/** `petrel sub`: prints the messages of one or more Topic Filters. */
import type { Client, Message } from '@petrel/client';
import { assertTopicFilter, topicMatches, UsageError } from '@petrel/protocol';
import { type Command, readInteger, readQoS } from '../command.js';
import { connectClient, splitUrl } from '../connection-arguments.js';
import {
  connectionHelp,
  connectionOptions,
  connectionValues,
  qosValues,
  spellings,
} from '../connection-options.js';
import { compileFormat } from '../message-format.js';
import { messageJson } from '../message-json.js';
import { readArguments } from '../read-arguments.js';
import { interruption, readerHasEnough, type Terminal } from '../terminal.js';
import { visiblePayload, visibleText } from '../visible-text.js';

const options = {
  ...connectionOptions,
  topic: { type: 'string', short: 't', multiple: true },
  'filter-out': { type: 'string', short: 'T', multiple: true },
  unsubscribe: { type: 'string', short: 'U', multiple: true },
  timeout: { type: 'string', short: 'W' },
  'no-retained': { type: 'boolean', short: 'R' },
  'retained-only': { type: 'boolean' },
  'remove-retained': { type: 'boolean' },
  'exit-after-subscribe': { type: 'boolean', short: 'E' },
  verbose: { type: 'boolean', short: 'v' },
  qos: { type: 'string', short: 'q' },
  count: { type: 'string', short: 'C' },
  format: { type: 'string', short: 'F' },
  'no-newline': { type: 'boolean', short: 'N' },
  json: { type: 'boolean' },
  pretty: { type: 'boolean' },
} as const;

/** The command `sub`. */
export const subscribeCommand: Command = {
  summary: 'print the messages of topic filters',
  options,
  values: { ...connectionValues, qos: qosValues },
  help: `petrel sub [options] <filter>...
petrel sub [options] -t FILTER...

Prints "<topic> <payload>" for every message, until Ctrl-C. Quote filters with # for your shell. What could steer a terminal is
printed as \\u001b, and a payload that is no UTF-8 as 0x and digits; with --format and
--no-newline only a terminal is spared.

  petrel sub -h broker.example.com --tls -u anna -t 'lamps/#' -C 1
  petrel sub -F '%I %t %p' 'sensors/#'           the time before each message
  petrel sub -N -C 1 camera > still.jpg          the payload as it is, and nothing else
  petrel sub --retained-only -W 2 '#'            what the broker keeps

  -t, --topic FILTER         in place of <filter>; may be repeated, and so is the path of --url
  -T, --filter-out FILTER    without messages of these topics; may be repeated
  -U, --unsubscribe FILTER   end a subscription of the session that goes on with -c; may be repeated

  -q, --qos 0|1|2            highest QoS to get messages with (default 0)
  -C, --count N              end after N messages
  -W, --timeout S            end after S seconds; exit code 1 where --count was not reached
  -E, --exit-after-subscribe   end when the broker has granted the subscriptions, as -c leaves them there
  -R, --no-retained          without messages that were there before
      --retained-only        only these, and end at the first that was not there before; with -W where none may come
      --remove-retained      clear every retained message that comes and is not filtered out
  -v, --verbose              as in mosquitto_sub; topics are printed anyway

  -F, --format FORMAT        as in mosquitto_sub: %t topic, %p payload, %x %X the same in hexadecimal, %l its length, %q QoS, %r retain,
                             %m Packet Identifier, %C %R %D %E %F %A %S %P properties of MQTT 5, %j %J JSON, %I %U the time,
                             @H and others of strftime, \\n \\t \\0 \\e, %% @@ \\\\; %10t %-10t %.10t widths
  -N, --no-newline           no line end behind a message; without --format, it is the payload alone, with -v after the topic
      --json                 one JSON object in each line; a payload that is no UTF-8 is in "payloadBase64"
      --pretty               with --json: more lines, easier to read

${connectionHelp}`,

  async run(args, terminal) {
    const { values, positionals } = readArguments(args, options, subscribeSpellings);
    const ofUrl = splitUrl(values.url ?? '').topic;
    const filters = [...(values.topic ?? []), ...positionals, ...(ofUrl === undefined ? [] : [ofUrl])];
    const unsubscribed = values.unsubscribe ?? [];
    if (filters.length === 0 && unsubscribed.length === 0)
      throw new UsageError('<filter> is missing, such as sensors/+/temperature');
    for (const filter of [...filters, ...unsubscribed]) assertTopicFilter(filter);
    const qos = readQoS(values.qos) ?? 0;
    const count = readInteger('count', values.count, { minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
    const timeout = readInteger('timeout', values.timeout, {
      minimum: 1,
      maximum: 2_147_483,
      unit: 'seconds',
    });
    const select = readSelection(values);
    const print = readPrinter(values, terminal);

    const client = await connectClient(values, terminal);
    let printed = 0;
    const enough = new AbortController();
    const take = (message: Message): void => {
      if (enough.signal.aborted) return;
      const choice = select(message);
      if (choice === 'end') enough.abort();
      if (choice !== 'print') return;
      if (values['remove-retained'] && message.retain) clearRetained(client, message, terminal);
      print(message);
      if (++printed === count) enough.abort();
    };
    try {
      if (unsubscribed.length > 0) await client.unsubscribe(unsubscribed);
      // Where there is no filter, the session may still have some.
      if (filters.length > 0) await client.subscribe(filters, { qos, signal: terminal.interrupted }, take);
      if (values['exit-after-subscribe'] || (filters.length === 0 && !values['disable-clean-session']))
        return;
      if (filters.length === 0) client.on('message', take);
      const late = timeout === undefined ? [] : [AbortSignal.timeout(timeout * 1_000)];
      await interruption(AbortSignal.any([terminal.interrupted, enough.signal, ...late]));
      if (count === undefined || printed >= count || terminal.interrupted.reason === readerHasEnough) return;
      terminal.interrupted.throwIfAborted();
      return enough.signal.aborted ? undefined : 1;
    } catch (error) {
      // Without a number there is no other end.
      if (terminal.interrupted.aborted && count === undefined) return;
      throw error;
    } finally {
      await client.close();
    }
  },
};

const subscribeSpellings = spellings({
  aliases: { 'no-retain': 'no-retained' },
  absent: {
    'random-filter': "let another program choose: petrel sub … | awk 'rand() < 0.5'",
    l: 'name the transport in "--url", such as wss://broker.example.com/mqtt',
  },
});

type Choice = 'print' | 'pass' | 'end';

function readSelection(values: {
  readonly 'filter-out'?: string[] | undefined;
  readonly 'no-retained'?: boolean | undefined;
  readonly 'retained-only'?: boolean | undefined;
  readonly 'remove-retained'?: boolean | undefined;
}): (message: Message) => Choice {
  const { 'filter-out': unwanted = [], 'no-retained': noRetained, 'retained-only': onlyRetained } = values;
  for (const filter of unwanted) assertTopicFilter(filter);
  const other = (['retained-only', 'remove-retained'] as const).find((name) => values[name]);
  if (noRetained && other !== undefined)
    throw new UsageError(`options "--no-retained" and "--${other}" exclude each other`);
  return ({ retain, topicName }) => {
    if (onlyRetained && !retain) return 'end';
    if (noRetained && retain) return 'pass';
    return unwanted.some((filter) => topicMatches(filter, topicName)) ? 'pass' : 'print';
  };
}

function clearRetained(client: Client, { topicName }: Message, terminal: Terminal): void {
  client
    .publish(topicName, '', { qos: 1, retain: true })
    .catch((error: Error) => terminal.err(error.message));
}

function readPrinter(
  values: {
    readonly format?: string | undefined;
    readonly 'no-newline'?: boolean | undefined;
    readonly json?: boolean | undefined;
    readonly pretty?: boolean | undefined;
    readonly verbose?: boolean | undefined;
  },
  terminal: Terminal,
): (message: Message) => void {
  const { format, json, pretty = false, verbose, 'no-newline': isBare } = values;
  if (json && (format !== undefined || isBare))
    throw new UsageError(`options "--json" and "--${isBare ? 'no-newline' : 'format'}" exclude each other`);
  if (pretty && !json) throw new UsageError('option "--pretty" needs "--json"');
  if (json) return (message) => terminal.out(messageJson(message, { pretty }));
  if (format === undefined && !isBare)
    return ({ topicName, payload }) => terminal.out(`${visibleText(topicName)} ${visiblePayload(payload)}`);
  // As mosquitto_sub has it: what is not to have a line end is the payload.
  const compiled = compileFormat(format ?? (verbose ? '%t %p' : '%p'), {
    isShown: terminal.isShown,
    lineEnd: isBare ? '' : '\n',
  });
  return (message) => terminal.write(compiled(message, performance.timeOrigin + performance.now()));
}
