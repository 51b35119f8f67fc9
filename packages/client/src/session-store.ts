/**
 * Where QoS 1 and 2 state lives beyond one client object: the seam for a durable store.
 *
 * Changes are handed over as they happen and become binding at `commit`, which the client calls before bytes that rely on them leave:
 * a PUBLISH before it is sent, a PUBREC before the server hears that the message is ours.
 */
import type { PublishProperties } from '@petrel/protocol';

/** One message that has not ended its QoS. */
export interface StoredMessage {
  /** Rises with every message published; the order in which they are sent, and sent again. */
  readonly sequence: number;
  readonly topicName: string;
  readonly payload: Uint8Array;
  readonly qos: 1 | 2;
  readonly retain: boolean;
  readonly properties: PublishProperties;
  /** 0 until its PUBLISH is sent. */
  readonly packetIdentifier: number;
  /** PUBREC has come: only PUBREL is still to be sent. */
  readonly released: boolean;
}

/** The state of one session, open for one client at a time. */
export interface StoredSession {
  /** What an earlier client left, in the order of `sequence`. */
  readonly messages: readonly StoredMessage[];
  /** Packet Identifiers of received QoS 2 messages that wait for PUBREL. */
  readonly received: readonly number[];
  /** Stores a new message, or the new state of a known one. */
  put(message: StoredMessage): void;
  /** The message has ended its QoS. */
  remove(sequence: number): void;
  /** A QoS 2 message was taken. */
  putReceived(packetIdentifier: number): void;
  /** Its PUBREL came. */
  removeReceived(packetIdentifier: number): void;
  /** Makes everything handed over so far binding; undefined when it already is. Rejects when it cannot: the connection ends then. */
  commit(): void | Promise<void>;
  /** The client is done with it; the state stays. */
  close(): void | Promise<void>;
}

/** Keeps sessions by Client Identifier [MQTT-3.1.3-2]. */
export interface SessionStore {
  /** Opens the session; a new one is empty. */
  open(clientIdentifier: string): StoredSession | Promise<StoredSession>;
}
