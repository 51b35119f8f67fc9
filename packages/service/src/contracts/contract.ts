/** What travels on which topic, said once for both ends: patterns, kinds of operation, schemas. Sends nothing. */
import { UsageError } from '@petrel/protocol';
import { TopicPattern } from '../topic-pattern.js';
import type { StandardSchema } from './standard-schema.js';

/** What a document tells a reader about an operation. */
export interface OperationNotes {
  /** One sentence. */
  readonly summary?: string;
  readonly description?: string;
}

/** A message that nobody answers. */
export interface EventOperation<Payload extends StandardSchema = StandardSchema> extends OperationNotes {
  readonly kind: 'event';
  readonly payload: Payload;
}

/** A question with one answer. */
export interface RequestOperation<
  Input extends StandardSchema = StandardSchema,
  Output extends StandardSchema = StandardSchema,
> extends OperationNotes {
  readonly kind: 'request';
  readonly input: Input;
  readonly output: Output;
}

/** A question with any number of answers; `output` is the schema of each. */
export interface StreamOperation<
  Input extends StandardSchema = StandardSchema,
  Output extends StandardSchema = StandardSchema,
> extends OperationNotes {
  readonly kind: 'stream';
  readonly input: Input;
  readonly output: Output;
}

/** Anything that a contract can say about a topic. */
export type Operation = EventOperation | RequestOperation | StreamOperation;

/** Operations by their topic patterns. */
export type Operations = Readonly<Record<string, Operation>>;

/** The patterns of all operations of some kinds. */
export type PatternsOf<All extends Operations, Kind extends Operation['kind']> = {
  [Pattern in keyof All & string]: All[Pattern]['kind'] extends Kind ? Pattern : never;
}[keyof All & string];

/** One operation, with its pattern taken apart. */
export interface DeclaredOperation {
  readonly pattern: TopicPattern;
  readonly operation: Operation;
}

/** Says that a topic carries events: `event({ payload: z.number() })`. */
export function event<Payload extends StandardSchema>(
  said: Omit<EventOperation<Payload>, 'kind'>,
): EventOperation<Payload> {
  return Object.freeze({ ...said, kind: 'event' });
}

/** Says that a topic takes requests with one answer: `request({ input, output })`. */
export function request<Input extends StandardSchema, Output extends StandardSchema>(
  said: Omit<RequestOperation<Input, Output>, 'kind'>,
): RequestOperation<Input, Output> {
  return Object.freeze({ ...said, kind: 'request' });
}

/** Says that a topic takes requests with a stream of answers: `stream({ input, output })`. */
export function stream<Input extends StandardSchema, Output extends StandardSchema>(
  said: Omit<StreamOperation<Input, Output>, 'kind'>,
): StreamOperation<Input, Output> {
  return Object.freeze({ ...said, kind: 'stream' });
}

/** What both ends agreed on. Made by `defineContract`. */
export class Contract<All extends Operations = Operations> {
  /** In the order in which they were written. */
  readonly operations: ReadonlyMap<string, DeclaredOperation>;
  /** For the compiler only. */
  declare readonly all: All;

  constructor(operations: All) {
    this.operations = new Map(
      Object.entries(operations).map(([pattern, operation]) => [pattern, declared(pattern, operation)]),
    );
  }

  /** The operation of a pattern; throws UsageError where it is none, or none of these kinds. */
  operation(pattern: string, ...kinds: Operation['kind'][]): DeclaredOperation {
    const found = this.operations.get(pattern);
    if (found === undefined) {
      throw new UsageError(
        `the contract has no "${pattern}"; it has ${[...this.operations.keys()].map((each) => `"${each}"`).join(', ')}`,
      );
    }
    if (kinds.includes(found.operation.kind)) return found;
    throw new UsageError(`"${pattern}" is of the kind "${found.operation.kind}", not ${kinds.join(' or ')}`);
  }
}

/**
 * Makes a contract of operations by topic pattern: `defineContract({ 'sensors/:room': event({ payload }) })`.
 *
 * Throws UsageError for a bad pattern, a wildcard without a name, and what is no schema of the Standard Schema interface.
 */
export function defineContract<const All extends Operations>(operations: All): Contract<All> {
  return new Contract(operations);
}

function declared(topicPattern: string, operation: Operation): DeclaredOperation {
  const pattern = new TopicPattern(topicPattern);
  if (topicPattern.startsWith('$share/')) {
    throw new UsageError(
      `"${topicPattern}": a contract says nothing about groups; which replica gets a message is its receivers' choice`,
    );
  }
  // A sender could not make a topic of it.
  if (topicPattern.split('/').some((level) => level === '+' || level === '#')) {
    throw new UsageError(`"${topicPattern}" has a wildcard without a name; write ":name" or "*name"`);
  }
  const { kind } = operation;
  if (kind === 'event') assertSchema(topicPattern, 'payload', operation.payload);
  else if (kind === 'request' || kind === 'stream') {
    assertSchema(topicPattern, 'input', operation.input);
    assertSchema(topicPattern, 'output', operation.output);
  } else throw new UsageError(`"${topicPattern}" must be made by event(), request() or stream()`);
  return Object.freeze({ pattern, operation });
}

function assertSchema(topicPattern: string, part: string, schema: StandardSchema | undefined): void {
  const standard = schema?.['~standard'];
  if (standard?.version === 1 && typeof standard.validate === 'function') return;
  throw new UsageError(
    `"${part}" of "${topicPattern}" must be a schema with the Standard Schema interface 1`,
  );
}
