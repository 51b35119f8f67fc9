/** What one address of the admin API is: from the same rows come the answers and the OpenAPI document. */
import type { Broker } from '../broker.js';

/** A JSON Schema, as far as this API needs it. */
export type Schema = Readonly<Record<string, unknown>>;

/** What a handler gets. */
export interface RouteRequest {
  readonly broker: Broker;
  /** Parts of the path, decoded. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Undefined where the request had none. */
  readonly body: unknown;
}

/** What goes back; without a body, 204. */
export interface RouteAnswer {
  readonly status: number;
  readonly body?: unknown;
  /** Default `application/json`. */
  readonly contentType?: string;
  /** Methods of this address, where the one that was asked for is not among them. */
  readonly allow?: string | undefined;
}

/** One method of one address. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With `{names}` in braces. */
  readonly path: string;
  readonly summary: string;
  /** True: answered without a token. */
  readonly isPublic?: boolean;
  readonly query?: Readonly<Record<string, Schema & { readonly description: string }>>;
  readonly body?: Schema;
  /** By status; the first one is that of success. */
  readonly answers: Readonly<Record<number, { readonly description: string; readonly schema?: Schema }>>;
  readonly handle: (request: RouteRequest) => RouteAnswer | Promise<RouteAnswer>;
}

/** A request that cannot be answered, with what its sender is told. */
export class RequestError extends Error {
  override readonly name = 'RequestError';

  constructor(
    readonly status: number,
    message: string,
    /** As in RouteAnswer. */
    readonly allow?: string,
  ) {
    super(message);
  }
}

/** The route for a request, and the parts of its path. */
export function findRoute(
  routes: readonly Route[],
  method: string,
  pathname: string,
): { readonly route: Route; readonly path: Readonly<Record<string, string>> } {
  const parts = pathname.split('/');
  const here = routes.flatMap((route) => {
    const path = matchPath(route.path.split('/'), parts);
    return path === undefined ? [] : [{ route, path }];
  });
  if (here.length === 0) throw new RequestError(404, `there is nothing at ${pathname}`);
  const found = here.find(({ route }) => route.method === method);
  if (found !== undefined) return found;
  const methods = here.map(({ route }) => route.method);
  const allow = methods.flatMap((each) => (each === 'GET' ? [each, 'HEAD'] : [each])).join(', ');
  throw new RequestError(405, `${pathname} knows ${methods.join(', ')}, not ${method}`, allow);
}

/** Throws RequestError for a parameter that the route has not: passed over, a misspelt one would give another answer than the one that was asked for. */
export function assertKnown({ query = {} }: Route, given: URLSearchParams): void {
  const unknown = [...given.keys()].find((name) => !Object.hasOwn(query, name));
  if (unknown === undefined) return;
  const known = Object.keys(query).join(', ') || 'none';
  throw new RequestError(400, `${JSON.stringify(unknown)} is unknown; known are ${known}`);
}

function matchPath(pattern: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined;
  const found: Record<string, string> = {};
  for (const [index, wanted] of pattern.entries()) {
    const part = parts[index] as string;
    if (!wanted.startsWith('{')) {
      if (wanted !== part) return undefined;
      continue;
    }
    try {
      found[wanted.slice(1, -1)] = decodeURIComponent(part);
    } catch {
      throw new RequestError(400, `"${part}" is not percent-encoded UTF-8`);
    }
  }
  return found;
}

/** An integer of the query string within bounds. */
export function readInteger(
  query: URLSearchParams,
  name: string,
  { minimum, maximum, fallback }: { minimum: number; maximum: number; fallback: number },
): number {
  const text = query.get(name);
  if (text === null) return fallback;
  const value = Number(text);
  if (/^\d{1,15}$/.test(text) && value >= minimum && value <= maximum) return value;
  throw new RequestError(
    400,
    `"${name}" must be an integer ${minimum}–${maximum}, got ${JSON.stringify(text)}`,
  );
}
