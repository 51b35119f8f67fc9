/**
 * Spans of messages on their way through the broker. The only file here that knows OpenTelemetry: who does not import it needs no package
 * and pays nothing.
 *
 * A trace is continued where the publisher sent its context, as W3C's `traceparent` in the User Properties or whatever else the program's
 * propagator reads. Nothing is added to a message: User Properties are forwarded as they came [MQTT-3.3.2-17].
 */
import {
  type Attributes,
  type Context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  type TextMapGetter,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import { UsageError, type UserProperties } from '@petrel/protocol';
import { TokenBucket } from './bounds/token-bucket.js';
import type { BrokerObserver, Client, MessageCopy, PublishedMessage } from './hooks.js';
import type { UndeliveredReason } from './undelivered.js';

/** Options of `openTelemetry`. */
export interface OpenTelemetryOptions {
  /** Where spans go. Default: what the program registered globally. */
  readonly tracerProvider?: TracerProvider;
  /** Attributes of every span, such as `server.address`. */
  readonly attributes?: Attributes;
  /**
   * Messages that get spans, per second; clients decide how many there are, and whether they are sampled. Those above it get none. At least
   * 1. Default 1,000.
   */
  readonly maximumMessagesPerSecond?: number;
  /** Receivers of one message that get a span each; at least 0. Default 100. */
  readonly maximumReceiversPerMessage?: number;
}

/** A message that has a span. */
interface Traced {
  readonly span: Span;
  readonly within: Context;
  /** Milliseconds since 1970, with fractions. */
  readonly acceptedAt: number;
  receivers: number;
}

/** A copy that waits for its acknowledgement. */
interface Sent {
  readonly at: number;
  readonly within: Context;
}

const fromUserProperties: TextMapGetter<UserProperties> = {
  keys: (userProperties) => userProperties.map(([name]) => name),
  get: (userProperties, wanted) => userProperties.find(([name]) => name.toLowerCase() === wanted)?.[1],
};

/**
 * Watches a broker with spans: `createBroker({ observers: [openTelemetry()] })`.
 *
 * `route` (SERVER) for each message that is taken, under the span of its publisher; under it for each receiver `deliver` (PRODUCER), from there
 * to its connection, and at QoS 1 and 2 `settle` from there to PUBACK or PUBCOMP. A copy that is lost is a `deliver` with an error, whose
 * `error.type` says why. What is retained, or was stored by an earlier process, begins a trace of its own with a link to the first. Topics
 * under `$SYS` have none. Never has a payload or a User Property.
 *
 * Throws UsageError for a bound that is none.
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): BrokerObserver {
  return new BrokerSpans(options);
}

class BrokerSpans implements BrokerObserver {
  readonly #tracer: Tracer;
  readonly #attributes: Attributes;
  readonly #maximumReceivers: number;
  readonly #budget: TokenBucket;
  /** As long as the messages live; undefined for those above the bound, and those that are not sampled. */
  readonly #traced = new WeakMap<PublishedMessage, Traced | undefined>();
  readonly #sent = new WeakMap<MessageCopy, Sent>();

  constructor({
    tracerProvider,
    attributes = {},
    maximumMessagesPerSecond = 1_000,
    maximumReceiversPerMessage = 100,
  }: OpenTelemetryOptions) {
    assertInteger('maximumMessagesPerSecond', maximumMessagesPerSecond, 1);
    assertInteger('maximumReceiversPerMessage', maximumReceiversPerMessage, 0);
    this.#tracer = (tracerProvider ?? trace).getTracer('@petrel/broker');
    this.#attributes = { 'messaging.system': 'mqtt', ...attributes };
    this.#maximumReceivers = maximumReceiversPerMessage;
    this.#budget = new TokenBucket(maximumMessagesPerSecond, now());
  }

  routing(client: Client | undefined, message: PublishedMessage): void {
    if (isOfTheBroker(message)) return;
    const acceptedAt = now();
    if (!this.#mayTrace(acceptedAt)) {
      this.#traced.set(message, undefined);
      return;
    }
    const parent = publisherOf(message);
    const span = this.#start('route', SpanKind.SERVER, message, client, { startTime: acceptedAt }, parent);
    if (!span.isRecording()) {
      // What is not sampled here is not sampled further on: there is nothing to do for its copies.
      this.#traced.set(message, undefined);
      return;
    }
    span.setAttributes({
      'messaging.operation.type': 'process',
      'mqtt.qos': message.qos,
      'mqtt.retain': message.retain,
    });
    this.#traced.set(message, { span, within: trace.setSpan(parent, span), acceptedAt, receivers: 0 });
  }

  published(
    _client: Client | undefined,
    message: PublishedMessage,
    { hasReceivers }: { readonly hasReceivers: boolean },
  ): void {
    const traced = this.#traced.get(message);
    traced?.span.setAttribute('petrel.has_receivers', hasReceivers);
    traced?.span.end(now());
    // It may stay for years: whoever gets it later was not waiting for it all the time.
    if (message.retain) this.#traced.delete(message);
  }

  delivered(client: Client, message: PublishedMessage, copy: MessageCopy): void {
    const sentAt = now();
    const span = this.#deliver(client, message, sentAt);
    if (span === undefined) return;
    span.setAttributes({ 'mqtt.qos': copy.qos, 'mqtt.retain': copy.retain });
    span.end(sentAt);
    if (copy.qos > 0) this.#sent.set(copy, { at: sentAt, within: trace.setSpan(ROOT_CONTEXT, span) });
  }

  acknowledged(client: Client, message: PublishedMessage, copy: MessageCopy): void {
    const sent = this.#sent.get(copy);
    if (sent === undefined) return;
    const span = this.#start(
      'settle',
      SpanKind.INTERNAL,
      message,
      client,
      { startTime: sent.at },
      sent.within,
    );
    span.setAttribute('messaging.operation.type', 'settle');
    span.end(now());
  }

  undelivered(client: Client, message: PublishedMessage, reason: UndeliveredReason): void {
    const lostAt = now();
    const span = this.#deliver(client, message, lostAt);
    span?.setAttribute('error.type', reason);
    span?.setStatus({ code: SpanStatusCode.ERROR, message: reason });
    span?.end(lostAt);
  }

  /** The span of one copy, begun when the message was taken; undefined where it gets none. */
  #deliver(client: Client, message: PublishedMessage, at: number): Span | undefined {
    if (isOfTheBroker(message)) return undefined;
    const traced = this.#traced.get(message);
    if (traced === undefined && (this.#traced.has(message) || !this.#mayTrace(at))) return undefined;
    if (traced !== undefined && ++traced.receivers > this.#maximumReceivers) return undefined;
    const first = traced === undefined ? trace.getSpanContext(publisherOf(message)) : undefined;
    const span = this.#start(
      'deliver',
      SpanKind.PRODUCER,
      message,
      client,
      { startTime: traced?.acceptedAt ?? at, ...(first !== undefined && { links: [{ context: first }] }) },
      traced?.within ?? ROOT_CONTEXT,
    );
    return span.setAttribute('messaging.operation.type', 'send');
  }

  #start(
    name: string,
    kind: SpanKind,
    message: PublishedMessage,
    client: Client | undefined,
    options: SpanOptions,
    parent: Context,
  ): Span {
    const attributes: Attributes = {
      ...this.#attributes,
      'messaging.operation.name': name,
      'messaging.destination.name': message.topicName,
      'messaging.message.body.size': message.payload.length,
      ...(client !== undefined && { 'messaging.client.id': client.clientIdentifier }),
    };
    // Whoever sends chooses the topics: in the names of spans they would make as many.
    return this.#tracer.startSpan(name, { ...options, kind, attributes }, parent);
  }

  #mayTrace(at: number): boolean {
    if (this.#budget.waitMs(at) > 0) return false;
    this.#budget.spend(1, at);
    return true;
  }
}

function assertInteger(name: string, value: unknown, minimum: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= minimum) return;
  throw new UsageError(`option "${name}" must be an integer of at least ${minimum}, got ${String(value)}`);
}

function isOfTheBroker({ topicName }: PublishedMessage): boolean {
  return topicName.startsWith('$SYS/');
}

function publisherOf({ properties }: PublishedMessage): Context {
  const { userProperties } = properties;
  return userProperties === undefined
    ? ROOT_CONTEXT
    : propagation.extract(ROOT_CONTEXT, userProperties, fromUserProperties);
}

/** Spans last microseconds, where Date has milliseconds. */
function now(): number {
  return performance.timeOrigin + performance.now();
}
