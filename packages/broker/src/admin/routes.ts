/** The addresses of the admin API, each with its words for the OpenAPI document and its answer. */
import type { RetainedInfo } from '../inspection.js';
import { healthRoutes } from './health-routes.js';
import { metricsContentType, metricsText } from './metrics-text.js';
import { openApiDocument } from './openapi.js';
import { readBody } from './read-body.js';
import { reloadRoute } from './reload-route.js';
import { RequestError, type Route, type RouteAnswer, readInteger } from './route.js';
import * as schemas from './schemas.js';

const mostAtOnce = 1_000;
const ok = (body: unknown): RouteAnswer => ({ status: 200, body });
const done: RouteAnswer = { status: 204 };
const notFound = { 404: { description: 'There is no such thing.', schema: schemas.problem } } as const;

const pageQuery = {
  limit: { type: 'integer', minimum: 1, maximum: mostAtOnce, default: 100, description: 'How many at most.' },
} as const;

/** Made once for each server. */
export function adminRoutes(version: string, reload?: () => Promise<void>): readonly Route[] {
  const routes: Route[] = [
    ...healthRoutes,
    {
      method: 'GET',
      path: '/metrics',
      summary: 'All figures, in the text format of Prometheus',
      answers: { 200: { description: 'The figures.' } },
      handle: ({ broker }) => {
        const { user, system } = process.cpuUsage();
        const { rss, heapUsed } = process.memoryUsage();
        const figures = { residentBytes: rss, heapBytes: heapUsed, cpuSeconds: (user + system) / 1e6 };
        return { status: 200, contentType: metricsContentType, body: metricsText(broker.metrics(), figures) };
      },
    },
    {
      method: 'GET',
      path: '/api/openapi.json',
      summary: 'This document',
      answers: { 200: { description: 'An OpenAPI 3.1 document.', schema: { type: 'object' } } },
      handle: () => ok(openApiDocument(routes, version)),
    },
    {
      method: 'GET',
      path: '/api/v1/broker',
      summary: 'Version, addresses and figures',
      answers: { 200: { description: 'The broker.', schema: schemas.brokerInfo } },
      handle: ({ broker }) => ok({ version, addresses: broker.addresses, metrics: broker.metrics() }),
    },
    ...sessionRoutes,
    ...messageRoutes,
    ...(reload === undefined ? [] : [reloadRoute(reload)]),
  ];
  return routes;
}

const sessionRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/sessions',
    summary: 'Sessions, connected or not',
    query: {
      ...pageQuery,
      after: { type: 'string', description: 'The last Client Identifier of the page before.' },
      connected: { type: 'boolean', description: 'Only those with, or without, a connection.' },
    },
    answers: {
      200: {
        description: 'A page of sessions.',
        schema: schemas.object({ sessions: schemas.list(schemas.session), hasMore: { type: 'boolean' } }),
      },
    },
    handle: ({ broker, query }) => {
      const limit = readInteger(query, 'limit', { minimum: 1, maximum: mostAtOnce, fallback: 100 });
      const wanted = readFlag(query, 'connected');
      const all = broker.sessions();
      const after = query.get('after');
      const start =
        after === null ? 0 : all.findIndex(({ clientIdentifier }) => clientIdentifier === after) + 1;
      if (after !== null && start === 0)
        throw new RequestError(400, `"after" names no session: ${JSON.stringify(after)}; begin again`);
      const rest = all.slice(start).filter(({ connected }) => wanted === undefined || connected === wanted);
      return ok({ sessions: rest.slice(0, limit), hasMore: rest.length > limit });
    },
  },
  {
    method: 'GET',
    path: '/api/v1/sessions/{clientIdentifier}',
    summary: 'One session, with its subscriptions',
    answers: { 200: { description: 'The session.', schema: schemas.sessionDetail }, ...notFound },
    handle: ({ broker, path }) => ok(orNothing(broker.session(path.clientIdentifier ?? ''), 'session')),
  },
  {
    method: 'GET',
    path: '/api/v1/sessions/{clientIdentifier}/deliveries/{topicName}',
    summary: 'Why messages of a topic do not reach a client',
    answers: { 200: { description: 'The answer.', schema: schemas.explanation } },
    handle: ({ broker, path }) =>
      ok(broker.explainDelivery(path.clientIdentifier ?? '', path.topicName ?? '')),
  },
  {
    method: 'DELETE',
    path: '/api/v1/sessions/{clientIdentifier}',
    summary: 'End a session with all that waits in it',
    answers: { 204: { description: 'It is gone.' }, ...notFound },
    handle: ({ broker, path }) => {
      orNothing(broker.endSession(path.clientIdentifier ?? '') || undefined, 'session');
      return done;
    },
  },
  {
    method: 'POST',
    path: '/api/v1/sessions/{clientIdentifier}/disconnect',
    summary: 'Send a client away; its session stays, and it may come back',
    body: schemas.disconnect,
    answers: { 204: { description: 'It is on its way.' }, ...notFound },
    handle: ({ broker, path, body }) => {
      const reason = readBody(body ?? {}, schemas.disconnect);
      orNothing(broker.disconnect(path.clientIdentifier ?? '', reason) || undefined, 'connected client');
      return done;
    },
  },
];

const messageRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/retained',
    summary: 'Retained messages that a Topic Filter matches',
    query: {
      ...pageQuery,
      offset: { type: 'integer', minimum: 0, default: 0, description: 'How many to pass over.' },
      topicFilter: { type: 'string', default: '#', description: 'Topic Filter.' },
    },
    answers: {
      200: {
        description: 'A page of messages.',
        schema: schemas.object({
          messages: schemas.list(schemas.retainedMessage),
          hasMore: { type: 'boolean' },
        }),
      },
    },
    handle: async ({ broker, query }) => {
      const page = await broker.retained({
        topicFilter: query.get('topicFilter') ?? undefined,
        limit: readInteger(query, 'limit', { minimum: 1, maximum: mostAtOnce, fallback: 100 }),
        offset: readInteger(query, 'offset', { minimum: 0, maximum: Number.MAX_SAFE_INTEGER, fallback: 0 }),
      });
      return ok({ messages: page.messages.map(shownMessage), hasMore: page.hasMore });
    },
  },
  {
    method: 'DELETE',
    path: '/api/v1/retained/{topicName}',
    summary: 'Clear the retained message of a topic',
    answers: { 204: { description: 'It is gone.' }, ...notFound },
    handle: async ({ broker, path }) => {
      const topicName = path.topicName ?? '';
      const { messages } = await broker.retained({ topicFilter: topicName, limit: 1 });
      orNothing(
        messages.find((each) => each.topicName === topicName),
        'retained message',
      );
      await broker.publish({ topicName, retain: true });
      return done;
    },
  },
  {
    method: 'POST',
    path: '/api/v1/publish',
    summary: 'Publish a message, past all access control',
    body: schemas.publish,
    answers: {
      200: {
        description: 'The store owns it. 0x10: nobody subscribes to the topic.',
        schema: schemas.object({ reasonCode: { type: 'integer' } }),
      },
    },
    handle: async ({ broker, body }) => {
      const { payload, payloadBase64, contentType, messageExpiryInterval, ...message } = readBody<{
        readonly topicName: string;
        readonly payload?: string;
        readonly payloadBase64?: string;
        readonly qos?: 0 | 1 | 2;
        readonly retain?: boolean;
        readonly contentType?: string;
        readonly messageExpiryInterval?: number;
      }>(body, schemas.publish);
      if (payload !== undefined && payloadBase64 !== undefined)
        throw new RequestError(400, '"payload" and "payloadBase64" exclude each other');
      const properties = {
        ...(contentType === undefined ? {} : { contentType }),
        ...(messageExpiryInterval === undefined ? {} : { messageExpiryInterval }),
      };
      const bytes = payloadBase64 === undefined ? payload : decodeBase64(payloadBase64);
      return ok(
        await broker.publish({ ...message, properties, ...(bytes === undefined ? {} : { payload: bytes }) }),
      );
    },
  },
];

function shownMessage({ payload, ...message }: RetainedInfo): unknown {
  const text = readableText(payload);
  const shown =
    text === undefined ? { payloadBase64: Buffer.from(payload).toString('base64') } : { payload: text };
  return { ...message, payloadBytes: payload.length, ...shown };
}

const strictText = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readableText(payload: Uint8Array): string | undefined {
  try {
    const text = strictText.decode(payload);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    return /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

function decodeBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64').replaceAll('=', '') === text.replaceAll('=', '')) return bytes;
  throw new RequestError(400, '"payloadBase64" is not Base64');
}

function readFlag(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (text === 'true' || text === 'false') return text === 'true';
  throw new RequestError(400, `"${name}" must be true or false, got ${JSON.stringify(text)}`);
}

function orNothing<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new RequestError(404, `there is no such ${what}`);
  return value;
}
