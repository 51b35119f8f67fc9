/**
 * Payloads beyond JSON, text and bytes: a dialect that lets a codec write and read the data wherever the Content Type names one. Everything else of a message
 * stays with the dialect under it.
 */
import { UsageError } from '@petrel/protocol';
import type { Dialect } from './dialect.js';
import { PayloadError } from './errors.js';
import type { Incoming, IncomingReply, Outgoing, Reply } from './exchange.js';
import type { InboundMessage } from './link.js';

/** Writes and reads the payloads of one Content Type. */
export interface PayloadCodec {
  /** The Content Type, in lower case and without parameters, such as `application/msgpack`. */
  readonly contentType: string;
  /** May throw for data that cannot be said. */
  encode(data: unknown): Uint8Array;
  /** May throw for what is no such payload; the bytes are only lent. */
  decode(payload: Uint8Array): unknown;
}

const noBytes = new Uint8Array(0);

/** Throws UsageError unless each codec is one, and `contentType` is that of one of them. */
export function assertCodecs(codecs: readonly PayloadCodec[], contentType: string | undefined): void {
  for (const codec of codecs) {
    const isCodec = typeof codec?.encode === 'function' && typeof codec.decode === 'function';
    if (!isCodec || !/^[^\sA-Z;]+\/[^\sA-Z;]+$/.test(codec.contentType)) {
      throw new UsageError(
        `option "codecs" must hold objects with "encode", "decode" and a "contentType" in lower case without parameters, got ${JSON.stringify(codec)}`,
      );
    }
  }
  if (contentType === undefined || codecs.some((codec) => codec.contentType === contentType)) return;
  throw new UsageError(
    `option "contentType" must be that of one of the option "codecs", got ${JSON.stringify(contentType)}`,
  );
}

/** `dialect` with codecs. `contentType`: what is written where a message does not name its own; default: as `dialect` does. */
export function withCodecs(
  dialect: Dialect,
  codecs: readonly PayloadCodec[],
  contentType: string | undefined,
): Dialect {
  const byType = new Map(codecs.map((codec) => [codec.contentType, codec]));
  const codecOf = (type: string | undefined): PayloadCodec | undefined =>
    type === undefined ? undefined : (byType.get(type) ?? byType.get(bareType(type)));
  const encoded = (outgoing: Outgoing): Outgoing => {
    const codec = codecOf(outgoing.properties?.contentType ?? contentType);
    if (codec === undefined || outgoing.data === undefined || outgoing.data instanceof Uint8Array)
      return outgoing;
    return {
      ...outgoing,
      data: encodeBy(codec, outgoing.data),
      properties: { contentType: codec.contentType, ...outgoing.properties },
    };
  };
  /** An envelope is JSON, whatever its data would have been. */
  const inEnvelope = (outgoing: Outgoing): Outgoing => {
    if (codecOf(outgoing.properties?.contentType) === undefined) return outgoing;
    const { contentType: _, ...properties } = outgoing.properties ?? {};
    return { ...outgoing, properties };
  };
  return {
    writeEvent: (event, envelope, carriesProperties) =>
      dialect.writeEvent(
        carriesProperties && envelope !== 'nest' ? encoded(event) : inEnvelope(event),
        envelope,
        carriesProperties,
      ),
    writeRequest: (request, form, id, responseTopic) =>
      dialect.writeRequest(
        form === 'native' ? encoded(request) : inEnvelope(request),
        form,
        id,
        responseTopic,
      ),
    writeReply: (address, reply, properties) => {
      const codec = address.form === 'native' ? codecOf(properties?.contentType ?? contentType) : undefined;
      if (
        codec === undefined ||
        !hasData(reply) ||
        reply.data === undefined ||
        reply.data instanceof Uint8Array
      )
        return dialect.writeReply(address, reply, properties);
      const data = encodeBy(codec, reply.data);
      return dialect.writeReply(
        address,
        { ...reply, data },
        { contentType: codec.contentType, ...properties },
      );
    },
    readIncoming: (message) => {
      const codec = codecOf(message.properties.contentType);
      if (codec === undefined) return dialect.readIncoming(message);
      const decoded = decodeBy(codec, message.payload);
      const withData = (incoming: Incoming): Incoming => ({ ...incoming, ...decoded });
      const rest = dialect.readIncoming(withoutPayload(message));
      return rest instanceof Promise ? rest.then(withData) : withData(rest);
    },
    readReply: (message) => {
      const codec = codecOf(message.properties.contentType);
      if (codec === undefined) return dialect.readReply(message);
      const { data, unreadable } = decodeBy(codec, message.payload);
      const withData = (answer: IncomingReply | undefined): IncomingReply | undefined => {
        if (answer === undefined || !hasData(answer.reply)) return answer;
        return {
          ...answer,
          reply: unreadable ? { kind: 'error', error: unreadable } : { ...answer.reply, data },
        };
      };
      const rest = dialect.readReply(withoutPayload(message));
      return rest instanceof Promise ? rest.then(withData) : withData(rest);
    },
  };
}

function bareType(contentType: string): string {
  return (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
}

function hasData(reply: Reply): reply is Extract<Reply, { readonly data: unknown }> {
  return reply.kind === 'next' || reply.kind === 'last';
}

function encodeBy(codec: PayloadCodec, data: unknown): Uint8Array {
  try {
    return codec.encode(data);
  } catch (cause) {
    throw new PayloadError(`data cannot be written as ${codec.contentType}: ${String(cause)}`, { cause });
  }
}

function decodeBy(
  codec: PayloadCodec,
  payload: Uint8Array,
): { data: unknown; unreadable: PayloadError | undefined } {
  if (payload.length === 0) return { data: undefined, unreadable: undefined };
  try {
    return { data: codec.decode(payload), unreadable: undefined };
  } catch (cause) {
    const why = `payload of ${payload.length} bytes has the Content Type "${codec.contentType}" but is not that: ${String(cause)}`;
    return { data: payload, unreadable: new PayloadError(why, { cause }) };
  }
}

/** What tells about the message, for who reads the rest of it. */
function withoutPayload(message: InboundMessage): InboundMessage {
  const { contentType: _, ...properties } = message.properties;
  const { topicName, qos, retain, dup, packetIdentifier } = message;
  return { topicName, qos, retain, dup, packetIdentifier, properties, payload: noBytes };
}
