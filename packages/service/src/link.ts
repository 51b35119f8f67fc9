/** What the service layer needs of an MQTT client, and nothing more: `@petrel/client` has it, tests fake it. */
import type { PublishProperties, QoS } from '@petrel/protocol';

/** A message as it arrived; the payload may be a view into a larger buffer. */
export interface InboundMessage {
  readonly topicName: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly dup: boolean;
  readonly packetIdentifier: number;
  readonly properties: PublishProperties;
}

/** How a message is published; properties are dropped where the server speaks MQTT 3.x. */
export interface PublishOptions {
  readonly qos?: QoS | undefined;
  readonly retain?: boolean | undefined;
  readonly properties?: PublishProperties | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The subscription options of MQTT 5 (section 3.8.3.1); on MQTT 3.x only `qos` exists. */
export interface SubscribeOptions {
  readonly qos?: QoS;
  readonly noLocal?: boolean;
  readonly retainAsPublished?: boolean;
  readonly retainHandling?: 0 | 1 | 2;
}

/** The acknowledgement of one message, for who cannot wait for the handler's promise; at QoS 0 it does nothing. */
export interface MessageReceipt {
  /** Leaves the message unacknowledged and ends the connection, so that the server sends it again. */
  abandon(cause: Error): void;
}

/** Takes a message of a subscription; a promise holds back its acknowledgement. */
export type MessageTaker = (message: InboundMessage, receipt: MessageReceipt) => Promise<void> | void;

/** A granted subscription. */
export interface LinkSubscription {
  unsubscribe(): Promise<unknown>;
}

/** Hears what becomes of the connection. */
export interface LinkWatcher {
  onConnected(): void;
  onLost(cause: Error): void;
}

/** The part of an MQTT client that carries services. */
export interface Link {
  readonly isConnected: boolean;
  /** MQTT version of the current connection, or of the last one; undefined before the first. */
  readonly protocolVersion: 3 | 4 | 5 | undefined;
  /**
   * Each message reaches a subscription's handler once, even where several subscriptions of this client match it. A guess
   * before the first connection.
   */
  readonly separatesSubscriptions: boolean;
  readonly clientIdentifier: string;
  /** Resolves once the client has been connected; rejects when it is closed before. */
  ready(): Promise<void>;
  /** Resolves when the QoS of the message is complete, with its Reason Code. */
  publish(
    topicName: string,
    payload: Uint8Array,
    options: PublishOptions,
  ): Promise<{ readonly reasonCode: number }>;
  /** Rejects when the server refuses; a message is acknowledged once the promise of its handler settles. */
  subscribe(topicFilter: string, options: SubscribeOptions, handler: MessageTaker): Promise<LinkSubscription>;
  /**
   * Calls back whenever there is a connection, behind the renewal of subscriptions, and with the reason whenever one is lost. Returns how
   * to hear no more.
   */
  watch(watcher: LinkWatcher): () => void;
  /** Takes no more messages, gives handlers and messages in flight `graceMs`, disconnects. */
  close(graceMs: number): Promise<void>;
}
