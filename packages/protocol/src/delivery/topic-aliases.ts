/** Topic Aliases (section 3.3.2.3.4), one object per connection and direction: they end with it [MQTT-3.3.2-7]. */
import { ProtocolError } from '../errors.js';
import type { PublishPacket } from '../packets/publish.js';
import { reasonCode } from '../reason-code.js';

/** Turns the aliases of received PUBLISH packets back into Topic Names. */
export class InboundTopicAliases {
  readonly #maximum: number;
  readonly #topicNames = new Map<number, string>();

  /** `maximum` is the Topic Alias Maximum that this end announced; 0 allows none. */
  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** The true Topic Name of a PUBLISH; throws ProtocolError 0x94 above the maximum, 0x82 for an alias never set [MQTT-3.3.2-10] [MQTT-3.3.2-12]. */
  resolve({
    topicName,
    properties: { topicAlias },
  }: Pick<PublishPacket, 'topicName' | 'properties'>): string {
    if (topicAlias === undefined) return topicName;
    if (topicAlias > this.#maximum) {
      throw new ProtocolError(
        `Topic Alias ${topicAlias} is above the Topic Alias Maximum ${this.#maximum} [MQTT-3.3.2-9]`,
        {
          reasonCode: reasonCode.topicAliasInvalid,
        },
      );
    }
    if (topicName !== '') {
      this.#topicNames.set(topicAlias, topicName);
      return topicName;
    }
    const known = this.#topicNames.get(topicAlias);
    if (known === undefined)
      throw new ProtocolError(`Topic Alias ${topicAlias} stands for no Topic Name (section 3.3.2.3.4)`);
    return known;
  }
}

/** How to write one PUBLISH: with the Topic Name when the alias is new, without it afterwards. */
export interface AssignedTopicAlias {
  readonly topicAlias: number;
  readonly isNew: boolean;
}

/** Chooses aliases for sent PUBLISH packets: the first topics get one and keep it, so that none is ever announced twice. */
export class OutboundTopicAliases {
  readonly #maximum: number;
  readonly #aliases = new Map<string, number>();

  /** `maximum` is the receiver's Topic Alias Maximum [MQTT-3.1.2-26] [MQTT-3.2.2-17]; 0 allows none [MQTT-3.1.2-27] [MQTT-3.2.2-18]. */
  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** The alias of a Topic Name; undefined when there is none left. */
  assign(topicName: string): AssignedTopicAlias | undefined {
    const known = this.#aliases.get(topicName);
    if (known !== undefined) return { topicAlias: known, isNew: false };
    const topicAlias = this.#aliases.size + 1; // never 0 [MQTT-3.3.2-8]
    if (topicAlias > this.#maximum) return undefined;
    this.#aliases.set(topicName, topicAlias);
    return { topicAlias, isNew: true };
  }
}
