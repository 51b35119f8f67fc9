/** Takes requests in: who asks, what for, and the answer. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PetrelError, UsageError } from '@petrel/protocol';
import type { Broker } from '../broker.js';
import { assertKnown, findRoute, RequestError, type Route, type RouteAnswer } from './route.js';

const mostBodyBytes = 1_048_576;
const longestPath = 512;

/** What somebody changed, or was not allowed to ask. */
export interface AdminAction {
  readonly method: string;
  /** Without the query, and cut at 512 characters. */
  readonly path: string;
  /** Of the answer. */
  readonly status: number;
  readonly remoteAddress: string | undefined;
}

/** One server's. */
export class Desk {
  readonly #broker: Broker;
  readonly #routes: readonly Route[];
  readonly #onAction: ((action: AdminAction) => void) | undefined;
  #tokenHash: Buffer | undefined;

  /** Without a token only public routes are answered. */
  constructor(
    broker: Broker,
    routes: readonly Route[],
    token: string | undefined,
    onAction?: (action: AdminAction) => void,
  ) {
    this.#broker = broker;
    this.#routes = routes;
    this.#tokenHash = token === undefined ? undefined : hash(token);
    this.#onAction = onAction;
  }

  changeToken(token: string): void {
    this.#tokenHash = hash(token);
  }

  readonly serve = (request: IncomingMessage, response: ServerResponse): void => {
    this.#answer(request)
      .catch(problemOf)
      .then((answer) => {
        this.#tell(request, answer.status);
        send(response, answer);
      })
      // The other end is gone: there is nobody to tell.
      .catch(() => response.destroy());
  };

  async #answer(request: IncomingMessage): Promise<RouteAnswer> {
    // A page in somebody's browser has no business here.
    if (request.headers.origin !== undefined)
      throw new RequestError(403, 'requests of web pages are refused');
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://admin');
    // A server that knows GET knows HEAD [RFC 9110, 9.1]; Node leaves the body out.
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const { route, path } = findRoute(this.#routes, method ?? 'GET', pathname);
    assertKnown(route, searchParams);
    if (!route.isPublic && !this.#isKnown(request.headers.authorization))
      throw new RequestError(401, 'a token is needed: Authorization: Bearer …');
    const body = route.body === undefined ? undefined : await readJson(request);
    return route.handle({ broker: this.#broker, path, query: searchParams, body });
  }

  /** Whoever only looks at what he may see is not told of. */
  #tell({ method = '', url = '', socket }: IncomingMessage, status: number): void {
    const isLook = method === 'GET' || method === 'HEAD';
    if (this.#onAction === undefined || (isLook && status !== 401 && status !== 403)) return;
    const [path = ''] = url.split('?', 1);
    this.#onAction({ method, path: path.slice(0, longestPath), status, remoteAddress: socket.remoteAddress });
  }

  #isKnown(header: string | undefined): boolean {
    const [, token] = /^Bearer (.+)$/i.exec(header ?? '') ?? [];
    // Hashes have one length, so that comparing tells nothing of the token's.
    return (
      token !== undefined && this.#tokenHash !== undefined && timingSafeEqual(hash(token), this.#tokenHash)
    );
  }
}

function hash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBodyBytes) throw new RequestError(413, `the body has more than ${mostBodyBytes} bytes`);
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new RequestError(400, 'the body is not JSON');
  }
}

/** The one map from errors to statuses. */
function problemOf(error: unknown): RouteAnswer {
  if (error instanceof RequestError)
    return { status: error.status, body: { error: error.message }, allow: error.allow };
  if (error instanceof UsageError || (error instanceof PetrelError && error.code === 'PETREL_TOPIC_INVALID'))
    return { status: 400, body: { error: error.message } };
  if (error instanceof PetrelError) return { status: 503, body: { error: error.message } };
  return { status: 500, body: { error: 'the broker failed to answer' } };
}

function send(
  response: ServerResponse,
  { status, body, allow, contentType = 'application/json' }: RouteAnswer,
): void {
  response.statusCode = status;
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  if (allow !== undefined) response.setHeader('Allow', allow);
  // What is left of a body that nobody reads must not become the next request.
  if (status >= 400) response.setHeader('Connection', 'close');
  if (body === undefined) {
    response.end();
    return;
  }
  response.setHeader('Content-Type', contentType);
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
