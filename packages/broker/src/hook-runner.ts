/** Asks the hooks and judges their answers. Owns the rule that a hook can never break the broker: one that fails has refused. */
import { type ConnectPacket, isReasonCodeOf, PetrelError } from '@petrel/protocol';
import { HookError } from './errors.js';
import type {
  Answer,
  AuthenticationRequest,
  BrokerHooks,
  BrokerObserver,
  Client,
  MessageChange,
  ObservingHook,
  Principal,
  PublishedMessage,
  PublishRequest,
  Refusal,
  SubscribeRequest,
  Verdict,
} from './hooks.js';
import type { Logger } from './logger.js';
import { isSendable, sendableRefusal } from './refusal.js';

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

/** Who is told: the object and its method. */
interface Told {
  readonly observer: object;
  readonly hook: (...args: unknown[]) => unknown;
}

/** Runs the hooks of one broker. */
export class Hooks {
  readonly #hooks: BrokerHooks;
  readonly #observers: { readonly [Name in ObservingHook]: readonly Told[] };
  readonly #logger: Logger;
  /** Whether there is a hook at all: the hot path asks before it prepares arguments. */
  readonly has: { readonly [Name in keyof BrokerHooks]-?: boolean };

  constructor(hooks: BrokerHooks, observers: readonly BrokerObserver[], logger: Logger) {
    this.#hooks = hooks;
    this.#logger = logger;
    const all = [hooks, ...observers];
    const told = (name: ObservingHook): readonly Told[] =>
      all.flatMap((observer) => {
        const hook = observer[name] as Told['hook'] | undefined;
        return hook === undefined ? [] : { observer, hook };
      });
    this.#observers = {
      connected: told('connected'),
      routing: told('routing'),
      published: told('published'),
      subscribed: told('subscribed'),
      unsubscribed: told('unsubscribed'),
      delivered: told('delivered'),
      acknowledged: told('acknowledged'),
      undelivered: told('undelivered'),
      disconnected: told('disconnected'),
      refused: told('refused'),
    };
    const isWatched = (name: ObservingHook) => this.#observers[name].length > 0;
    this.has = {
      authenticate: hooks.authenticate !== undefined,
      stillValid: hooks.stillValid !== undefined,
      authorizePublish: hooks.authorizePublish !== undefined,
      authorizeSubscribe: hooks.authorizeSubscribe !== undefined,
      connect: hooks.connect !== undefined,
      responseInformation: hooks.responseInformation !== undefined,
      connected: isWatched('connected'),
      publish: hooks.publish !== undefined,
      routing: isWatched('routing'),
      published: isWatched('published'),
      subscribe: hooks.subscribe !== undefined,
      subscribed: isWatched('subscribed'),
      unsubscribed: isWatched('unsubscribed'),
      deliver: hooks.deliver !== undefined,
      delivered: isWatched('delivered'),
      acknowledged: isWatched('acknowledged'),
      undelivered: isWatched('undelivered'),
      disconnected: isWatched('disconnected'),
      refused: isWatched('refused'),
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

  /** Undefined where there is none; a hook that fails has none. */
  responseInformation(client: Client): Answer<string | undefined> {
    if (!this.has.responseInformation) return undefined;
    const asked = this.#ask('responseInformation', () => this.#hooks.responseInformation?.(client));
    return whenAnswered(asked, (answer) => {
      if (answer === undefined || isSendable(answer)) return answer;
      if (!isRefusal(answer))
        this.#report('responseInformation', new TypeError(`answer is ${describe(answer)}`));
      return undefined;
    });
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
      return isChange(answer) ? answer : this.#judged('publish', answer);
    });
  }

  /** Tells whether the client may have its copy. */
  mayDeliver(client: Client, message: PublishedMessage): boolean {
    const answer = this.#ask('deliver', () => this.#hooks.deliver?.(client, message));
    if (answer === true || answer === undefined) return true;
    if (answer !== false) this.#report('deliver', new TypeError(`answer is ${describe(answer)}`));
    return false;
  }

  /** Tells the observers; nothing they do has consequences. */
  tell<Name extends ObservingHook>(name: Name, ...args: Parameters<NonNullable<BrokerHooks[Name]>>): void {
    for (const { observer, hook } of this.#observers[name]) {
      try {
        const answer = hook.apply(observer, args);
        if (answer instanceof Promise) answer.catch((cause: unknown) => this.#report(name, cause));
      } catch (cause) {
        this.#report(name, cause);
      }
    }
  }

  #verdict(name: keyof BrokerHooks, call: () => Answer<Verdict>): Answer<Refusal | undefined> {
    if (!this.has[name]) return undefined;
    return whenAnswered(this.#ask(name, call), (answer) => this.#judged(name, answer));
  }

  #judged(name: keyof BrokerHooks, answer: unknown): Refusal | undefined {
    if (answer === true || (answer === undefined && !mustAnswer.has(name))) return undefined;
    if (answer === false) return { reasonCode: 0x87 };
    if (isRefusal(answer)) return this.#checkedRefusal(name, answer);
    this.#report(name, new TypeError(`answer is ${describe(answer)}`));
    return { reasonCode: 0x83 };
  }

  /** A code that its packet cannot carry becomes 0x83; whichever packet it will be, it is refused. */
  #checkedRefusal(name: keyof BrokerHooks, given: Refusal): Refusal {
    const refusal = sendableRefusal(given);
    if (refusal !== given) this.#report(name, new TypeError('a text of the refusal cannot be sent by MQTT'));
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
      return isThenable(answer) ? Promise.resolve(answer).catch(failed) : answer;
    } catch (cause) {
      return failed(cause);
    }
  }

  #report(name: keyof BrokerHooks, cause: unknown): void {
    this.#logger.error(new HookError(`hook "${name}" failed`, cause));
  }
}

/** Those that guard access: their silence allows nothing. */
const mustAnswer: ReadonlySet<keyof BrokerHooks> = new Set(['authorizePublish', 'authorizeSubscribe']);

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

/** Tells a principal from the other answers of `authenticate`. */
export function isPrincipal(answer: unknown): answer is Principal {
  return typeof answer === 'object' && answer !== null && typeof (answer as Principal).name === 'string';
}

const changeable: ReadonlySet<string> = new Set(['topicName', 'payload', 'qos', 'retain', 'properties']);

/** What names nothing that can be changed is misspelt: taken for a change, it would leave the message as it is without a word. */
function isChange(answer: unknown): answer is MessageChange {
  if (typeof answer !== 'object' || answer === null || isRefusal(answer)) return false;
  const names = Object.keys(answer);
  return names.length === 0 || names.some((name) => changeable.has(name));
}

/** Libraries have promises of their own. */
function isThenable<T>(answer: Answer<T>): answer is Promise<T> {
  return (
    typeof answer === 'object' && answer !== null && 'then' in answer && typeof answer.then === 'function'
  );
}

function describe(answer: unknown): string {
  return answer instanceof Promise ? 'a promise' : typeof answer;
}
