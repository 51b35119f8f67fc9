/**
 * How data, requests and replies look on the wire: the only file that knows property names and topic layout.
 *
 * Two forms. Native (MQTT 5): the payload is the data, and Response Topic, Correlation Data, Content Type and User
 * Properties say the rest (section 4.10). Nest: the JSON envelope of stock NestJS, whose replies go to `<topic>/reply`.
 * A request for an unknown peer is written in both at once. Knows no client and no time.
 */
import type { PublishProperties, UserProperties } from '@petrel/protocol';
import { isCredit } from './control-format.js';
import { decodeText, encodeText } from './encoded-text.js';
import { describeFailure, PayloadError } from './errors.js';
import type {
  Envelope,
  Incoming,
  IncomingReply,
  Outgoing,
  Reply,
  ReplyAddress,
  RequestForm,
  WireMessage,
} from './exchange.js';
import type { InboundMessage } from './link.js';
import { decodePayload, type EncodedPayload, encodePayload } from './payload-codec.js';

const replyProperty = 'petrel-reply';
const dataProperty = 'petrel-payload';
const creditProperty = 'petrel-credit';
const replySuffix = '/reply';
const noUserProperties: UserProperties = [];
/** The mark of each kind of native answer. */
const replyMarks: Readonly<Record<Reply['kind'], UserProperties>> = {
  next: [[replyProperty, 'next']],
  last: [[replyProperty, 'last']],
  end: [[replyProperty, 'end']],
  error: [[replyProperty, 'error']],
};
const plainDataMark: UserProperties = [[dataProperty, 'plain']];

/** The topic where stock NestJS answers a request; throws nothing, the topic is one level longer. */
export function nestReplyTopic(topicName: string): string {
  return topicName + replySuffix;
}

/**
 * A topic for one client alone: `<prefix>/<client identifier>/<level>`, wildcards and levels of the identifier escaped. Without `level` the
 * private inbox, the same for every process of a session, which would keep the inboxes of all of them otherwise.
 */
export function inboxTopic(prefix: string, clientIdentifier: string, level?: string): string {
  const escaped = clientIdentifier.replace(/[/+#]/g, '_');
  // Two identifiers may be escaped alike: the last level tells them apart.
  const last = level ?? (escaped === clientIdentifier ? 'answers' : encodeURIComponent(clientIdentifier));
  return `${prefix}/${escaped}/${last}`;
}

/** Writes an event so that stock NestJS, Petrel and plain MQTT programs read the same data, as far as `envelope` lets it. */
export function writeEvent(event: Outgoing, envelope: Envelope, carriesProperties: boolean): WireMessage {
  const { topicName, data, properties } = event;
  const plain = envelope === 'native' && carriesProperties;
  if (envelope === 'nest' || (!plain && isMistakable(data))) {
    return message(topicName, envelopePayload(event), properties);
  }
  // Whoever names a Content Type means the text to go out as it is.
  const encoded = encodePayload(data, !plain && properties?.contentType === undefined);
  return message(topicName, encoded, properties, { marks: dataMarks(data), metadata: event.metadata });
}

/** Writes a request; `id` is its Correlation Data and the `id` of its envelope. */
export function writeRequest(
  request: Outgoing,
  form: RequestForm,
  id: string,
  responseTopic?: string,
): WireMessage {
  const { topicName, data, properties } = request;
  const correlationData = responseTopic === undefined ? undefined : encodeText(id);
  const marks = creditMarks(request);
  if (form !== 'native') {
    const additions = { responseTopic, correlationData, marks };
    return message(topicName, envelopePayload(request, id), properties, additions);
  }
  const own = isMistakable(data) ? [...plainDataMark, ...marks] : marks;
  const additions = { responseTopic, correlationData, marks: own, metadata: request.metadata };
  return message(topicName, encodePayload(data, false), properties, additions);
}

/** Reads any message that a handler subscribed to; never throws. */
export function readIncoming(received: InboundMessage): Incoming {
  const { topicName, properties } = received;
  const { data, unreadable } = decode(received);
  const userProperties = properties.userProperties ?? noUserProperties;
  const visible = userProperties.some(isOwnProperty)
    ? userProperties.filter((property) => !isOwnProperty(property))
    : userProperties;
  if (
    propertyNamed(userProperties, replyProperty) !== undefined ||
    (topicName.endsWith(replySuffix) && isNestReply(data))
  ) {
    return { data, unreadable, isReply: true, userProperties: visible, replyTo: undefined };
  }
  const { responseTopic, correlationData } = properties;
  const credit = creditOf(userProperties);
  const native: ReplyAddress | undefined =
    responseTopic === undefined ? undefined : { form: 'native', topicName: responseTopic, correlationData };
  if (!isNestEnvelope(topicName, data) || propertyNamed(userProperties, dataProperty) !== undefined) {
    return { data, unreadable, isReply: false, userProperties: visible, replyTo: native, credit };
  }
  const inBoth = native && correlationData && decodeText(correlationData) === data.id;
  const nest: ReplyAddress | undefined =
    typeof data.id === 'string'
      ? { form: 'nest', topicName: nestReplyTopic(topicName), id: data.id }
      : undefined;
  return {
    data: data.data,
    unreadable,
    isReply: false,
    userProperties: isObject(data.metadata) ? [...visible, ...stringEntries(data.metadata)] : visible,
    replyTo: inBoth ? native : (nest ?? native),
    // Who answers in an envelope is asked by somebody who knows nothing of it.
    credit: inBoth ? credit : undefined,
  };
}

/** Writes one answer to where the request wants it. */
export function writeReply(address: ReplyAddress, reply: Reply, properties?: PublishProperties): WireMessage {
  if (address.form === 'nest') {
    const body = { ...nestReply(reply), id: address.id };
    return message(address.topicName, encodePayload(body, true), properties);
  }
  const data =
    reply.kind === 'error' ? describeFailure(reply.error) : reply.kind === 'end' ? undefined : reply.data;
  const { topicName, correlationData } = address;
  const additions = { correlationData, marks: replyMarks[reply.kind] };
  return message(topicName, encodePayload(data, false), properties, additions);
}

/** Reads a message of the inbox or of a `<topic>/reply`; undefined when it answers no request at all. */
export function readReply(received: InboundMessage): IncomingReply | undefined {
  const { correlationData, userProperties = noUserProperties } = received.properties;
  const { data, unreadable } = decode(received);
  const kind = propertyNamed(userProperties, replyProperty);
  const id = correlationData && decodeText(correlationData);
  if (kind === undefined && isNestReply(data) && (id === undefined || id === data.id)) {
    return { id: data.id, form: 'nest', foreign: false, reply: fromNestReply(data) };
  }
  if (id === undefined) return undefined;
  return {
    id,
    form: 'native',
    foreign: kind === undefined,
    reply: unreadable ? { kind: 'error', error: unreadable } : nativeReply(kind, data),
  };
}

interface Decoded {
  readonly data: unknown;
  readonly unreadable: PayloadError | undefined;
}

function decode({ payload, properties }: InboundMessage): Decoded {
  try {
    return { data: decodePayload(payload, properties.contentType), unreadable: undefined };
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error;
    return { data: payload, unreadable: error };
  }
}

function nativeReply(kind: string | undefined, data: unknown): Reply {
  switch (kind) {
    case 'next':
      return { kind: 'next', data };
    case 'end':
      return { kind: 'end' };
    case 'error':
      return { kind: 'error', error: data };
    default:
      return { kind: 'last', data };
  }
}

const nestReplyKeys: ReadonlySet<string> = new Set(['id', 'err', 'response', 'isDisposed', 'status']);
const nestEnvelopeKeys: ReadonlySet<string> = new Set(['pattern', 'data', 'id', 'metadata']);

interface NestReply {
  readonly err?: unknown;
  readonly response?: unknown;
  readonly isDisposed?: unknown;
}

function nestReply(reply: Reply): NestReply {
  switch (reply.kind) {
    case 'next':
      return { response: reply.data };
    case 'last':
      return { response: reply.data, isDisposed: true };
    case 'end':
      return { isDisposed: true };
    case 'error':
      return { err: describeFailure(reply.error) ?? 'error', isDisposed: true };
  }
}

function fromNestReply(body: NestReply): Reply {
  if (body.err !== undefined && body.err !== null) return { kind: 'error', error: body.err };
  if (!body.isDisposed) return { kind: 'next', data: body.response };
  return body.response === undefined ? { kind: 'end' } : { kind: 'last', data: body.response };
}

function isNestReply(data: unknown): data is NestReply & { readonly id: string } {
  if (!isObject(data) || typeof data.id !== 'string') return false;
  return Object.keys(data).length > 1 && hasOnly(data, nestReplyKeys);
}

/** Stock NestJS takes the members `pattern` and `data` of any object for its own. */
function isMistakable(data: unknown): boolean {
  return isObject(data) && (data.pattern !== undefined || data.data !== undefined);
}

function dataMarks(data: unknown): UserProperties {
  return isMistakable(data) ? plainDataMark : noUserProperties;
}

function creditMarks({ credit }: Outgoing): UserProperties {
  return credit === undefined ? noUserProperties : [[creditProperty, String(credit)]];
}

function creditOf(userProperties: UserProperties): number | undefined {
  const value = Number(propertyNamed(userProperties, creditProperty));
  return isCredit(value) ? value : undefined;
}

/** Foreign JSON must never be cut, so an envelope has no other member, and its pattern fits the topic it came on. */
function isNestEnvelope(topicName: string, data: unknown): data is Record<string, unknown> {
  if (!isObject(data) || data.pattern === undefined || !hasOnly(data, nestEnvelopeKeys)) return false;
  // The topic of an object pattern is that object as JSON, which no other program uses as a topic.
  if (isObject(data.pattern)) return topicName.includes('{');
  const pattern = String(data.pattern);
  // A bridge may have put a prefix before the topic, or taken one away.
  return topicName === pattern || topicName.endsWith(`/${pattern}`) || pattern.endsWith(`/${topicName}`);
}

function envelopePayload(outgoing: Outgoing, id?: string): EncodedPayload {
  const { pattern = outgoing.topicName, data, metadata } = outgoing;
  return encodePayload(
    { pattern, data, ...(metadata && { metadata }), ...(id !== undefined && { id }) },
    true,
  );
}

interface Additions {
  readonly responseTopic?: string | undefined;
  readonly correlationData?: Uint8Array | undefined;
  readonly marks?: UserProperties | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

const nothing: Additions = Object.freeze({});

/** Puts a message together. Written out member by member: it is made for every request and every reply. */
function message(
  topicName: string,
  { payload, contentType }: EncodedPayload,
  given: PublishProperties | undefined,
  { responseTopic, correlationData, marks = noUserProperties, metadata }: Additions = nothing,
): WireMessage {
  const properties: { -readonly [Name in keyof PublishProperties]: PublishProperties[Name] } = {};
  if (contentType !== undefined) properties.contentType = contentType;
  if (given !== undefined) Object.assign(properties, given);
  if (responseTopic !== undefined) properties.responseTopic = responseTopic;
  if (correlationData !== undefined) properties.correlationData = correlationData;
  const own = metadata === undefined ? marks : [...stringEntries(metadata), ...marks];
  if (own.length > 0) {
    const { userProperties } = properties;
    properties.userProperties = userProperties === undefined ? own : [...userProperties, ...own];
  }
  return { topicName, payload, properties };
}

function isOwnProperty([name]: readonly [string, string]): boolean {
  return name === replyProperty || name === dataProperty || name === creditProperty;
}

function propertyNamed(userProperties: UserProperties, name: string): string | undefined {
  for (const [key, value] of userProperties) if (key === name) return value;
  return undefined;
}

function stringEntries(record: Readonly<Record<string, unknown>>): (readonly [string, string])[] {
  return Object.entries(record).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
}

function hasOnly(record: Record<string, unknown>, allowed: ReadonlySet<string>): boolean {
  return Object.keys(record).every((key) => allowed.has(key));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
}
