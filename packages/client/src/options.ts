/** What a client can be told, each option with its unit and its default. Checked and completed by resolve-options. */
import type { ConnectProperties, ProtocolVersion, QoS, WillProperties } from '@petrel/protocol';
import type { AuthenticationMethod } from './authentication/authentication-method.js';
import type { Clock } from './clock.js';
import type { SessionStore } from './session-store.js';
import type { ByteStream, TlsOptions, WebSocketOptions } from './transport.js';

/** A value, or a function that is called for it before every attempt to connect. */
export type ValueOrFunction<T> = T | (() => T | Promise<T>);

/** Options of `connect` and `createClient`. Exactly one of `url`, `urls` and `stream` is needed. */
export interface ClientOptions {
  /**
   * The server: `mqtt:` (also `tcp:`), `mqtts:` (also `tls:`, `ssl:`), `ws:`, `wss:`, `mqtt+unix:///path`; browsers know `ws:`
   * and `wss:`. User name and password in the URL count where the options give none.
   */
  readonly url?: string | URL | undefined;
  /** Several servers that know the same sessions, tried in turn. */
  readonly urls?: readonly (string | URL)[] | undefined;
  /** Opens the byte stream instead of a URL; called at every attempt. */
  readonly stream?: (() => ByteStream | Promise<ByteStream>) | undefined;
  /** 5, 4 (MQTT 3.1.1) or 3 (MQTT 3.1). `'auto'` begins with 5, falls back where a server refuses it, and remembers. Default `'auto'`. */
  readonly protocolVersion?: 'auto' | ProtocolVersion | undefined;
  /** Default: 22 random letters and digits. `''` lets an MQTT 5 server choose. */
  readonly clientIdentifier?: string | undefined;
  /** False continues a session that an earlier process left on the server. Reconnects continue the session either way. Default true. */
  readonly cleanStart?: boolean | undefined;
  /**
   * Seconds, 0–4,294,967,295, that the server keeps the session over a lost connection. Default 60. MQTT 3.x has no number: with
   * `cleanStart` its sessions end with the connection, without they stay.
   */
  readonly sessionExpiryInterval?: number | undefined;
  /** Seconds, 0–65,535, that may pass without a packet; 0 = no limit. A server may set another. Default 60. */
  readonly keepAlive?: number | undefined;
  /** Milliseconds to wait for PINGRESP. Default 10,000. */
  readonly pingTimeoutMs?: number | undefined;
  /** Milliseconds for one server: open, TLS, CONNECT, CONNACK. Default 30,000. */
  readonly connectTimeoutMs?: number | undefined;
  readonly userName?: ValueOrFunction<string | undefined> | undefined;
  readonly password?: ValueOrFunction<string | Uint8Array | undefined> | undefined;
  /**
   * Enhanced authentication (MQTT 5.0 section 4.12), such as `scramSha256({ userName, password })`. Only MQTT 5 has it: `'auto'` falls
   * back to nothing older then. Default none.
   */
  readonly authentication?: AuthenticationMethod | undefined;
  /** Published by the server when the connection ends in any other way than `close()`. Default none. */
  readonly will?: WillOptions | undefined;
  /** QoS 1 and 2 messages, 1–65,535, that the server may send before it gets their acknowledgements. Default 1,000. */
  readonly receiveMaximum?: number | undefined;
  /**
   * An MQTT 5 server that sends more than that. `'warn'`: takes up to 65,535 all the same, and tells once for each connection as `error` event, since
   * Mosquitto 2.0 does so with what waited in a session. `'disconnect'`: 0x93, and a new connection. Default `'warn'`.
   */
  readonly onReceiveMaximumExceeded?: 'warn' | 'disconnect' | undefined;
  /** Bytes, 1–268,435,460, of the largest packet to accept. Default: what MQTT allows. */
  readonly maximumPacketSize?: number | undefined;
  /** Topic Aliases, 0–65,535, that the server may use. Default 0. */
  readonly topicAliasMaximum?: number | undefined;
  /** Uses Topic Aliases for topics published to, as far as the server takes them. Default false. */
  readonly automaticTopicAliases?: boolean | undefined;
  /** Further properties of CONNECT. Default none. */
  readonly properties?:
    | Pick<ConnectProperties, 'requestResponseInformation' | 'requestProblemInformation' | 'userProperties'>
    | undefined;
  /**
   * Goes where a server refers to (MQTT 5.0 section 4.11): with 0x9C Use another server for the next connection, with 0x9D Server moved for the
   * client's life; five references in a row at most. A reference is `host`, `host:port` or a URL, or several with spaces between;
   * one that leads from TLS to plain text is not followed, and a `stream` cannot follow. Default true.
   */
  readonly followServerReference?: boolean | undefined;
  /** How to come back after a lost connection; false: not at all. */
  readonly reconnect?: ReconnectOptions | false | undefined;
  /** Rounds through all servers, 1 or more or Infinity, before `connect()` rejects; `createClient` does not use it. Default 1. */
  readonly initialConnectAttempts?: number | undefined;
  /** Bounds of the messages that wait to be sent, offline or not. */
  readonly offlineQueue?: OfflineQueueOptions | undefined;
  /** Messages in flight when the server has lost the session: `'resend'` sends them as new, `'reject'` rejects their `publish()`. Default `'resend'`. */
  readonly onSessionLost?: 'resend' | 'reject' | undefined;
  /**
   * A handler that throws, always reported as `error` event. `'refuse'`: negative acknowledgement, with the error's `reasonCode` or 0x80;
   * MQTT 3.x has none and acknowledges. `'acknowledge'`: as if handled. `'disconnect'`: no acknowledgement, and a new connection, on which
   * the server sends the message again if it kept the session. Default `'refuse'`.
   */
  readonly onHandlerError?: 'refuse' | 'acknowledge' | 'disconnect' | undefined;
  /** Milliseconds that `close()` gives to messages in flight and running handlers. Default 5,000. */
  readonly closeTimeoutMs?: number | undefined;
  /**
   * Keeps QoS 1 and 2 state beyond this client object: `DiskSessionStore` in Node, `IndexedDbSessionStore` in browsers. Goes with `cleanStart: false`
   * and a fixed `clientIdentifier`. Default: in memory, for its life.
   */
  readonly sessionStore?: SessionStore | undefined;
  readonly tls?: TlsOptions | undefined;
  readonly webSocket?: WebSocketOptions | undefined;
  /** The source of time; for tests. */
  readonly clock?: Clock | undefined;
  /** The source of randomness, 0 ≤ value < 1; for tests. */
  readonly random?: (() => number) | undefined;
}

/** The message that the server publishes for a client that is gone. */
export interface WillOptions {
  readonly topicName: string;
  /** At most 65,535 bytes. Default empty. */
  readonly payload?: string | Uint8Array | undefined;
  /** Default 0. */
  readonly qos?: QoS | undefined;
  /** Default false. */
  readonly retain?: boolean | undefined;
  readonly properties?: WillProperties | undefined;
}

/** Exponential backoff with full jitter: a random time up to `minDelayMs × 2^failures`, never above `maxDelayMs`. */
export interface ReconnectOptions {
  /** Milliseconds, 1 or more. Default 500. */
  readonly minDelayMs?: number | undefined;
  /** Milliseconds, at least `minDelayMs`. Default 30,000. */
  readonly maxDelayMs?: number | undefined;
  /** Failures in a row before the client gives up and closes. Default Infinity. */
  readonly attempts?: number | undefined;
}

/** Messages that wait: for a connection, for the server's Receive Maximum, or for a full socket. */
export interface OfflineQueueOptions {
  /** Default 100,000; 0 queues nothing. */
  readonly maximumMessages?: number | undefined;
  /** Bytes on the wire. Default 67,108,864 (64 MiB). */
  readonly maximumBytes?: number | undefined;
  /** Which message loses when the next does not fit: the new one with an error, the oldest ones, or the new one like them. Default `'reject'`. */
  readonly overflow?: 'reject' | 'drop-oldest' | 'drop-newest' | undefined;
  /** Queues QoS 0 messages too while there is no connection. Default true. */
  readonly qos0?: boolean | undefined;
}
