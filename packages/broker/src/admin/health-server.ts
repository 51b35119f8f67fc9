/** HTTP for a supervisor that is not on this machine, such as Kubernetes: `/health` and `/ready`, and nothing else. */
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import type { Broker } from '../broker.js';
import { listen } from '../listeners/listener.js';
import { OptionReader } from '../option-reader.js';
import { Desk } from './desk.js';
import { healthRoutes } from './health-routes.js';
import { closing, placeOf, requestsWithin } from './http-server.js';

const mostConnections = 32;
const requestTimeoutMs = 5_000;

/** Options of `openHealthServer`. */
export interface HealthServerOptions {
  /** 0 = any free one. Default 9884. */
  readonly port?: number | undefined;
  /** Address or name. Default 127.0.0.1. */
  readonly host?: string | undefined;
}

/** A running health server. */
export interface HealthServer {
  /** `http://127.0.0.1:9884`. */
  readonly url: string;
  readonly port: number;
  /** Takes no more requests and finishes those that it has, within a second. May be called twice. */
  close(): Promise<void>;
}

/**
 * Answers `GET /health` and `GET /ready` to everybody who reaches the address, and changes nothing. At most 32 connections at a time: the oldest goes first, so
 * that nobody can keep the supervisor out. Throws UsageError for an option that no rule allows; rejects with ListenError where the port cannot be had.
 */
export async function openHealthServer(
  broker: Broker,
  options: HealthServerOptions = {},
): Promise<HealthServer> {
  const read = new OptionReader(options);
  const port = read.integer('port', { minimum: 0, maximum: 65_535 }, 9884);
  const host = read.string('host', '127.0.0.1');
  read.end();
  const desk = new Desk(broker, healthRoutes, undefined);
  const server = createServer(
    { ...requestsWithin(requestTimeoutMs), maxHeaderSize: 8_192 },
    (request, response) => {
      response.setHeader('Connection', 'close');
      desk.serve(request, response);
    },
  );
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    const [oldest] = sockets;
    if (oldest !== undefined && sockets.size >= mostConnections) {
      sockets.delete(oldest);
      oldest.destroy();
    }
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await listen(server, { port, host });
  return { ...placeOf(server), close: closing(server) };
}
