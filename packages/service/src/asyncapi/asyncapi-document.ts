/** Writes what a service serves and sends as an AsyncAPI 3.0 document. Knows no HTTP and no page. */
import type { Contract, DeclaredOperation, Operation } from '../contracts/contract.js';
import type { StandardSchema } from '../contracts/standard-schema.js';
import type { Endpoint } from '../endpoint.js';
import type { Service } from '../service.js';
import type { TopicPattern } from '../topic-pattern.js';

/** An AsyncAPI document: what `JSON.stringify` takes. */
export type AsyncApiDocument = Readonly<Record<string, unknown>>;

/** A server of the document. */
export interface AsyncApiServer {
  /** Name and port: `broker.example:1883`. */
  readonly host: string;
  /** `mqtt`, `secure-mqtt`, `ws` or `wss`. Default `mqtt`. */
  readonly protocol?: string;
  readonly description?: string;
}

/** Options of `asyncApiDocument`; what they leave out, the service's own `name`, `version` and `description` say. */
export interface AsyncApiOptions {
  readonly title?: string;
  readonly version?: string;
  readonly description?: string;
  /** Brokers by name. Default none. */
  readonly servers?: Readonly<Record<string, AsyncApiServer>>;
  /** Contracts whose other end this service is: their operations that it does not serve are the ones that it sends. */
  readonly sends?: readonly Contract[];
}

interface Written {
  readonly channels: Record<string, unknown>;
  readonly operations: Record<string, unknown>;
}

type Json = Record<string, unknown>;

/**
 * Describes a running service: every handler is an operation that it receives, with the schemas where a contract has them.
 *
 * Schemas become JSON Schema (draft 07) where their library can say itself so; any data is allowed where it cannot.
 */
export function asyncApiDocument(service: Service, options: AsyncApiOptions = {}): AsyncApiDocument {
  const { title = service.name ?? 'Service', version = service.version, sends = [], servers } = options;
  const { description = service.description } = options;
  const written: Written = { channels: {}, operations: {} };
  const served = service.endpoints.filter(({ isInternal }) => !isInternal);
  for (const endpoint of served) write(written, 'receive', ofEndpoint(endpoint));
  const patterns = new Set(served.map(({ operation }) => operation?.pattern.pattern));
  for (const contract of sends) {
    for (const declared of contract.operations.values()) {
      if (!patterns.has(declared.pattern.pattern)) write(written, 'send', ofDeclared(declared));
    }
  }
  return {
    asyncapi: '3.0.0',
    info: { title, version, ...(description !== '' && { description }) },
    defaultContentType: 'application/json',
    ...(servers && { servers: Object.fromEntries(Object.entries(servers).map(ofServer)) }),
    ...written,
  };
}

interface Described {
  readonly address: string;
  readonly parameters: Json | undefined;
  readonly qos: number | undefined;
  readonly answers: boolean;
  readonly operation: Operation | undefined;
}

function ofEndpoint({ pattern, topicFilter, responds, subscribe, operation }: Endpoint): Described {
  return {
    ...addressOf(pattern, topicFilter),
    qos: subscribe.qos,
    answers: responds,
    operation: operation?.operation,
  };
}

function ofDeclared({ pattern, operation }: DeclaredOperation): Described {
  return { ...addressOf(pattern, ''), qos: undefined, answers: operation.kind !== 'event', operation };
}

function addressOf(
  pattern: TopicPattern | undefined,
  topicFilter: string,
): Pick<Described, 'address' | 'parameters'> {
  if (pattern === undefined || pattern.parameterNames.length === 0) {
    return { address: withoutShare(pattern?.topicFilter ?? topicFilter), parameters: undefined };
  }
  const address = withoutShare(pattern.pattern)
    .split('/')
    .map((level) => (pattern.parameterNames.includes(level.slice(1)) ? `{${level.slice(1)}}` : level))
    .join('/');
  const isRest = (name: string) => pattern.pattern.endsWith(`*${name}`);
  const described = pattern.parameterNames.map((name) => [
    name,
    {
      description: isRest(name) ? 'All levels from here to the end of the topic.' : 'One level of the topic.',
    },
  ]);
  return { address, parameters: Object.fromEntries(described) };
}

function withoutShare(topic: string): string {
  return topic.replace(/^\$share\/[^/]*\//, '');
}

function write({ channels, operations }: Written, action: 'receive' | 'send', described: Described): void {
  const { address, parameters, qos, operation } = described;
  const id = freeName(channels, address);
  channels[id] = {
    address,
    messages: { message: messageOf(receivedSchema(operation), operation) },
    ...(parameters && { parameters }),
  };
  operations[freeName(operations, `${action}.${id}`)] = {
    action,
    channel: { $ref: `#/channels/${id}` },
    messages: [{ $ref: `#/channels/${id}/messages/message` }],
    ...(operation?.summary !== undefined && { summary: operation.summary }),
    ...(operation?.description !== undefined && { description: operation.description }),
    ...(qos !== undefined && { bindings: { mqtt: { qos, bindingVersion: '0.2.0' } } }),
    ...(described.answers && { reply: writeReply(channels, id, operation) }),
  };
}

/** The channel of the answers has no address of its own: each request says where its answer goes. */
function writeReply(channels: Json, id: string, operation: Operation | undefined): Json {
  const reply = freeName(channels, `${id}.reply`);
  const schema = operation?.kind === 'event' ? undefined : operation?.output;
  const isStream = operation?.kind === 'stream';
  const title = isStream ? 'Answers, any number of them' : 'Answer';
  channels[reply] = { address: null, messages: { message: { title, ...messageOf(schema, undefined) } } };
  return {
    address: {
      description: 'Response Topic of the request; Correlation Data comes back with the answer.',
      location: '$message.header#/responseTopic',
    },
    channel: { $ref: `#/channels/${reply}` },
    messages: [{ $ref: `#/channels/${reply}/messages/message` }],
  };
}

function receivedSchema(operation: Operation | undefined): StandardSchema | undefined {
  return operation?.kind === 'event' ? operation.payload : operation?.input;
}

function messageOf(schema: StandardSchema | undefined, operation: Operation | undefined): Json {
  return {
    ...(operation?.summary !== undefined && { summary: operation.summary }),
    payload: jsonSchemaOf(schema),
  };
}

/** What travels is what a schema takes, at both ends. */
function jsonSchemaOf(schema: StandardSchema | undefined): Json {
  try {
    const { $schema: _, ...json } = schema?.['~standard'].jsonSchema?.input({ target: 'draft-07' }) ?? {};
    return json;
  } catch {
    // A library throws for what JSON Schema cannot say, such as a date.
    return {};
  }
}

function ofServer([name, { host, protocol = 'mqtt', description }]: [string, AsyncApiServer]): [
  string,
  Json,
] {
  return [name, { host, protocol, ...(description !== undefined && { description }) }];
}

/** A key of the document made of a topic; two topics may come to the same. */
function freeName(taken: Json, text: string): string {
  const base = text.replace(/[^A-Za-z0-9._-]+/g, '_').replace(/^_+|_+$/g, '') || 'topic';
  let name = base;
  for (let count = 2; Object.hasOwn(taken, name); count++) name = `${base}-${count}`;
  return name;
}
