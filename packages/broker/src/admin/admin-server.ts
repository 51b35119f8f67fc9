/** HTTP for operators: health, figures, and a look at sessions and messages. One request, one route, one answer. */
import { createServer } from 'node:http';
import type { Broker } from '../broker.js';
import { listen } from '../listeners/listener.js';
import { OptionReader } from '../option-reader.js';
import { version } from '../version.js';
import { type AdminAction, Desk } from './desk.js';
import type { HealthServer } from './health-server.js';
import { closing, placeOf, requestsWithin } from './http-server.js';
import { adminRoutes } from './routes.js';

/** Characters: nobody guesses these in a lifetime. */
export const shortestToken = 16;
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
  /** Is told of everything but looks: what was changed, and who was refused. Default none. */
  readonly onAction?: ((action: AdminAction) => void) | undefined;
}

/** A running admin server. */
export interface AdminServer extends HealthServer {
  /** From now on another token is asked for, and the former one is good for nothing. Throws UsageError for one that is too short. */
  changeToken(token: string): void;
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
  const onAction = read.optional('onAction', (name) =>
    read.check<(action: AdminAction) => void>(name, 'a function', (value) => typeof value === 'function'),
  );
  read.end();
  const routes = adminRoutes(version, reload).map((route) =>
    route.path === '/metrics' ? { ...route, isPublic: publicMetrics } : route,
  );
  const desk = new Desk(broker, routes, token, onAction);
  const server = createServer(requestsWithin(requestTimeoutMs), desk.serve);
  server.maxConnections = mostConnections;
  await listen(server, { port, host });
  return {
    ...placeOf(server),
    changeToken: (next) => desk.changeToken(readToken(new OptionReader({ token: next }))),
    close: closing(server),
  };
}

function readToken(read: OptionReader): string {
  return read.check<string>(
    'token',
    `text of at least ${shortestToken} characters`,
    (value) => typeof value === 'string' && value.length >= shortestToken,
  );
}
