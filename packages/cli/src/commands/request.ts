/** `petrel request`: asks a service, and prints its answer or its answers. */

import { assertTopicName, UsageError } from '@petrel/protocol';
import { createService } from '@petrel/service';
import { type Command, readInteger, readQoS } from '../command.js';
import { readConnection, splitUrl } from '../connection-arguments.js';
import {
  connectionHelp,
  connectionOptions,
  connectionValues,
  qosValues,
  spellings,
} from '../connection-options.js';
import { messageAliases, messageOptions, readMessage, readWhole } from '../message-arguments.js';
import { readProperties } from '../property-arguments.js';
import { readArguments } from '../read-arguments.js';
import { orInterrupted } from '../terminal.js';
import { visiblePayload, visibleText } from '../visible-text.js';

const { debug: _, ...serviceOptions } = connectionOptions;

const options = {
  ...serviceOptions,
  ...messageOptions,
  topic: { type: 'string', short: 't' },
  qos: { type: 'string', short: 'q' },
  timeout: { type: 'string', short: 'W' },
  'timeout-ms': { type: 'string' },
  stream: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

const requestSpellings = spellings({
  aliases: { stdin: messageAliases.stdin },
  absent: {
    e: 'petrel request chooses a Response Topic that only it reads; for one of yours: petrel sub RESPONSE-TOPIC, and petrel pub -D publish response-topic RESPONSE-TOPIC',
    F: 'an answer is printed as it is, with "--json" as JSON; petrel sub has formats',
    N: 'an answer is a line; petrel sub -N prints without line ends',
    R: 'a Response Topic that nobody knew before has no retained messages',
    v: 'the Response Topic is an affair of this command',
    d: 'petrel sub and petrel pub tell of packets',
    debug: 'petrel sub and petrel pub tell of packets',
    l: 'one request at a time: while read -r line; do petrel request TOPIC "$line"; done',
  },
});

/** The command `request`. */
export const requestCommand: Command = {
  summary: 'ask a service and print its answer',
  options,
  values: { ...connectionValues, qos: qosValues, file: 'file' },
  help: `petrel request [options] <topic> [data]
petrel request [options] -t TOPIC -m DATA

Sends a request with a Response Topic and prints the answer: text as it is, all else as JSON. <data> is JSON, or text
where it is none. A service of stock NestJS is asked in its own way.

  petrel request sum '[1, 2, 3]'
  petrel request orders/export --stream --json | jq .total

  -t, --topic TOPIC          in place of <topic>; so is the path of --url
  -m, --message DATA         in place of [data]
  -f, --file FILE            the data is in this file
  -s, --stdin-file           the data is all of standard input
  -n, --null-message         no data, as without any of these

  -q, --qos 0|1|2            of the request (default 1)
  -W, --timeout S            seconds to wait for an answer (default 5)
      --timeout-ms N         the same in milliseconds; 0 = for ever
      --stream               print every answer of a stream, one in each line
      --json                 every answer as JSON, text too; bytes as a string of base64

${connectionHelp.replace(/^ {2}-d, --debug.*\n/m, '')}`,

  async run(args, terminal) {
    const { values, positionals } = readArguments(args, options, requestSpellings);
    const operands = [...positionals];
    const topicName = values.topic ?? splitUrl(values.url ?? '').topic ?? operands.shift();
    if (topicName === undefined) throw new UsageError('<topic> is missing');
    assertTopicName(topicName);
    const given = await readMessage(values, operands);
    const seconds = readInteger('timeout', values.timeout, {
      minimum: 1,
      maximum: 2_147_483,
      unit: 'seconds',
    });
    const timeoutMs = readInteger('timeout-ms', values['timeout-ms'], {
      minimum: 0,
      maximum: 2_147_483_647,
      unit: 'ms',
    });
    const qos = readQoS(values.qos);
    const connection = await readConnection(values);
    const data = readData(values['stdin-file'] ? await readWhole(terminal) : given);
    const print = (answer: unknown) => terminal.out(values.json ? asJson(answer) : show(answer));
    const opened = createService({ ...connection, envelope: 'auto', onError: () => {} });
    // Whoever interrupts does not wait for the connection, but ends it.
    opened.then((late) => terminal.interrupted.aborted && late.close()).catch(() => {});
    const service = await orInterrupted(opened, terminal);
    const { publish: properties } = readProperties(values.property);
    const requestOptions = {
      timeoutMs: timeoutMs ?? (seconds ?? 5) * 1_000,
      signal: terminal.interrupted,
      properties,
      ...(qos !== undefined && { qos }),
    };
    try {
      if (!values.stream) {
        print(await service.request(topicName, data, requestOptions));
        return;
      }
      for await (const answer of service.requestStream(topicName, data, requestOptions)) print(answer);
    } finally {
      await service.close();
    }
  },
};

/** JSON, text, or bytes where it is neither; an empty one is none. */
function readData(given: string | Uint8Array | undefined): unknown {
  const text = typeof given === 'string' ? given : decoded(given);
  if (text === undefined) return given;
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function decoded(bytes: Uint8Array | undefined): string | undefined {
  try {
    return bytes && new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** JSON never steers a terminal, but for the control characters above ASCII. */
function asJson(answer: unknown): string {
  const value = answer instanceof Uint8Array ? Buffer.from(answer).toString('base64') : answer;
  return visibleText(JSON.stringify(value ?? null));
}

function show(answer: unknown): string {
  if (answer === undefined) return '';
  if (answer instanceof Uint8Array) return visiblePayload(answer);
  return visibleText(typeof answer === 'string' ? answer : JSON.stringify(answer));
}
