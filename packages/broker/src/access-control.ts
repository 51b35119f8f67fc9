/** Who may publish and subscribe where: the broker's own rules first, then the hook. Always asked with the real topic. */
import { type QoS, reasonCode } from '@petrel/protocol';
import type { Hooks } from './hook-runner.js';
import type { Client, Refusal } from './hooks.js';

/** The broker's answer: undefined allows. */
export type AccessAnswer = Refusal | undefined | Promise<Refusal | undefined>;

const reserved: Refusal = {
  reasonCode: reasonCode.notAuthorized,
  reasonString: 'topics under $SYS/ and $share/ are reserved for the broker',
};

/** Topics that clients never publish to, not even by Will: the broker's own ones. */
function isReserved(topicName: string): boolean {
  return topicName.charCodeAt(0) === 0x24 && /^\$(SYS|share)(\/|$)/.test(topicName);
}

/** One per broker. */
export class AccessControl {
  readonly #hooks: Hooks;

  constructor(hooks: Hooks) {
    this.#hooks = hooks;
  }

  authorizePublish(client: Client, topicName: string, qos: QoS, retain: boolean): AccessAnswer {
    if (isReserved(topicName)) return reserved;
    if (!this.#hooks.has.authorizePublish) return undefined;
    return this.#hooks.authorizePublish(client, { topicName, qos, retain, will: false });
  }

  /** Asked when the Will is left, since nobody is there to ask when it is published. */
  authorizeWill(client: Client, topicName: string, qos: QoS, retain: boolean): AccessAnswer {
    if (isReserved(topicName)) return reserved;
    return this.#hooks.authorizePublish(client, { topicName, qos, retain, will: true });
  }

  /** `topicFilter` is the one behind `$share/ShareName/`. */
  authorizeSubscribe(
    client: Client,
    topicFilter: string,
    shareName: string | undefined,
    qos: QoS,
  ): AccessAnswer {
    return this.#hooks.authorizeSubscribe(client, { topicFilter, shareName, qos });
  }
}
