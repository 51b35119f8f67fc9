/** What a run is made of: a list of steps that a seed gives, that a file can hold, and that stays a valid list when any of them is taken out. */
import type { QoS, RetainHandling } from '@petrel/protocol';

/** How one direction of a connection treats its bytes. */
export interface DirectionFaults {
  /** How long a chunk is under way. */
  readonly delayMs: number;
  /** Sizes that the bytes are cut into, over and over; empty leaves them as they are. */
  readonly chunkSizes: readonly number[];
}

/** The faults of a connection from its start. */
export interface ConnectionFaults {
  readonly toServer: DirectionFaults;
  readonly toClient: DirectionFaults;
}

/** A connection that does nothing wrong. */
export const noFaults: ConnectionFaults = {
  toServer: { delayMs: 0, chunkSizes: [] },
  toClient: { delayMs: 0, chunkSizes: [] },
};

/** A Will as a step gives it; its payload is the name of the message. */
export interface WillStep {
  readonly message: string;
  readonly topicName: string;
  readonly qos: QoS;
  readonly retain: boolean;
  /** Seconds. */
  readonly delay: number;
}

/** A client opens a connection, whatever became of the one it had. */
export interface ConnectStep {
  readonly kind: 'connect';
  readonly client: string;
  readonly protocolVersion: 4 | 5;
  readonly cleanStart: boolean;
  /** Seconds. */
  readonly sessionExpiryInterval: number;
  readonly receiveMaximum: number;
  /** Bytes; 0 = not said. */
  readonly maximumPacketSize: number;
  /** Seconds. */
  readonly keepAlive: number;
  /** How long the client thinks before it acknowledges a message. */
  readonly acknowledgeAfterMs: number;
  /** The client does not even close the connection it had. */
  readonly abandonsFormer: boolean;
  readonly will: WillStep | undefined;
  readonly faults: ConnectionFaults;
}

/** A client publishes; nothing happens while it has no connection. */
export interface PublishStep {
  readonly kind: 'publish';
  readonly client: string;
  /** The name of the message, once in a run. */
  readonly message: string;
  readonly topicName: string;
  readonly qos: QoS;
  readonly retain: boolean;
  /** Deletes the retained message of the topic: the payload is empty. */
  readonly clears: boolean;
  /** Bytes of payload besides the name. */
  readonly padding: number;
}

/** A client subscribes to one filter. */
export interface SubscribeStep {
  readonly kind: 'subscribe';
  readonly client: string;
  readonly topicFilter: string;
  readonly qos: QoS;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: RetainHandling;
}

/** Everything that can happen. */
export type Action =
  | ConnectStep
  | PublishStep
  | SubscribeStep
  | { readonly kind: 'unsubscribe'; readonly client: string; readonly topicFilter: string }
  | {
      readonly kind: 'disconnect';
      readonly client: string;
      readonly reasonCode: number;
      /** Seconds; undefined leaves what CONNECT said. */
      readonly sessionExpiryInterval: number | undefined;
    }
  /** The connection breaks, what is under way is lost, both ends are told. */
  | { readonly kind: 'cut'; readonly client: string }
  /** The same, after so many more bytes in one direction. */
  | {
      readonly kind: 'cutAfter';
      readonly client: string;
      readonly to: 'server' | 'client';
      readonly bytes: number;
    }
  /** Nothing passes any more, and nobody is told. */
  | { readonly kind: 'stall'; readonly client: string }
  /** The broker dies, or closes, and another one opens on what its store owns. */
  | { readonly kind: 'restart'; readonly graceful: boolean }
  | { readonly kind: 'wait' };

/** One action, and the time that passes before it. */
export type Step = Action & { readonly afterMs: number };
