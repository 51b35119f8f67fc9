/** `petrel bench`: how many messages a broker takes and gives, and how long they are on their way. */

import { assertTopicName, UsageError } from '@petrel/protocol';
import { type Figures, type Load, runLoad } from '../bench/load.js';
import { type Command, readInteger, readOperands, readQoS } from '../command.js';
import { readConnection } from '../connection-arguments.js';
import {
  connectionHelp,
  connectionOptions,
  connectionValues,
  qosValues,
  spellings,
} from '../connection-options.js';
import { readArguments } from '../read-arguments.js';
import type { Terminal } from '../terminal.js';

// Every connection has a session and a name of its own.
const {
  'client-identifier': _identifier,
  'id-prefix': _prefix,
  'disable-clean-session': _session,
  debug: _debug,
  ...sharedOptions
} = connectionOptions;

const options = {
  ...sharedOptions,
  topic: { type: 'string', short: 't' },
  qos: { type: 'string', short: 'q' },
  pairs: { type: 'string', short: 'n' },
  subscribers: { type: 'string' },
  connections: { type: 'string' },
  rate: { type: 'string', short: 'r' },
  seconds: { type: 'string' },
  size: { type: 'string', short: 's' },
  window: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const ownSession = 'every connection of a benchmark has a session and a name of its own';

const benchSpellings = spellings({
  absent: {
    c: '"--pairs N" are publishers with their subscribers, "--connections N" are clients that only stay',
    count: '"--pairs N" are publishers with their subscribers, "--connections N" are clients that only stay',
    i: ownSession,
    id: ownSession,
    'client-identifier': ownSession,
    'id-prefix': ownSession,
    'disable-clean-session': ownSession,
    I: '"--rate N" says how many messages leave in a second',
    'message-interval': '"--rate N" says how many messages leave in a second',
    d: 'petrel sub and petrel pub tell of packets',
    debug: 'petrel sub and petrel pub tell of packets',
    m: 'payloads have the time in them; "--size N" says how long they are',
    limit: '"--seconds N" says how long messages are sent',
  },
});

/** The command `bench`. */
export const benchCommand: Command = {
  summary: 'measure a broker with publishers and subscribers',
  options,
  values: { ...connectionValues, qos: qosValues },
  help: `petrel bench [options]

Pairs of a publisher and a subscriber, each pair on a topic of its own. Prints messages per second and how long they were on their way.

  petrel bench                           how much does the broker carry?
  petrel bench --rate 5000 -n 10         how long are messages on their way at 5,000 a second?
  petrel bench --subscribers 50 -q 1     how well does it give one message to many?
  petrel bench --connections 5000 -n 1   … and with 5,000 clients beside that do nothing?

Without --rate the loop is closed: a publisher has --window messages on their way, and sends the next one when one has arrived. That finds
the most that a broker carries. Its times are those of a full window, and a broker that stalls is asked for less meanwhile: they
are too good for how it stalls (coordinated omission). With --rate the loop is open: messages leave when they are due, and one
that leaves late counts from when it was due. Take these times; a rate at half of what the closed loop found is a good beginning.

This is one process, and measures a broker only as far as it keeps up itself; it says how busy it was. What is above 0.9 is measured
better by several at a time, on another machine than the broker's. npm run bench of the repository goes further.

  -n, --pairs N              publishers, 1–1,000 (default 1)
      --subscribers N        of each publisher, 1–1,000 (default 1)
      --connections N        clients besides that only stay connected, 0–100,000 (default 0)
  -q, --qos 0|1|2            default 0
  -s, --size BYTES           of a payload, 16–1,048,576 (default 64)
  -r, --rate N               messages a second of all publishers together, 1–1,000,000 (default: as many as arrive)
      --window N             messages that a publisher without a rate has on their way, 1–10,000 (default 100)
      --seconds N            default 5, behind one second that does not count
  -t, --topic TOPIC          topics begin with it (default petrel-bench)
      --json                 one JSON object

${connectionHelp.replace(/^ {2}(-i|-I|-c|-d), --.*\n/gm, '')}`,

  async run(args, terminal) {
    const { values, positionals } = readArguments(args, options, benchSpellings);
    readOperands(positionals);
    const within = (
      name: 'pairs' | 'subscribers' | 'connections' | 'seconds' | 'window' | 'rate',
      minimum: number,
      maximum: number,
    ) => readInteger(name, values[name], { minimum, maximum });
    const load: Load = {
      pairs: within('pairs', 1, 1_000) ?? 1,
      subscribers: within('subscribers', 1, 1_000) ?? 1,
      connections: within('connections', 0, 100_000) ?? 0,
      seconds: within('seconds', 1, 86_400) ?? 5,
      rate: within('rate', 1, 1_000_000),
      window: within('window', 1, 10_000) ?? 100,
      size: readInteger('size', values.size, { minimum: 16, maximum: 1_048_576, unit: 'bytes' }) ?? 64,
      qos: readQoS(values.qos) ?? 0,
      topic: values.topic ?? 'petrel-bench',
    };
    if (load.rate !== undefined && values.window !== undefined)
      throw new UsageError('option "--window" is for a closed loop, "--rate" for an open one');
    assertTopicName(load.topic);
    const figures = await runLoad(load, await readConnection(values), terminal, (second, messages) => {
      if (!values.json) terminal.status(`second ${second} of ${load.seconds}: ${count(messages)} messages`);
    });
    terminal.status('');
    if (values.json)
      terminal.out(
        JSON.stringify({ ...load, loop: load.rate === undefined ? 'closed' : 'open', ...figures }),
      );
    else report(load, figures, terminal);
    terminal.interrupted.throwIfAborted();
  },
};

function report(load: Load, figures: Figures, terminal: Terminal): void {
  const { pairs, subscribers, connections, rate } = load;
  const { messages, sent, perSecond, measuredSeconds, connectMs, busy } = figures;
  const clients = pairs * (1 + subscribers) + connections;
  terminal.out(`${count(clients)} connections in ${count(connectMs)} ms`);
  terminal.out(`${count(messages)} messages, ${count(perSecond)} per second`);
  if (rate !== undefined) {
    const due = Math.round(rate * measuredSeconds);
    terminal.out(
      `sent ${count(sent)} of ${count(due)} that were due${sent < due * 0.99 ? ': too many for this process' : ''}`,
    );
  }
  const { medianMs, p90Ms, p99Ms, p999Ms, maximumMs } = figures;
  terminal.out(
    `on their way: median ${medianMs} ms, 90 % within ${p90Ms} ms, 99 % within ${p99Ms} ms, 99.9 % within ${p999Ms} ms, longest ${maximumMs} ms`,
  );
  if (rate === undefined)
    terminal.out('closed loop: these are the times of a full window; --rate measures those of a steady load');
  if (busy > 0.9)
    terminal.out(
      `this process was busy ${Math.round(busy * 100)} % of the time: it may be what was measured`,
    );
}

function count(value: number): string {
  return value.toLocaleString('en');
}
