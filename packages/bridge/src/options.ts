/** What a bridge can be told, each option with its unit and its default. Checked and completed by resolve-options. */
import type { ClientOptions } from '@petrel/client';
import type { PetrelError, QoS } from '@petrel/protocol';

/** Which way messages go: `'out'` from the local server to the remote one. */
export type Direction = 'out' | 'in' | 'both';

/** One of the two servers. */
export type Side = 'local' | 'remote';

/**
 * Options of `createBridge`.
 *
 * Both servers are met as any client meets them: whatever authentication and rights they ask of clients, they ask of the bridge.
 */
export interface BridgeOptions {
  /**
   * The name of this bridge, 1–64 characters, unique among all bridges that a message may pass. It is the Client Identifier on both servers where those
   * options name none, and what messages carry so that they do not go round in circles.
   */
  readonly name: string;
  /** How to reach the server beside the bridge; `{ stream: () => broker.connect() }` for a broker in the same process. */
  readonly local: BridgeEndOptions;
  /** How to reach the other server. */
  readonly remote: BridgeEndOptions;
  /** What to carry; at least one rule, at most 1,000. */
  readonly topics: readonly BridgeTopic[];
  /** Servers that a message may have passed already, 1–255; one that has passed more is dropped. Default 16. */
  readonly maximumHops?: number | undefined;
  /** Told of everything that a log should know; must not throw. Default: nobody is told. */
  readonly onEvent?: ((event: BridgeEvent) => void) | undefined;
}

/**
 * Options of the client at one end. The bridge decides on its own `cleanStart`, `onHandlerError` and `offlineQueue`.
 *
 * Defaults that differ from the client's: `clientIdentifier` the name of the bridge, `sessionExpiryInterval` 604,800 (seven days), since the server's
 * session is where messages wait while the bridge or the other server is away, and `receiveMaximum` 100, which bounds what is on its way at one time.
 */
export type BridgeEndOptions = Omit<ClientOptions, 'cleanStart' | 'onHandlerError' | 'offlineQueue' | 'will'>;

/**
 * One rule, in the words of Mosquitto's `topic` line: messages under `localPrefix + filter` here are messages under `remotePrefix + filter` there.
 *
 * An empty filter joins exactly two topics, `localPrefix` and `remotePrefix`.
 */
export interface BridgeTopic {
  /** Topic Filter without the prefixes, not a Shared Subscription. */
  readonly filter: string;
  /** Default `'out'`. */
  readonly direction?: Direction | undefined;
  /** Highest QoS of what is carried. Default 1. */
  readonly qos?: QoS | undefined;
  /** Put before the topic on the local server, without wildcards. Default empty. */
  readonly localPrefix?: string | undefined;
  /** Put before the topic on the remote server, without wildcards. Default empty. */
  readonly remotePrefix?: string | undefined;
}

/** What happens on a bridge. */
export type BridgeEvent =
  /** A connection came about, or is gone. */
  | { readonly type: 'connected' | 'disconnected'; readonly side: Side; readonly error?: PetrelError }
  /** Something failed and is tried again: a connection, a message that the other server has no room for. */
  | { readonly type: 'warning'; readonly side: Side; readonly error: PetrelError }
  /** A message was given up, and why: the other server refuses it, it went in a circle, or it was QoS 0 with nobody to take it. */
  | {
      readonly type: 'dropped';
      readonly direction: 'out' | 'in';
      readonly topicName: string;
      readonly reason: DropReason;
      readonly error?: PetrelError;
    };

/** Why a message is not carried over. */
export type DropReason = 'refused' | 'loop' | 'offline';

/** Messages of one direction since the bridge began. */
export interface LaneCounters {
  readonly forwarded: number;
  readonly refused: number;
  readonly loop: number;
  readonly offline: number;
}
