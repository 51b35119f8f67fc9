/**
 * What the embedding program may decide and observe, in pairs: the first of a pair may refuse, the second is told.
 * Owns the rule that a hook can never break the broker: one that fails has refused.
 */

import type { PeerCertificate } from 'node:tls';
import {
  type ConnectPacket,
  isReasonCodeOf,
  type MessageProperties,
  PetrelError,
  type ProtocolVersion,
  type QoS,
} from '@petrel/protocol';
import { HookError } from './errors.js';
import type { Logger } from './logger.js';
import type { TransportKind } from './transport.js';

/** Who a client is, as `authenticate` found out. A session belongs to the principal that made it, by `name`. */
export interface Principal {
  readonly name: string;
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
  readonly reasonString?: string;
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

type Answer<T> = T | Promise<T>;
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
  /** Asked for every PUBLISH, and for the Will at CONNECT. */
  authorizePublish?(client: Client, request: PublishRequest): Answer<Verdict>;
  /** Asked for every filter of a SUBSCRIBE, and again for each one of a session that is resumed. */
  authorizeSubscribe?(client: Client, request: SubscribeRequest): Answer<Verdict>;
  /** May refuse an authenticated client. */
  connect?(client: Client, packet: Omit<ConnectPacket, 'password'>): Answer<Verdict>;
  connected?(client: Client, event: { readonly sessionPresent: boolean }): void;
  /** May refuse a message or replace parts of it, before it is stored or routed. `client` is undefined for messages of the broker itself. */
  publish?(client: Client | undefined, message: PublishedMessage): Answer<Verdict | MessageChange>;
  published?(client: Client | undefined, message: PublishedMessage): void;
  /** May refuse a subscription that is authorised. */
  subscribe?(client: Client, request: SubscribeRequest): Answer<Verdict>;
  subscribed?(client: Client, request: SubscribeRequest): void;
  unsubscribed?(client: Client, request: Omit<SubscribeRequest, 'qos'>): void;
  /** May keep a message, live or retained, from one client. Asked for each copy, so it answers at once: a promise counts as refused. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook without a return statement allows.
  deliver?(client: Client, message: PublishedMessage): boolean | void;
  /** A copy was handed to the client's connection. */
  delivered?(client: Client, message: PublishedMessage): void;
  disconnected?(client: Client, event: DisconnectedEvent): void;
}

/** The names of the hooks that may refuse and those that observe. */
type ObservingHook = 'connected' | 'published' | 'subscribed' | 'unsubscribed' | 'delivered' | 'disconnected';

/** Tells a promise from an answer. */
export function isPending<T>(answer: T | Promise<T>): answer is Promise<T> {
  return answer instanceof Promise;
}

/** Goes on with an answer: at once where it is there, later where it is a promise. */
export function whenAnswered<T, R>(
  answer: T | Promise<T>,
  next: (answer: T) => R | Promise<R>,
): R | Promise<R> {
  return answer instanceof Promise ? answer.then(next) : next(answer);
}

/** Runs the hooks of one broker. */
export class Hooks {
  readonly #hooks: BrokerHooks;
  readonly #logger: Logger;
  /** Whether there is a hook at all: the hot path asks before it prepares arguments. */
  readonly has: { readonly [Name in keyof BrokerHooks]-?: boolean };

  constructor(hooks: BrokerHooks, logger: Logger) {
    this.#hooks = hooks;
    this.#logger = logger;
    this.has = {
      authenticate: hooks.authenticate !== undefined,
      authorizePublish: hooks.authorizePublish !== undefined,
      authorizeSubscribe: hooks.authorizeSubscribe !== undefined,
      connect: hooks.connect !== undefined,
      connected: hooks.connected !== undefined,
      publish: hooks.publish !== undefined,
      published: hooks.published !== undefined,
      subscribe: hooks.subscribe !== undefined,
      subscribed: hooks.subscribed !== undefined,
      unsubscribed: hooks.unsubscribed !== undefined,
      deliver: hooks.deliver !== undefined,
      delivered: hooks.delivered !== undefined,
      disconnected: hooks.disconnected !== undefined,
    };
  }

  /** The principal, undefined for an anonymous client, or the refusal. */
  authenticate(request: AuthenticationRequest): Answer<Principal | Refusal | undefined> {
    if (!this.has.authenticate) return undefined;
    const asked = this.#ask('authenticate', () => this.#hooks.authenticate?.(request));
    return whenAnswered(asked, (answer) => {
      if (answer === true) return request.userName === undefined ? undefined : { name: request.userName };
      if (isRefusal(answer)) return this.#checkedRefusal('authenticate', answer);
      if (isPrincipal(answer)) return answer;
      if (answer !== false) this.#report('authenticate', new TypeError(`answer is ${describe(answer)}`));
      return { reasonCode: 0x86 };
    });
  }

  /** Undefined where the hook allows. */
  authorizePublish(client: Client, request: PublishRequest): Answer<Refusal | undefined> {
    return this.#verdict('authorizePublish', () => this.#hooks.authorizePublish?.(client, request));
  }

  authorizeSubscribe(client: Client, request: SubscribeRequest): Answer<Refusal | undefined> {
    return this.#verdict('authorizeSubscribe', () => this.#hooks.authorizeSubscribe?.(client, request));
  }

  connect(client: Client, packet: ConnectPacket): Answer<Refusal | undefined> {
    if (!this.has.connect) return undefined;
    const { password: _, ...withoutPassword } = packet;
    return this.#verdict('connect', () => this.#hooks.connect?.(client, withoutPassword));
  }

  subscribe(client: Client, request: SubscribeRequest): Answer<Refusal | undefined> {
    return this.#verdict('subscribe', () => this.#hooks.subscribe?.(client, request));
  }

  /** Undefined where the message goes on as it is. */
  publish(
    client: Client | undefined,
    message: PublishedMessage,
  ): Answer<Refusal | MessageChange | undefined> {
    const asked = this.#ask('publish', () => this.#hooks.publish?.(client, message));
    return whenAnswered(asked, (answer) => {
      const isChange = typeof answer === 'object' && answer !== null && !isRefusal(answer);
      return isChange ? (answer as MessageChange) : this.#judged('publish', answer);
    });
  }

  /** Tells whether the client may have its copy. */
  mayDeliver(client: Client, message: PublishedMessage): boolean {
    const answer = this.#ask('deliver', () => this.#hooks.deliver?.(client, message));
    if (answer === true || answer === undefined) return true;
    if (answer !== false) this.#report('deliver', new TypeError(`answer is ${describe(answer)}`));
    return false;
  }

  /** Tells an observer; nothing it does has consequences. */
  tell<Name extends ObservingHook>(name: Name, ...args: Parameters<NonNullable<BrokerHooks[Name]>>): void {
    const hook = this.#hooks[name] as ((...args: unknown[]) => unknown) | undefined;
    if (hook === undefined) return;
    try {
      const answer = hook.apply(this.#hooks, args);
      if (answer instanceof Promise) answer.catch((cause: unknown) => this.#report(name, cause));
    } catch (cause) {
      this.#report(name, cause);
    }
  }

  #verdict(name: keyof BrokerHooks, call: () => Answer<Verdict>): Answer<Refusal | undefined> {
    if (!this.has[name]) return undefined;
    return whenAnswered(this.#ask(name, call), (answer) => this.#judged(name, answer));
  }

  #judged(name: keyof BrokerHooks, answer: unknown): Refusal | undefined {
    if (answer === true || answer === undefined) return undefined;
    if (answer === false) return { reasonCode: 0x87 };
    if (isRefusal(answer)) return this.#checkedRefusal(name, answer);
    this.#report(name, new TypeError(`answer is ${describe(answer)}`));
    return { reasonCode: 0x83 };
  }

  /** A code that its packet cannot carry becomes 0x83; whichever packet it will be, it is refused. */
  #checkedRefusal(name: keyof BrokerHooks, refusal: Refusal): Refusal {
    const packet = answeringPacket[name];
    if (packet === undefined || isReasonCodeOf(packet, refusal.reasonCode, 'server')) return refusal;
    this.#report(
      name,
      new RangeError(`Reason Code ${refusal.reasonCode} does not exist in ${packet.toUpperCase()}`),
    );
    return { ...refusal, reasonCode: 0x83 };
  }

  /** A hook that fails has refused. */
  #ask<T>(name: keyof BrokerHooks, call: () => Answer<T>): Answer<T | Refusal> {
    const failed = (cause: unknown): Refusal => {
      this.#report(name, cause);
      return { reasonCode: cause instanceof PetrelError ? (cause.reasonCode ?? 0x83) : 0x83 };
    };
    try {
      const answer = call();
      return isPending(answer) ? answer.catch(failed) : answer;
    } catch (cause) {
      return failed(cause);
    }
  }

  #report(name: keyof BrokerHooks, cause: unknown): void {
    this.#logger.error(new HookError(`hook "${name}" failed`, cause));
  }
}

const answeringPacket: Partial<Record<keyof BrokerHooks, 'connack' | 'puback' | 'suback'>> = {
  authenticate: 'connack',
  connect: 'connack',
  publish: 'puback',
  authorizeSubscribe: 'suback',
  subscribe: 'suback',
};

/** Tells a refusal from the other answers of a hook. */
export function isRefusal(answer: unknown): answer is Refusal {
  return typeof answer === 'object' && answer !== null && typeof (answer as Refusal).reasonCode === 'number';
}

function isPrincipal(answer: unknown): answer is Principal {
  return typeof answer === 'object' && answer !== null && typeof (answer as Principal).name === 'string';
}

function describe(answer: unknown): string {
  return answer instanceof Promise ? 'a promise' : typeof answer;
}
