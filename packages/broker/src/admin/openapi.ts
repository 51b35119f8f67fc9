/** The OpenAPI 3.1 document of the admin API, made of its routes. */
import type { Route, Schema } from './route.js';
import { problem } from './schemas.js';

const json = (schema: Schema) => ({ 'application/json': { schema } });

/** The document, as an object that is ready to be written as JSON. */
export function openApiDocument(routes: readonly Route[], version: string): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    paths[route.path] ??= {};
    (paths[route.path] as Record<string, unknown>)[route.method.toLowerCase()] = operation(route);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Petrel broker, administration', version },
    paths,
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    security: [{ token: [] }],
  };
}

function operation({ method, path, summary, isPublic, query = {}, body, answers }: Route): unknown {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const inQuery = Object.entries(query).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    description,
    schema,
  }));
  const refusals = {
    400: { description: 'A value that no rule allows, or a parameter that does not exist.', schema: problem },
    ...(!isPublic && { 401: { description: 'No token, or a wrong one.', schema: problem } }),
    403: { description: 'A web page asks.', schema: problem },
    ...(body && { 413: { description: 'The body is too large.', schema: problem } }),
  };
  return {
    operationId: `${method.toLowerCase()}${path.replaceAll(/[^a-zA-Z]+(\w?)/g, (_, letter: string) => letter.toUpperCase())}`,
    summary,
    ...(isPublic && { security: [] }),
    parameters: [...inPath, ...inQuery],
    ...(body && { requestBody: { content: json(body) } }),
    responses: Object.fromEntries(
      Object.entries({ ...answers, ...refusals }).map(([status, { description, schema }]) => [
        status,
        { description, ...(schema && { content: json(schema) }) },
      ]),
    ),
  };
}
