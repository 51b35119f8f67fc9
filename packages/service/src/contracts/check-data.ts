/** Holds data against a schema. */
import type { TopicPattern } from '../topic-pattern.js';
import { ContractError, type ContractPart } from './contract-error.js';
import type { SchemaResult, StandardSchema } from './standard-schema.js';

/** What data is, for whoever has to say that it is wrong. */
export interface DataPlace {
  readonly pattern: TopicPattern;
  readonly part: ContractPart;
}

/** The data as the schema gives it, at once unless the schema is asynchronous; throws or rejects with ContractError. */
export function checkData<Output>(
  schema: StandardSchema<unknown, Output>,
  data: unknown,
  place: DataPlace,
): Output | Promise<Output> {
  const result = schema['~standard'].validate(data);
  return result instanceof Promise ? result.then((awaited) => given(awaited, place)) : given(result, place);
}

function given<Output>(result: SchemaResult<Output>, { pattern, part }: DataPlace): Output {
  if (result.issues !== undefined) throw new ContractError(pattern.pattern, part, result.issues);
  return result.value;
}
