/** Holds the body of a request to its schema: the few forms of JSON Schema that this API uses. */
import { RequestError, type Schema } from './route.js';

interface ObjectSchema {
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required: readonly string[];
}

/** Throws RequestError 400 that names the field, its value and the rule. */
export function readBody<T = Readonly<Record<string, never>>>(body: unknown, schema: Schema): T {
  const { properties, required } = schema as unknown as ObjectSchema;
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new RequestError(400, 'the body must be a JSON object');
  for (const name of required) {
    if (!(name in body)) throw new RequestError(400, `"${name}" is missing`);
  }
  for (const [name, value] of Object.entries(body)) {
    const rule = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (rule === undefined)
      throw new RequestError(400, `"${name}" is unknown; known are ${Object.keys(properties).join(', ')}`);
    const wanted = brokenRule(value, rule);
    if (wanted !== undefined)
      throw new RequestError(400, `"${name}" must be ${wanted}, got ${JSON.stringify(value)?.slice(0, 80)}`);
  }
  return body as T;
}

function brokenRule(
  value: unknown,
  { type, enum: values, minimum = 0, maximum = Infinity }: Schema,
): string | undefined {
  if (Array.isArray(values)) return values.includes(value) ? undefined : `one of ${values.join(', ')}`;
  switch (type) {
    case 'integer': {
      const isFine =
        Number.isSafeInteger(value) && Number(value) >= Number(minimum) && Number(value) <= Number(maximum);
      return isFine ? undefined : `an integer ${minimum}–${maximum}`;
    }
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'true or false';
    default:
      return typeof value === 'string' ? undefined : 'text';
  }
}
