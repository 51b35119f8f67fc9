/**
 * Topic Filters with names for their wildcards: `:room` for `+`, `*rest` for `#`. Pure; knows no message and no handler.
 *
 * Only the first character of a level counts: `a:b` is plain text. Doubled it stands for itself: `::room` is the level `:room`,
 * `**` the level `*`.
 */
import { assertTopicName, parseTopicFilter, UsageError } from '@petrel/protocol';

/** What the parameters of a pattern are in a Topic Name, by their names. */
export type TopicParameters<Pattern extends string> = string extends Pattern
  ? Readonly<Record<string, string>>
  : { readonly [Name in ParameterNames<Pattern>]: string };

/** What to put in the place of a pattern's parameters; numbers are written in decimal. */
export type TopicParameterValues<Pattern extends string> = string extends Pattern
  ? Readonly<Record<string, string | number>>
  : { readonly [Name in ParameterNames<Pattern>]: string | number };

/** The names of a pattern's parameters: `'room' | 'probe'` of `sensors/:room/temperature/:probe`. */
export type ParameterNames<Pattern extends string> = Pattern extends `${infer Level}/${infer Others}`
  ? ParameterName<Level> | ParameterNames<Others>
  : ParameterName<Pattern>;

type ParameterName<Level extends string> = Level extends `::${string}` | `**${string}`
  ? never
  : Level extends `:${infer Name}` | `*${infer Name}`
    ? Name
    : never;

interface Parameter {
  readonly name: string;
  /** Which level of the Topic Name, from 0. */
  readonly level: number;
  /** All levels from there to the end. */
  readonly isRest: boolean;
}

const none: Readonly<Record<string, string>> = Object.freeze({});

/** A pattern taken apart once, when it is declared. */
export class TopicPattern<Pattern extends string = string> {
  /** As it was written. */
  readonly pattern: Pattern;
  /** What is subscribed: with `+` and `#`, and with `$share/<name>/` where the pattern has it. */
  readonly topicFilter: string;
  readonly parameterNames: readonly string[];
  readonly #parameters: readonly Parameter[];
  readonly #levels: readonly string[];

  /** Throws UsageError for a bad parameter, TopicError where the rest is no Topic Filter [MQTT-4.7.1-1] [MQTT-4.7.1-2]. */
  constructor(pattern: Pattern) {
    const { share, levels } = splitShare(pattern);
    const parameters = levels.flatMap((level, index) => parameterOf(pattern, level, index, levels.length));
    const filterLevels = levels.map((level) => (isParameter(level) ? wildcardOf(level) : unescaped(level)));
    this.pattern = pattern;
    this.topicFilter = share + filterLevels.join('/');
    this.parameterNames = parameters.map(({ name }) => name);
    this.#parameters = parameters;
    this.#levels = filterLevels;
    const repeated = this.parameterNames.find((name, index, names) => names.indexOf(name) !== index);
    if (repeated !== undefined) throw bad(pattern, `has the parameter "${repeated}" twice`);
    parseTopicFilter(this.topicFilter);
  }

  /** The parameters of a Topic Name that matches; a `*rest` that matched no level at all is the empty string. */
  parametersOf(topicName: string): TopicParameters<Pattern> {
    if (this.#parameters.length === 0) return none as TopicParameters<Pattern>;
    const levels = topicName.split('/');
    const values: Record<string, string> = {};
    for (const { name, level, isRest } of this.#parameters) {
      values[name] = isRest ? levels.slice(level).join('/') : (levels[level] ?? '');
    }
    return values as TopicParameters<Pattern>;
  }

  /** The Topic Name with these values in it; throws UsageError naming the parameter, TopicError where it is none. */
  topicName(values: TopicParameterValues<Pattern>): string {
    const given: Readonly<Record<string, unknown>> = values;
    const levels = [...this.#levels];
    for (const parameter of this.#parameters) {
      levels[parameter.level] = levelFor(this.pattern, parameter, given[parameter.name]);
    }
    for (const name of Object.keys(given)) {
      if (this.parameterNames.includes(name)) continue;
      const known = this.parameterNames.join(', ') || 'none';
      throw new UsageError(`topic pattern "${this.pattern}" has no parameter "${name}"; it has ${known}`);
    }
    const topicName = levels.join('/');
    assertTopicName(topicName, `Topic Name made of "${this.pattern}"`);
    return topicName;
  }
}

/** Writes any text as a level that stands for itself: `:a` becomes `::a`. */
export function escapeTopicLevel(level: string): string {
  return isMarked(level) ? level.charAt(0) + level : level;
}

function splitShare(pattern: string): { share: string; levels: string[] } {
  if (typeof pattern !== 'string')
    throw new UsageError(`a topic pattern must be a string, got ${typeof pattern}`);
  // A ShareName is a name, whatever it begins with.
  const share = /^\$share\/[^/]*\//.exec(pattern)?.[0] ?? '';
  return { share, levels: pattern.slice(share.length).split('/') };
}

function parameterOf(pattern: string, level: string, index: number, count: number): Parameter[] {
  if (!isParameter(level)) return [];
  const name = level.slice(1);
  const isRest = level.startsWith('*');
  if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name)) {
    const escaping = `a level that is this text is written "${escapeTopicLevel(level)}"`;
    throw bad(
      pattern,
      `has "${level}": a parameter is "${level.charAt(0)}" and a name of letters, digits and "_"; ${escaping}`,
    );
  }
  if (isRest && index !== count - 1) throw bad(pattern, `has "${level}" other than as its last level`);
  return [{ name, level: index, isRest }];
}

function levelFor(pattern: string, { name, isRest }: Parameter, value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number') {
    const got = value === undefined ? 'nothing' : typeof value;
    throw new UsageError(
      `parameter "${name}" of topic pattern "${pattern}" must be a string or a number, got ${got}`,
    );
  }
  const text = String(value);
  const forbidden = isRest ? /[+#\0]/ : /[/+#\0]/;
  if (!forbidden.test(text)) return text;
  const rule = isRest ? '"+" and "#"' : '"/", "+" and "#"';
  throw new UsageError(
    `parameter "${name}" of topic pattern "${pattern}" must be text without ${rule}, got ${JSON.stringify(text)}`,
  );
}

function isMarked(level: string): boolean {
  return level.startsWith(':') || level.startsWith('*');
}

function isParameter(level: string): boolean {
  return isMarked(level) && level.charAt(0) !== level.charAt(1);
}

function wildcardOf(level: string): string {
  return level.startsWith('*') ? '#' : '+';
}

function unescaped(level: string): string {
  return isMarked(level) ? level.slice(1) : level;
}

function bad(pattern: string, why: string): UsageError {
  return new UsageError(`topic pattern "${pattern}" ${why}`);
}
