/** What the embedding program may decide and observe, in pairs: the first of a pair may refuse, the second is told. */
import type { PeerCertificate } from 'node:tls';
import type { ConnectPacket, MessageProperties, ProtocolVersion, QoS } from '@petrel/protocol';
import type { TransportKind } from './transport.js';
import type { UndeliveredReason } from './undelivered.js';

/** Who a client is, as `authenticate` found out. A session belongs to the principal that made it, by `name`. */
export interface Principal {
  readonly name: string;
  /** Groups that rules may speak of. Default: none but those that the rules themselves name. */
  readonly groups?: readonly string[] | undefined;
  /** When its credentials end, in milliseconds since 1970: the connection ends with 0xA0 then, unless they were renewed. Default: never. */
  readonly expiresAt?: number | undefined;
  /** What it proved itself with, as an opaque text that only the `stillValid` of its authenticator reads; no secret. Default: unknown. */
  readonly credential?: string | undefined;
}

/** What hooks are told of a client. */
export interface Client {
  readonly clientIdentifier: string;
  /** Undefined for an anonymous client. */
  readonly principal: Principal | undefined;
  readonly userName: string | undefined;
  readonly protocolVersion: ProtocolVersion;
  readonly transport: TransportKind;
  readonly remoteAddress: string | undefined;
  /** Only a certificate that was verified. */
  readonly peerCertificate: PeerCertificate | undefined;
}

/** What `authenticate` decides on. */
export interface AuthenticationRequest extends Omit<Client, 'principal'> {
  readonly password: Uint8Array | undefined;
}

/** Refused, with the MQTT 5 Reason Code (0x80–0xFF) that the client gets. */
export interface Refusal {
  readonly reasonCode: number;
  /** Told to an MQTT 5 client, where it wants to know and can take it [MQTT-3.1.2-29]. */
  readonly reasonString?: string;
  /**
   * Where the client may go instead, with 0x9C Use another server and 0x9D Server moved, when CONNECT is refused: `host`, `host:port` or
   * several with spaces between (MQTT 5.0 section 4.11).
   */
  readonly serverReference?: string;
}

/** What a client wants to publish, without its payload. */
export interface PublishRequest {
  /** Always the real topic: aliases are resolved. */
  readonly topicName: string;
  readonly qos: QoS;
  readonly retain: boolean;
  /** True when the topic is that of a Will, asked about at CONNECT. */
  readonly will: boolean;
}

/** What a client wants to subscribe to. */
export interface SubscribeRequest {
  /** The real filter, without `$share/ShareName/`. */
  readonly topicFilter: string;
  readonly shareName: string | undefined;
  readonly qos: QoS;
}

/** A message as hooks see it; nothing in it may be changed. */
export interface PublishedMessage {
  readonly topicName: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: MessageProperties;
}

/** One copy of a message for one client. At QoS 1 and 2 the same object as long as it is on its way. */
export interface MessageCopy {
  readonly qos: QoS;
  /** RETAIN as this client gets it: also true of every message that was retained before the client subscribed. */
  readonly retain: boolean;
}

/** Parts of a message that a `publish` hook replaces. */
export interface MessageChange {
  readonly topicName?: string;
  readonly payload?: Uint8Array;
  readonly qos?: QoS;
  readonly retain?: boolean;
  readonly properties?: MessageProperties;
}

/** Why and how a connection ended. */
export interface DisconnectedEvent {
  /** What the client or the broker gave as reason; undefined when the network connection just ended. */
  readonly reasonCode: number | undefined;
  readonly byClient: boolean;
  readonly cause: Error | undefined;
}

/** What was refused to whom: a CONNECT, the right to publish or to subscribe. Never has a password or a payload. */
export interface RefusedEvent
  extends Pick<Client, 'clientIdentifier' | 'userName' | 'transport' | 'remoteAddress'> {
  readonly action: 'connect' | 'publish' | 'subscribe';
  /** Undefined for `connect`, where nobody is known yet, and for an anonymous client. */
  readonly principalName: string | undefined;
  /** Topic Name or Topic Filter; undefined for `connect`. */
  readonly topic: string | undefined;
  readonly reasonCode: number;
  readonly reason: string | undefined;
}

/** At once, or later. */
export type Answer<T> = T | Promise<T>;

/** True allows, false refuses with 0x87 Not authorized. Nothing refuses: access that a forgotten `return` opens is open to all. */
export type Authorization = boolean | Refusal;

/** True or nothing allows, false refuses with 0x87 Not authorized. */
// biome-ignore lint/suspicious/noConfusingVoidType: a hook without a return statement allows.
export type Verdict = boolean | void | Refusal;

/**
 * The hooks of a broker, all optional.
 *
 * Those that may refuse answer with a value or a promise. While a promise is pending, further packets of that client wait and other
 * clients go on. One that throws, rejects or answers anything else has refused, and the logger is told. Hooks must not be slow without a
 * promise: everything waits for them.
 */
export interface BrokerHooks {
  /** Finds the principal behind a CONNECT. True accepts under the User Name, false answers 0x86. Without this hook every client is anonymous. */
  authenticate?(request: AuthenticationRequest): Answer<Principal | boolean | Refusal>;
  /**
   * Whether `authenticate` would still accept a client that is connected; asked for each one after `broker.update()`, some in each turn of the
   * event loop. False ends the connection with 0x87; anything else, and a failure, lets it stay. Default: all stay.
   */
  stillValid?(client: Client): Answer<boolean>;
  /** Asked for every PUBLISH, and for the Will at CONNECT. */
  authorizePublish?(client: Client, request: PublishRequest): Answer<Authorization>;
  /** Asked for every filter of a SUBSCRIBE, and again for each one of a session that is resumed. */
  authorizeSubscribe?(client: Client, request: SubscribeRequest): Answer<Authorization>;
  /** May refuse an authenticated client. */
  connect?(client: Client, packet: Omit<ConnectPacket, 'password'>): Answer<Verdict>;
  /** Text for the Response Information of CONNACK, asked for clients that ask for it [MQTT-3.1.2-28]; nothing sends none. */
  responseInformation?(client: Client): Answer<string | undefined>;
  connected?(client: Client, event: { readonly sessionPresent: boolean }): void;
  /** May refuse a message or replace parts of it, before it is stored or routed. `client` is undefined for messages of the broker itself. */
  publish?(client: Client | undefined, message: PublishedMessage): Answer<Verdict | MessageChange>;
  /** The message was taken, and goes to its receivers within this turn; `published` follows. */
  routing?(client: Client | undefined, message: PublishedMessage): void;
  published?(
    client: Client | undefined,
    message: PublishedMessage,
    event: { readonly hasReceivers: boolean },
  ): void;
  /** May refuse a subscription that is authorised. */
  subscribe?(client: Client, request: SubscribeRequest): Answer<Verdict>;
  subscribed?(client: Client, request: SubscribeRequest): void;
  unsubscribed?(client: Client, request: Omit<SubscribeRequest, 'qos'>): void;
  /** May keep a message, live or retained, from one client. Asked for each copy, so it answers at once: a promise counts as refused. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook without a return statement allows.
  deliver?(client: Client, message: PublishedMessage): boolean | void;
  /** A copy was handed to the client's connection; one that is sent again is told of again. */
  delivered?(client: Client, message: PublishedMessage, copy: MessageCopy): void;
  /** The client has ended the exchange of a copy, with PUBACK or PUBCOMP. */
  acknowledged?(client: Client, message: PublishedMessage, copy: MessageCopy): void;
  /** A copy will not reach the client, or not this time where it was sent before. */
  undelivered?(client: Client, message: PublishedMessage, reason: UndeliveredReason): void;
  disconnected?(client: Client, event: DisconnectedEvent): void;
  /** A client was not let in, or rules or a hook did not let it publish or subscribe. */
  refused?(event: RefusedEvent): void;
}

/** The hooks that are told and decide nothing. */
export type ObservingHook =
  | 'connected'
  | 'routing'
  | 'published'
  | 'subscribed'
  | 'unsubscribed'
  | 'delivered'
  | 'acknowledged'
  | 'undelivered'
  | 'disconnected'
  | 'refused';

/** Is told what happens and decides nothing; what it throws goes to the logger. There may be many, where there is one object of hooks. */
export type BrokerObserver = Pick<BrokerHooks, ObservingHook>;
