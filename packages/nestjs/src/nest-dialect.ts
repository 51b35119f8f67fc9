/**
 * Lets NestJS's `serializer` and `deserializer` options take over what Petrel's wire format does, as the stock
 * transport lets them: they see NestJS's packets and the parsed payload. Routing stays with the wire format.
 */
import {
  type Dialect,
  decodePayload,
  type InboundMessage,
  petrelDialect,
  type Reply,
  type ReplyAddress,
} from '@petrel/service';
import type { NestSettings } from './options.js';

interface ReadPacket {
  readonly id?: string;
  readonly data?: unknown;
}

interface WritePacket {
  readonly id?: string;
  readonly err?: unknown;
  readonly response?: unknown;
  readonly isDisposed?: boolean;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The dialect for these settings; Petrel's own where they have neither serializer nor deserializer. */
export function nestDialect({ serializer, deserializer }: NestSettings): Dialect {
  return {
    ...petrelDialect,
    ...(serializer && serializing((packet) => toPayload(serializer.serialize(packet)))),
    ...(deserializer &&
      deserializing(async (value, topicName) => deserializer.deserialize(value, { channel: topicName }))),
  };
}

type Serialize = (packet: unknown) => Uint8Array;

function serializing(serialize: Serialize): Pick<Dialect, 'writeEvent' | 'writeRequest' | 'writeReply'> {
  return {
    writeEvent: ({ topicName, pattern = topicName, data, metadata, properties = {} }) => ({
      topicName,
      payload: serialize({ pattern, data, ...(metadata && { metadata }) }),
      properties,
    }),
    writeRequest: (
      { topicName, pattern = topicName, data, metadata, properties = {} },
      _form,
      id,
      responseTopic,
    ) => ({
      topicName,
      payload: serialize({ pattern, data, ...(metadata && { metadata }), id }),
      properties: {
        ...properties,
        ...(responseTopic && { responseTopic, correlationData: encoder.encode(id) }),
      },
    }),
    writeReply: (address, reply, properties) => {
      const { contentType: _, ...written } = petrelDialect.writeReply(
        address,
        { kind: 'end' },
        properties,
      ).properties;
      const payload = serialize({ ...writePacket(reply), id: idOf(address) });
      return { topicName: address.topicName, payload, properties: written };
    },
  };
}

type Deserialize = (value: unknown, topicName: string) => Promise<unknown>;

function deserializing(deserialize: Deserialize): Pick<Dialect, 'readIncoming' | 'readReply'> {
  return {
    readIncoming: async (message) => {
      const { replyTo, ...incoming } = await petrelDialect.readIncoming(message);
      const packet = ((await deserialize(parse(message), message.topicName)) ?? {}) as ReadPacket;
      const address = replyTo ?? nestAddress(message.topicName, packet.id);
      return { ...incoming, data: packet.data, ...(address && { replyTo: address }) };
    },
    readReply: async (message) => {
      const packet = ((await deserialize(parse(message), message.topicName)) ?? {}) as WritePacket;
      const { correlationData } = message.properties;
      const id = correlationData === undefined ? packet.id : decoder.decode(correlationData);
      if (id === undefined) return undefined;
      const form = correlationData === undefined ? 'nest' : 'native';
      return { id, form, foreign: false, reply: readPacket(packet) };
    },
  };
}

function nestAddress(topicName: string, id: string | undefined): ReplyAddress | undefined {
  return id === undefined ? undefined : { form: 'nest', topicName: `${topicName}/reply`, id };
}

function idOf(address: ReplyAddress): string | undefined {
  if (address.form === 'nest') return address.id;
  return address.correlationData && decoder.decode(address.correlationData);
}

function parse({ payload }: InboundMessage): unknown {
  return decodePayload(payload);
}

/** The packet that NestJS makes of an answer. */
function writePacket(reply: Reply): WritePacket {
  switch (reply.kind) {
    case 'next':
      return { response: reply.data };
    case 'last':
      return { response: reply.data, isDisposed: true };
    case 'end':
      return { isDisposed: true };
    case 'error':
      return { err: reply.error, isDisposed: true };
  }
}

/** The answer that a packet of NestJS is. */
export function readPacket({ err, response, isDisposed }: WritePacket): Reply {
  if (err !== undefined && err !== null) return { kind: 'error', error: err };
  if (!isDisposed) return { kind: 'next', data: response };
  return response === undefined ? { kind: 'end' } : { kind: 'last', data: response };
}

function toPayload(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  return encoder.encode(typeof value === 'string' ? value : JSON.stringify(value));
}
