/**
 * Spans of a service, by OpenTelemetry's semantic conventions for messaging. The only file that knows OpenTelemetry: who does
 * not import it needs no package and pays nothing.
 *
 * The context of a trace travels as whatever the program's propagator writes, by default W3C's `traceparent` and `tracestate`: in User
 * Properties, or in the metadata of the envelope where those do not exist.
 */
import {
  type Attributes,
  type Context,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import { parseTopicFilter, type UserProperties } from '@petrel/protocol';
import type { Endpoint } from './endpoint.js';
import type { Outgoing } from './exchange.js';
import type { Handling, Observation, Observer } from './observer.js';

/** Options of `openTelemetry`. */
export interface OpenTelemetryOptions {
  /** Where spans go. Default: what the program registered globally. */
  readonly tracerProvider?: TracerProvider;
  /** Attributes of every span, such as `server.address`. */
  readonly attributes?: Attributes;
}

const fromUserProperties: TextMapGetter<UserProperties> = {
  keys: (userProperties) => userProperties.map(([name]) => name),
  get: (userProperties, wanted) => userProperties.find(([name]) => name.toLowerCase() === wanted)?.[1],
};

/**
 * Watches a service with spans: `createService({ url, observers: [openTelemetry()] })`.
 *
 * PRODUCER for an event published, CLIENT for a request, CONSUMER and SERVER for the handlers of them, whose parent is what came with the
 * message. Spans are named after the pattern of a handler, and after the topic of what is sent.
 */
export function openTelemetry({ tracerProvider, attributes = {} }: OpenTelemetryOptions = {}): Observer {
  const tracer = (tracerProvider ?? trace).getTracer('@petrel/service');
  const begin = (name: string, kind: SpanKind, own: Attributes, parent: Context): Begun => {
    const span = tracer.startSpan(
      name,
      { kind, attributes: { 'messaging.system': 'mqtt', ...attributes, ...own } },
      parent,
    );
    return { span, within: trace.setSpan(parent, span) };
  };
  return {
    handling: (handling) => {
      const parent = propagation.extract(context.active(), handling.userProperties, fromUserProperties);
      const { name, own } = handled(handling);
      const { span, within } = begin(
        name,
        handling.isRequest ? SpanKind.SERVER : SpanKind.CONSUMER,
        own,
        parent,
      );
      return observation(span, within);
    },
    publishing: ({ topicName }) => sending(begin, 'publish', SpanKind.PRODUCER, topicName),
    requesting: ({ topicName }: Outgoing) => sending(begin, 'request', SpanKind.CLIENT, topicName),
    happened: (what) => trace.getActiveSpan()?.addEvent(what),
  };
}

interface Begun {
  readonly span: Span;
  readonly within: Context;
}

type Begin = (name: string, kind: SpanKind, own: Attributes, parent: Context) => Begun;

function sending(begin: Begin, operation: string, kind: SpanKind, topicName: string): Observation {
  const own = {
    'messaging.operation.name': operation,
    'messaging.operation.type': 'send',
    'messaging.destination.name': topicName,
  };
  const { span, within } = begin(`${operation} ${topicName}`, kind, own, context.active());
  const metadata: Record<string, string> = {};
  propagation.inject(within, metadata);
  return { metadata, ...observation(span, within) };
}

function handled({ endpoint, message }: Handling): { name: string; own: Attributes } {
  const template = templateOf(endpoint);
  const { shareName } = parseTopicFilter(endpoint.topicFilter);
  const own = {
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.name': message.topicName,
    ...(template !== message.topicName && { 'messaging.destination.template': template }),
    ...(shareName !== undefined && { 'messaging.consumer.group.name': shareName }),
    'messaging.message.body.size': message.payload.length,
  };
  return { name: `process ${template}`, own };
}

function templateOf({ pattern, topicFilter }: Endpoint): string {
  return (pattern?.pattern ?? topicFilter).replace(/^\$share\/[^/]*\//, '');
}

function observation(
  span: Span,
  within: Context,
): Pick<Observation, 'end'> & Required<Pick<Observation, 'run'>> {
  return {
    run: (work) => context.with(within, work),
    end: (error) => {
      if (error !== undefined) fail(span, error);
      span.end();
    },
  };
}

function fail(span: Span, error: unknown): void {
  const { code, name = 'unknown' } = (error ?? {}) as { code?: unknown; name?: string };
  span.setAttribute('error.type', typeof code === 'string' ? code : name);
  span.setStatus({ code: SpanStatusCode.ERROR, ...(error instanceof Error && { message: error.message }) });
  if (error instanceof Error) span.recordException(error);
}
