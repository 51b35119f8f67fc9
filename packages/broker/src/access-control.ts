/** Who may publish, subscribe and receive where: the broker's own topics first, then the rules, then the hook. Always asked with the real topic. */
import { type QoS, reasonCode } from '@petrel/protocol';
import type { AccessPolicy } from './access/access-policy.js';
import type { AccessView } from './access/access-view.js';
import type { Hooks } from './hook-runner.js';
import type { Client, Refusal } from './hooks.js';
import type { Subscription } from './subscription.js';

/** The broker's answer: undefined allows. */
export type AccessAnswer = Refusal | undefined | Promise<Refusal | undefined>;

const reserved: Refusal = {
  reasonCode: reasonCode.notAuthorized,
  reasonString: 'topics under $SYS/ and $share/ are reserved for the broker',
};

const denied: Refusal = { reasonCode: reasonCode.notAuthorized };

/** Topics that clients never publish to, not even by Will: the broker's own ones. */
export function isReserved(topicName: string): boolean {
  return topicName.charCodeAt(0) === 0x24 && /^\$(SYS|share)(\/|$)/.test(topicName);
}

/** One per broker. */
export class AccessControl {
  readonly #hooks: Hooks;
  #policy: AccessPolicy | undefined;
  /** Publishers come in bursts, and so do the copies for one receiver. */
  #publisher: AccessView | undefined;
  #receiver: AccessView | undefined;

  constructor(hooks: Hooks, policy: AccessPolicy | undefined) {
    this.#hooks = hooks;
    this.#policy = policy;
  }

  /** The rules in force; undefined where there are none, and only hooks decide. */
  get policy(): AccessPolicy | undefined {
    return this.#policy;
  }

  set policy(policy: AccessPolicy | undefined) {
    this.#policy = policy;
    this.#publisher = undefined;
    this.#receiver = undefined;
  }

  /** Whether a subscription may be refused that was granted before. */
  get canRevoke(): boolean {
    return this.policy !== undefined || this.#hooks.has.authorizeSubscribe;
  }

  authorizePublish(client: Client, topicName: string, qos: QoS, retain: boolean): AccessAnswer {
    if (isReserved(topicName)) return this.#told(client, 'publish', topicName, reserved);
    if (this.#policy !== undefined && !this.#mayPublish(this.#policy, client, topicName))
      return this.#told(client, 'publish', topicName, denied);
    if (!this.#hooks.has.authorizePublish) return undefined;
    const answer = this.#hooks.authorizePublish(client, { topicName, qos, retain, will: false });
    return this.#told(client, 'publish', topicName, answer);
  }

  /** Asked when the Will is left, since nobody is there to ask when it is published. */
  authorizeWill(client: Client, topicName: string, qos: QoS, retain: boolean): AccessAnswer {
    if (isReserved(topicName)) return reserved;
    if (this.policy?.viewOf(client).mayPublish(topicName) === false) return denied;
    return this.#hooks.authorizePublish(client, { topicName, qos, retain, will: true });
  }

  /** `topicFilter` is the one behind `$share/ShareName/`. */
  authorizeSubscribe(
    client: Client,
    topicFilter: string,
    shareName: string | undefined,
    qos: QoS,
  ): AccessAnswer {
    if (this.#mustNotSubscribe(client, topicFilter, shareName))
      return this.#told(client, 'subscribe', topicFilter, denied);
    const answer = this.#hooks.authorizeSubscribe(client, { topicFilter, shareName, qos });
    return this.#told(client, 'subscribe', topicFilter, answer);
  }

  /** Observers hear of a refusal; the answer is the same. */
  #told(client: Client, action: 'publish' | 'subscribe', topic: string, answer: AccessAnswer): AccessAnswer {
    if (answer === undefined || !this.#hooks.has.refused) return answer;
    if (answer instanceof Promise) {
      return answer.then((later) => {
        if (later !== undefined) this.#tell(client, action, topic, later);
        return later;
      });
    }
    this.#tell(client, action, topic, answer);
    return answer;
  }

  #tell(client: Client, action: 'publish' | 'subscribe', topic: string, refusal: Refusal): void {
    const { clientIdentifier, principal, userName, transport, remoteAddress } = client;
    const { reasonCode, reasonString: reason } = refusal;
    this.#hooks.tell('refused', {
      action,
      clientIdentifier,
      principalName: principal?.name,
      userName,
      transport,
      remoteAddress,
      topic,
      reasonCode,
      reason,
    });
  }

  /** Whether the rules let a client have a message that is on its way to it; asked for each copy when it is sent. */
  mayReceive(client: Client, topicName: string): boolean {
    if (this.#policy === undefined) return true;
    if (this.#receiver?.client !== client) this.#receiver = this.#policy.viewOf(client);
    return this.#receiver.mayReceive(topicName);
  }

  #mayPublish(policy: AccessPolicy, client: Client, topicName: string): boolean {
    if (this.#publisher?.client !== client) this.#publisher = policy.viewOf(client);
    return this.#publisher.mayPublish(topicName);
  }

  /** Whether the rules, without the hook, refuse a subscription. */
  #mustNotSubscribe(client: Client, topicFilter: string, shareName: string | undefined): boolean {
    return this.policy?.viewOf(client).maySubscribe(topicFilter, shareName !== undefined) === false;
  }

  /** Filters of subscriptions that the rules refuse, as the client sent them. */
  refusedByRules(client: Client, subscriptions: Iterable<Subscription>): string[] {
    return [...subscriptions]
      .filter(({ topicFilter, shareName }) => this.#mustNotSubscribe(client, topicFilter, shareName))
      .map(({ requestedFilter }) => requestedFilter);
  }

  /** Whether the rules refuse the Will of a client. */
  refusesWill(client: Client, topicName: string): boolean {
    return this.policy?.viewOf(client).mayPublish(topicName) === false;
  }
}
