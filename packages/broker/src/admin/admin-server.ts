/** HTTP for operators: health, figures, and a look at sessions and messages. One request, one route, one answer. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PetrelError, UsageError } from '@petrel/protocol';
import type { Broker } from '../broker.js';
import { listen } from '../listeners/listener.js';
import { OptionReader } from '../option-reader.js';
import { version } from '../version.js';
import { assertKnown, findRoute, RequestError, type Route, type RouteAnswer } from './route.js';
import { adminRoutes } from './routes.js';

/** Characters: nobody guesses these in a lifetime. */
export const shortestToken = 16;
const mostBodyBytes = 1_048_576;
const mostConnections = 64;
const requestTimeoutMs = 10_000;

/** Options of `openAdminServer`. */
export interface AdminServerOptions {
  /** At least 16 characters. Asked for as `Authorization: Bearer …` by everything but `/health` and `/ready`. */
  readonly token: string;
  /** 0 = any free one. Default 9883. */
  readonly port?: number | undefined;
  /** Address or name. Default 127.0.0.1; whoever can reach another one needs no more than the token, which travels in the clear. */
  readonly host?: string | undefined;
  /** Answers `/metrics` without a token. Default false. */
  readonly publicMetrics?: boolean | undefined;
  /** Reads the configuration again, for `POST /api/v1/reload`. Default: there is no such address. */
  readonly reload?: (() => Promise<void>) | undefined;
}

/** A running admin server. */
export interface AdminServer {
  /** `http://127.0.0.1:9883`. */
  readonly url: string;
  readonly port: number;
  /** From now on another token is asked for, and the former one is good for nothing. Throws UsageError for one that is too short. */
  changeToken(token: string): void;
  /** Takes no more requests and finishes those that it has. May be called twice. */
  close(): Promise<void>;
}

/** Opens the HTTP API of a broker. Throws UsageError for an option that no rule allows; rejects with ListenError where the port cannot be had. */
export async function openAdminServer(broker: Broker, options: AdminServerOptions): Promise<AdminServer> {
  const read = new OptionReader(options);
  const token = readToken(read);
  const port = read.integer('port', { minimum: 0, maximum: 65_535 }, 9883);
  const host = read.string('host', '127.0.0.1');
  const publicMetrics = read.boolean('publicMetrics', false);
  const reload = read.optional('reload', (name) =>
    read.check<() => Promise<void>>(name, 'a function', (value) => typeof value === 'function'),
  );
  read.end();
  const routes = adminRoutes(version, reload).map((route) =>
    route.path === '/metrics' ? { ...route, isPublic: publicMetrics } : route,
  );
  const desk = new Desk(broker, routes, token);
  const server = createServer(
    { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs },
    desk.serve,
  );
  server.maxConnections = mostConnections;
  await listen(server, { port, host });
  const address = server.address() as AddressInfo;
  const shownHost = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  let closing: Promise<void> | undefined;
  return {
    url: `http://${shownHost}:${address.port}`,
    port: address.port,
    changeToken: (next) => desk.changeToken(readToken(new OptionReader({ token: next }))),
    close: () => {
      closing ??= new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      });
      return closing;
    },
  };
}

function readToken(read: OptionReader): string {
  return read.check<string>(
    'token',
    `text of at least ${shortestToken} characters`,
    (value) => typeof value === 'string' && value.length >= shortestToken,
  );
}

/** Takes requests in: who asks, what for, and the answer. */
class Desk {
  readonly #broker: Broker;
  readonly #routes: readonly Route[];
  #tokenHash: Buffer;

  constructor(broker: Broker, routes: readonly Route[], token: string) {
    this.#broker = broker;
    this.#routes = routes;
    this.#tokenHash = hash(token);
  }

  changeToken(token: string): void {
    this.#tokenHash = hash(token);
  }

  readonly serve = (request: IncomingMessage, response: ServerResponse): void => {
    this.#answer(request)
      .catch(problemOf)
      .then((answer) => send(response, answer))
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

  #isKnown(header: string | undefined): boolean {
    const [, token] = /^Bearer (.+)$/i.exec(header ?? '') ?? [];
    // Hashes have one length, so that comparing tells nothing of the token's.
    return token !== undefined && timingSafeEqual(hash(token), this.#tokenHash);
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
