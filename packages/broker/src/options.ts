/** The options of createBroker: names, units, defaults. What they may be is checked in resolve-options. */
import type { AccessPolicy } from './access/access-policy.js';
import type { AccessOptions } from './access/access-rules.js';
import type { AuthenticationMethod } from './authentication/authentication-method.js';
import type { Clock } from './clock.js';
import type { BrokerHooks, BrokerObserver } from './hooks.js';
import type { ListenerOptions, ResolvedListener } from './listeners/listener-options.js';
import type { Logger } from './logger.js';
import type { OverflowPolicy } from './outbound-queue.js';
import type { Durability } from './stores/disk/manifest.js';
import type { Store } from './stores/store.js';

/** Options of a broker; all optional. The object is read once, and never written to. */
export interface BrokerOptions {
  /** Default: none; clients in the same process use broker.connect(). */
  readonly listeners?: readonly ListenerOptions[] | undefined;
  /** What the program decides and observes. */
  readonly hooks?: BrokerHooks | undefined;
  /** Those that are only told what happens, such as `openTelemetry()`, beside the hooks. Default none. */
  readonly observers?: readonly BrokerObserver[] | undefined;
  /** Allows listeners beyond loopback although there is no hook `authenticate`. Default false. */
  readonly allowAnonymous?: boolean | undefined;
  /**
   * Methods of enhanced authentication (section 4.12), such as `scramSha256()`, that MQTT 5 clients may name in CONNECT; the hook
   * `authenticate` is not asked then. With methods, without the hook and without `allowAnonymous`, nobody gets in without one. Default none.
   */
  readonly authenticationMethods?: readonly AuthenticationMethod[] | undefined;
  /**
   * Who may publish, subscribe and receive where; hooks are asked as well. Default: whoever is let in may do everything but publish to the
   * broker's own topics.
   */
  readonly access?: AccessOptions | undefined;
  readonly limits?: LimitOptions | undefined;
  /**
   * A folder for what must outlive this process: sessions with what waits for them, retained messages, Wills. Made if it is not there; one
   * broker at a time. Default: none, everything is in memory and gone with the broker.
   */
  readonly dataFolder?: string | undefined;
  /**
   * What an acknowledged message survives, with a data folder: `sync` the loss of power, as it is on the disk before PUBACK leaves; `os` the
   * end of the process by any cause, but not that of the machine. Default 'sync'.
   */
  readonly durability?: Durability | undefined;
  /** In place of a data folder: another store. Default: memory. */
  readonly store?: Store | undefined;
  /** Milliseconds between two updates of the topics under `$SYS/broker/`; 0 = none. Default 10,000. */
  readonly sysTopicsIntervalMs?: number | undefined;
  /** Default: none. `console` fits. */
  readonly logger?: Logger | undefined;
  /** Default: the time of this machine. */
  readonly clock?: Clock | undefined;
}

/** Bounds on what clients may ask for and cost. */
export interface LimitOptions {
  /** Largest packet from a client, fixed header included [MQTT-3.2.2-15]; 256–268,435,460 bytes. Default 2,097,152. */
  readonly maximumPacketSizeBytes?: number | undefined;
  /** The same for a peer that is not connected yet, so for its CONNECT with the Will; 128–268,435,460. Default 65,536. */
  readonly maximumPacketSizeBeforeConnectBytes?: number | undefined;
  /** QoS 1 and 2 messages that a client may have in flight towards the broker; 1–65,535. Default 1,024. */
  readonly receiveMaximum?: number | undefined;
  /** Topic aliases that a client may use; 0–65,535. Default 64. */
  readonly topicAliasMaximum?: number | undefined;
  /** Highest QoS that clients may publish with. Default 2. */
  readonly maximumQoS?: 0 | 1 | 2 | undefined;
  /** Whether messages may be retained. Default true. */
  readonly retainAvailable?: boolean | undefined;
  /** Whether a Topic Filter may have wildcards. Default true. */
  readonly wildcardSubscriptionAvailable?: boolean | undefined;
  /** Whether there are Shared Subscriptions. Default true. */
  readonly sharedSubscriptionAvailable?: boolean | undefined;
  /** Whether a subscription may have a Subscription Identifier. Default true. */
  readonly subscriptionIdentifiersAvailable?: boolean | undefined;
  /** Keep Alive in seconds that every MQTT 5 client has to use, whatever it asks for; 0–65,535. Default: its own. */
  readonly serverKeepAlive?: number | undefined;
  /** Longest Keep Alive in seconds that a client gets, and what it gets for 0, "never"; 0 = no such bound. Default 0. */
  readonly maximumKeepAlive?: number | undefined;
  /** Longest Session Expiry Interval in seconds; 0xFFFFFFFF = sessions may last for ever. Default 604,800, a week. */
  readonly maximumSessionExpiryInterval?: number | undefined;
  /**
   * Time for CONNECT with the authentication that follows it, and for a re-authentication; before it as much again for a handshake of TLS or HTTP, and for
   * waiting to be let in; 1–2,147,483,647 ms. Default 10,000.
   */
  readonly connectTimeoutMs?: number | undefined;
  /** Packets of a client that one enhanced authentication may take, CONNECT included; 1–65,535. Default 10. */
  readonly maximumAuthenticationRounds?: number | undefined;
  /** Connections at a time. Default 10,000. */
  readonly maximumConnections?: number | undefined;
  /** Connections at a time that are not accepted yet, handshakes of TLS and HTTP among them; above it the one that has sent no CONNECT for longest goes. Default 1,000. */
  readonly maximumPendingConnections?: number | undefined;
  /** Connections at a time from one IPv4 address or one IPv6 /64; 0 = no such bound. Default 0. */
  readonly maximumConnectionsPerAddress?: number | undefined;
  /** Connections at a time of one principal; 0 = no such bound. Default 0. */
  readonly maximumConnectionsPerPrincipal?: number | undefined;
  /** New connections per second, all together; those above it wait up to `connectTimeoutMs`. 0 = no such bound. Default 0. */
  readonly connectionsPerSecond?: number | undefined;
  /** New connections per second from one IPv4 address or one IPv6 /64; those above it are closed. 0 = no such bound. Default 0. */
  readonly connectionsPerSecondPerAddress?: number | undefined;
  /** PUBLISH packets per second of one client; above it the client is read more slowly. 0 = no such bound. Default 0. */
  readonly publishMessagesPerSecond?: number | undefined;
  /** Bytes per second from one client, of all packets; above it the client is read more slowly. 0 = no such bound. Default 0. */
  readonly bytesPerSecond?: number | undefined;
  /** New connections wait while the event loop is later than this, in milliseconds; 0 = they never do. Default 250. */
  readonly admissionLagMs?: number | undefined;
  /** QoS 0 messages are dropped while the event loop stays later than this, in milliseconds; 0 = they never are for that. Default 1,000. */
  readonly sheddingLagMs?: number | undefined;
  /** Sessions at a time, connected or not. Default 100,000. */
  readonly maximumSessions?: number | undefined;
  /** Subscriptions of one session. Default 10,000. */
  readonly maximumSubscriptionsPerSession?: number | undefined;
  /** Bytes of a Topic Name or Topic Filter; 1–65,535. Default 65,535, all that MQTT allows. */
  readonly maximumTopicBytes?: number | undefined;
  /** Levels of a Topic Name or Topic Filter; 1–65,536. Default 128. */
  readonly maximumTopicLevels?: number | undefined;
  /** User Properties of one packet. Default 64. */
  readonly maximumUserProperties?: number | undefined;
  /** What waits for one session. */
  readonly sessionQueue?: SessionQueueOptions | undefined;
  /** What is retained. */
  readonly retained?: RetainedOptions | undefined;
  /** What the data folder holds. */
  readonly dataFolder?: DataFolderOptions | undefined;
  /** Bytes waiting in one connection's socket above which the broker stops feeding it; 16,384–1,073,741,824. Default 1,048,576. */
  readonly outboundHighWaterMarkBytes?: number | undefined;
  /**
   * How long a receiver above that mark may slow down who publishes to it, in milliseconds; then it loses QoS 0 messages instead. Receivers that
   * have not shown that they read share a second of it, of which 5 ms come back each second. 0 = publishers never wait. Default 500.
   */
  readonly slowReceiverGraceMs?: number | undefined;
  /** Bytes waiting in all sockets together, above which each may have 65,536 only. Default 268,435,456. */
  readonly maximumOutboundBytes?: number | undefined;
  /** Bytes of packets that have not come to their end, of all connections together; above it the oldest such packet ends its connection. Default 67,108,864. */
  readonly maximumUnfinishedBytes?: number | undefined;
  /** Bytes of QoS 1 and 2 messages in flight towards one client; the next one waits. Default 16,777,216. */
  readonly maximumInFlightBytes?: number | undefined;
  /**
   * All that clients make the broker keep in memory, together: connections, sessions, subscriptions, retained and waiting messages. Above it the broker
   * refuses what would make it keep more, with 0x97, and the rest goes on. Default 1,073,741,824.
   */
  readonly maximumMemoryBytes?: number | undefined;
}

/** Bounds of what waits for one session: QoS 1 and 2 messages that are not sent yet. */
export interface SessionQueueOptions {
  /** Messages. Default 10,000; with a data folder, which holds all but the first few, 1,000,000. */
  readonly maximumMessages?: number | undefined;
  /** Payloads, topics and properties. Default 16,777,216; with a data folder 1,073,741,824. */
  readonly maximumBytes?: number | undefined;
  /**
   * How long a message may wait, in milliseconds, up to a sixteenth longer; 0 = as long as its session lives. What waits longer is dropped.
   * Counts from the start of the broker for what an earlier run left. Default 0.
   */
  readonly maximumAgeMs?: number | undefined;
  /**
   * What happens when a bound is reached: `drop-oldest` makes room, `drop-newest` leaves the new message out for this session, `refuse` refuses it
   * for everybody with 0x97, `disconnect` leaves it out and ends the connection of the session with 0x97. Default 'drop-oldest'.
   */
  readonly overflow?: OverflowPolicy | undefined;
}

/** Bounds of the retained messages. */
export interface RetainedOptions {
  /** Topics with a retained message. Default 1,000,000. */
  readonly maximumMessages?: number | undefined;
  /** Payloads, topics and properties. Default 268,435,456; with a data folder, which holds all but the names, 1,073,741,824. */
  readonly maximumBytes?: number | undefined;
}

/** Bounds of the data folder. What would break them is refused with 0x97. */
export interface DataFolderOptions {
  /** Messages that somebody waits for, each once; they cost some 40 bytes of memory. Default 10,000,000. */
  readonly maximumMessages?: number | undefined;
  /** Messages that somebody waits for; the files may be twice as large for a while. Default 17,179,869,184. */
  readonly maximumBytes?: number | undefined;
  /** What is left free on the disk. Default 268,435,456. */
  readonly minimumFreeBytes?: number | undefined;
}

/** All limits with their values. */
export interface ResolvedLimits
  extends Complete<Omit<LimitOptions, 'serverKeepAlive' | 'sessionQueue' | 'retained' | 'dataFolder'>> {
  readonly serverKeepAlive: number | undefined;
  readonly sessionQueue: Complete<SessionQueueOptions>;
  readonly retained: Complete<RetainedOptions>;
  readonly dataFolder: Complete<DataFolderOptions>;
}

/** Nothing is missing, and nothing is undefined. */
type Complete<T> = { readonly [Name in keyof T]-?: Exclude<T[Name], undefined> };

/** All options with their values, frozen, but for the objects that the program itself made. */
export interface ResolvedBrokerOptions {
  readonly listeners: readonly ResolvedListener[];
  readonly hooks: BrokerHooks;
  readonly observers: readonly BrokerObserver[];
  readonly allowAnonymous: boolean;
  /** By name. */
  readonly authenticationMethods: ReadonlyMap<string, AuthenticationMethod>;
  readonly access: AccessPolicy | undefined;
  readonly limits: ResolvedLimits;
  readonly dataFolder: string | undefined;
  readonly durability: Durability;
  /** Undefined: in the data folder, or in memory. */
  readonly store: Store | undefined;
  readonly sysTopicsIntervalMs: number;
  readonly logger: Logger;
  readonly clock: Clock;
}
