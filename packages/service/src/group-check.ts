/**
 * Finds out whether a server of MQTT 3.1.1 knows shared subscriptions. Version 5 says so in CONNACK; 3.1.1 has no word for it, and a server that does not
 * know them takes `$share/group/filter` for a filter like any other, to which nothing is ever published.
 */
import type { Clock } from '@petrel/client';
import { settledWithin } from './deadline.js';
import type { Link } from './link.js';
import { randomToken } from './random-token.js';
import { inboxTopic } from './wire-format.js';

const rounds = 3;
const waitMs = 5_000;
const noBytes = new Uint8Array(0);

/** Asks once for each connection of a service that has a group. */
export class GroupCheck {
  readonly #link: Link;
  readonly #prefix: string;
  readonly #clock: Clock;
  #outcome: Promise<boolean> | undefined;

  /** `prefix`: the first levels of the inbox, where this service may publish and subscribe. */
  constructor(link: Link, prefix: string, clock: Clock) {
    this.#link = link;
    this.#prefix = prefix;
    this.#clock = clock;
  }

  /** False where a member of a group would get nothing; true also where access rules keep us from finding out. Only once connected. */
  available(): Promise<boolean> {
    if (this.#link.protocolVersion === 5) return Promise.resolve(true);
    this.#outcome ??= this.#ask();
    return this.#outcome;
  }

  async #ask(): Promise<boolean> {
    const token = randomToken();
    const ownTopic = (level: string) => inboxTopic(this.#prefix, this.#link.clientIdentifier, token + level);
    const [shared, plain] = [ownTopic('s'), ownTopic('p')];
    let isShared = false;
    let arrived = (): void => undefined;
    const granted = [
      this.#link.subscribe(`$share/${token}/${shared}`, { qos: 0 }, () => {
        isShared = true;
        arrived();
      }),
      this.#link.subscribe(plain, { qos: 0 }, () => arrived()),
    ];
    const ask = async (): Promise<boolean> => {
      await Promise.all(granted);
      for (let round = 0; round < rounds && !isShared; round++) {
        // The second message comes to us in any case, and in practice behind the first; what only looks so has two more chances.
        const answer = new Promise<void>((resolve) => {
          arrived = resolve;
        });
        for (const topicName of [shared, plain]) await this.#link.publish(topicName, noBytes, { qos: 0 });
        await answer;
      }
      return isShared;
    };
    const asked = ask().catch(() => true);
    const answeredInTime = await settledWithin(this.#clock, asked, waitMs);
    for (const subscription of granted)
      subscription.then((made) => made.unsubscribe()).catch(() => undefined);
    return answeredInTime ? asked : true;
  }
}
