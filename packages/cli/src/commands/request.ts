/** `petrel request`: asks a service, and prints its answer or its answers. */
import { createService } from '@petrel/service';
import { type Command, readArguments, readInteger, readOperands } from '../command.js';
import { connectionHelp, connectionOptions, readConnection } from '../connection-arguments.js';
import { visiblePayload, visibleText } from '../visible-text.js';

const options = {
  ...connectionOptions,
  topic: { type: 'string', short: 't' },
  message: { type: 'string', short: 'm' },
  timeout: { type: 'string', short: 'W' },
  'timeout-ms': { type: 'string' },
  stream: { type: 'boolean' },
} as const;

/** The command `request`. */
export const requestCommand: Command = {
  summary: 'ask a service and print its answer',
  options,
  help: `petrel request [options] <topic> [data]
petrel request [options] -t TOPIC -m DATA

Sends a request with a Response Topic and prints the answer: text as it is, all else as JSON. <data> is JSON, or text
where it is none. A service of stock NestJS is asked in its own way.

  -t, --topic TOPIC          in place of <topic>
  -m, --message DATA         in place of [data]
  -W, --timeout S            seconds to wait for an answer (default 5)
      --timeout-ms N         the same in milliseconds; 0 = for ever
      --stream               print every answer of a stream, one in each line

${connectionHelp}`,

  async run(args, terminal) {
    const { values, positionals } = readArguments(args, options);
    const [topicName = '', data] = readOperands(
      [
        ...(values.topic === undefined ? [] : [values.topic]),
        ...positionals,
        ...(values.message === undefined ? [] : [values.message]),
      ],
      'topic',
      '[data]',
    );
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
    const service = await createService({
      ...(await readConnection(values)),
      envelope: 'auto',
      onError: () => {},
    });
    const requestOptions = { timeoutMs: timeoutMs ?? (seconds ?? 5) * 1_000, signal: terminal.interrupted };
    try {
      if (!values.stream) {
        terminal.out(show(await service.request(topicName, readData(data), requestOptions)));
        return;
      }
      for await (const answer of service.requestStream(topicName, readData(data), requestOptions)) {
        terminal.out(show(answer));
      }
    } finally {
      await service.close();
    }
  },
};

function readData(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function show(answer: unknown): string {
  if (answer === undefined) return '';
  if (answer instanceof Uint8Array) return visiblePayload(answer);
  return visibleText(typeof answer === 'string' ? answer : JSON.stringify(answer));
}
