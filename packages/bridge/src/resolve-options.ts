/** Checks what createBridge was given, once; the caller's object is never written to. */
import type { ClientOptions } from '@petrel/client';
import { parseTopicFilter, type QoS, TopicError, UsageError } from '@petrel/protocol';
import type { BridgeEndOptions, BridgeEvent, BridgeOptions, BridgeTopic, Direction } from './options.js';
import { filtersMeet, type TopicRule, targetFilterOf } from './topic-rule.js';

const mostRules = 1_000;
const longestName = 64;
const sevenDays = 604_800;
const defaultReceiveMaximum = 100;
const defaultMaximumHops = 16;

const optionNames = ['name', 'local', 'remote', 'topics', 'maximumHops', 'onEvent'];
const topicNames = ['filter', 'direction', 'qos', 'localPrefix', 'remotePrefix'];
const decidedHere = ['cleanStart', 'onHandlerError', 'offlineQueue', 'will'];
const directions: readonly Direction[] = ['out', 'in', 'both'];

/** Complete and frozen. */
export interface ResolvedBridgeOptions {
  readonly name: string;
  readonly local: ClientOptions;
  readonly remote: ClientOptions;
  readonly out: readonly TopicRule[];
  readonly in: readonly TopicRule[];
  readonly maximumHops: number;
  readonly onEvent: (event: BridgeEvent) => void;
}

/** Throws UsageError or TopicError, naming the option, its value and the rule. */
export function resolveBridgeOptions(options: BridgeOptions): ResolvedBridgeOptions {
  assertNames(options, optionNames, 'bridge option');
  const { name, local, remote, topics, maximumHops = defaultMaximumHops, onEvent = () => {} } = options;
  if (typeof name !== 'string' || name === '' || name.length > longestName)
    throw new UsageError(
      `bridge option "name" must be 1–${longestName} characters, got ${JSON.stringify(name)}`,
    );
  if (!Array.isArray(topics) || topics.length === 0 || topics.length > mostRules)
    throw new UsageError(`bridge option "topics" must be an array of 1–${mostRules} rules`);
  if (!Number.isInteger(maximumHops) || maximumHops < 1 || maximumHops > 255)
    throw new UsageError(`bridge option "maximumHops" must be an integer 1–255, got ${String(maximumHops)}`);
  if (typeof onEvent !== 'function') throw new UsageError('bridge option "onEvent" must be a function');
  const rules = topics.map((topic, index) => resolveTopic(topic, `topics[${index}]`));
  return Object.freeze({
    name,
    local: endOptions(local, 'local', name),
    remote: endOptions(remote, 'remote', name),
    out: withoutDoubles(
      rules.flatMap((rule) => rule.out ?? []),
      'out',
    ),
    in: withoutDoubles(
      rules.flatMap((rule) => rule.in ?? []),
      'in',
    ),
    maximumHops,
    onEvent,
  });
}

function endOptions(given: BridgeEndOptions, side: 'local' | 'remote', name: string): ClientOptions {
  if (typeof given !== 'object' || given === null)
    throw new UsageError(`bridge option "${side}" must be an object with "url" or "stream"`);
  const decided = Object.keys(given).find((key) => decidedHere.includes(key));
  if (decided !== undefined) throw new UsageError(`the bridge itself decides "${side}.${decided}"`);
  return Object.freeze({
    clientIdentifier: name,
    sessionExpiryInterval: sevenDays,
    receiveMaximum: defaultReceiveMaximum,
    ...given,
    // What is not acknowledged yet waits in the server's session, whatever happens to this process.
    cleanStart: false,
    // A message that cannot be carried over now is left to the server, which sends it again.
    onHandlerError: 'disconnect',
    // QoS 1 and 2 are bounded by the other end's Receive Maximum. QoS 0 waits nowhere.
    offlineQueue: { qos0: false },
  });
}

function resolveTopic(
  topic: BridgeTopic,
  path: string,
): { readonly out: TopicRule | undefined; readonly in: TopicRule | undefined } {
  assertNames(topic, topicNames, `option of "${path}"`);
  const { filter, direction = 'out', qos = 1, localPrefix = '', remotePrefix = '' } = topic;
  if (!directions.includes(direction))
    throw new UsageError(`"${path}.direction" must be out, in or both, got ${JSON.stringify(direction)}`);
  if (qos !== 0 && qos !== 1 && qos !== 2)
    throw new UsageError(`"${path}.qos" must be 0, 1 or 2, got ${JSON.stringify(qos)}`);
  assertPrefix(localPrefix, `${path}.localPrefix`);
  assertPrefix(remotePrefix, `${path}.remotePrefix`);
  if (typeof filter !== 'string') throw new UsageError(`"${path}.filter" must be a string`);
  return {
    out: direction === 'in' ? undefined : rule(filter, qos, localPrefix, remotePrefix, path),
    in: direction === 'out' ? undefined : rule(filter, qos, remotePrefix, localPrefix, path),
  };
}

function rule(filter: string, qos: QoS, sourcePrefix: string, targetPrefix: string, path: string): TopicRule {
  for (const prefix of [sourcePrefix, targetPrefix]) {
    const { shareName } = parseTopicFilter(prefix + filter);
    if (shareName !== undefined)
      throw new TopicError(`"${path}" is a Shared Subscription; a bridge has to get every message`);
  }
  return Object.freeze({ topicFilter: sourcePrefix + filter, qos, sourcePrefix, targetPrefix });
}

function assertPrefix(prefix: unknown, path: string): void {
  if (typeof prefix !== 'string' || /[+#\0]/.test(prefix))
    throw new UsageError(`"${path}" must be a string without wildcards, got ${JSON.stringify(prefix)}`);
}

/** Two rules that publish the same message twice are a mistake. */
function withoutDoubles(rules: readonly TopicRule[], direction: string): readonly TopicRule[] {
  rules.forEach((one, index) => {
    const double = rules
      .slice(0, index)
      .find(
        (other) =>
          filtersMeet(one.topicFilter, other.topicFilter) &&
          filtersMeet(targetFilterOf(one), targetFilterOf(other)),
      );
    if (double !== undefined)
      throw new UsageError(
        `the rules "${double.topicFilter}" and "${one.topicFilter}" (${direction}) carry the same messages to the same topics`,
      );
  });
  return Object.freeze(rules);
}

function assertNames(given: unknown, known: readonly string[], what: string): void {
  if (typeof given !== 'object' || given === null)
    throw new UsageError(`${what}s must be an object, got ${String(given)}`);
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new UsageError(`${what} "${unknown}" is unknown; known are ${known.join(', ')}`);
}
