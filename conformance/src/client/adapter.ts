/** What the suite needs of a client under test; an adapter turns it into the calls of one library. */
import type { MessageProperties, QoS, WillProperties } from '@petrel/protocol';
import type { TestedVersion } from '../statements.js';

/** How a client is to connect. Times in seconds. */
export interface TestedClientOptions {
  readonly url: URL;
  readonly protocolVersion: TestedVersion;
  readonly clientIdentifier: string;
  readonly cleanStart: boolean;
  readonly keepAlive: number;
  /** Whether to come back, at once or nearly so, when the connection is lost. */
  readonly reconnect: boolean;
  /** MQTT 5 only. */
  readonly sessionExpiryInterval: number;
  readonly receiveMaximum?: number | undefined;
  readonly maximumPacketSize?: number | undefined;
  /** Topic Aliases that the server may use. */
  readonly topicAliasMaximum?: number | undefined;
  /** Use Topic Aliases as far as the server takes them. */
  readonly useTopicAliases?: boolean | undefined;
  readonly userName?: string | undefined;
  readonly password?: string | undefined;
  readonly will?: TestedWill | undefined;
  /** An Authentication Method that answers every challenge with the same bytes. */
  readonly authentication?: { readonly method: string; readonly data: Uint8Array } | undefined;
}

/** A Will. */
export interface TestedWill {
  readonly topicName: string;
  readonly payload: string;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: WillProperties;
}

/** What a message may say beside its Topic Name and payload. */
export interface TestedPublishOptions {
  readonly qos?: QoS;
  readonly retain?: boolean;
  readonly properties?: MessageProperties;
}

/** What a subscription may say beside its Topic Filter. */
export interface TestedSubscribeOptions {
  readonly qos?: QoS;
  readonly noLocal?: boolean;
}

/** A message as the client handed it to the application. */
export interface TestedMessage {
  readonly topicName: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
}

/** A client under test. */
export interface TestedClient {
  /** Settles when the first CONNACK has been accepted. */
  connected(): Promise<unknown>;
  /** Settles when the exchange of the QoS is complete; rejects when the client refuses or gives up. */
  publish(topicName: string, payload: string, options: TestedPublishOptions): Promise<unknown>;
  /** Settles when the server has granted it. */
  subscribe(topicFilter: string, options: TestedSubscribeOptions): Promise<unknown>;
  unsubscribe(topicFilter: string): Promise<unknown>;
  /** Begins re-authentication; absent where the library cannot. */
  reauthenticate?(): Promise<unknown>;
  /** Ends with DISCONNECT. */
  close(): Promise<unknown>;
  /** Ends at once. */
  destroy(): void;
}

/** A library of clients. */
export interface ClientAdapter {
  readonly name: string;
  /** Whether it knows enhanced authentication. */
  readonly authenticates: boolean;
  /** Whether an application can publish on its own Topic Aliases, or have it done. */
  readonly usesTopicAliases: boolean;
  /** Makes a client that begins to connect. `onMessage` is called for every message that the application gets. */
  create(options: TestedClientOptions, onMessage: (message: TestedMessage) => void): TestedClient;
}
