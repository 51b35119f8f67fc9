/** The seam between the service layer and what is on the wire: Petrel's own dialect, or one that an adapter brings. */
import type { PublishProperties } from '@petrel/protocol';
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
import { readIncoming, readReply, writeEvent, writeReply, writeRequest } from './wire-format.js';

/** Writes and reads the five kinds of message that services exchange. */
export interface Dialect {
  writeEvent(event: Outgoing, envelope: Envelope, carriesProperties: boolean): WireMessage;
  writeRequest(request: Outgoing, form: RequestForm, id: string, responseTopic?: string): WireMessage;
  readIncoming(message: InboundMessage): Incoming | Promise<Incoming>;
  writeReply(address: ReplyAddress, reply: Reply, properties?: PublishProperties): WireMessage;
  readReply(message: InboundMessage): IncomingReply | undefined | Promise<IncomingReply | undefined>;
}

/** MQTT 5 properties and the envelope of stock NestJS, as wire-format.ts writes them. */
export const petrelDialect: Dialect = { writeEvent, writeRequest, readIncoming, writeReply, readReply };
