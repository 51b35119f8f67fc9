/** Topic Aliases of one client, and what their names take in memory: the client itself does not need to know, so the protocol does not count. */
import { InboundTopicAliases } from '@petrel/protocol';

/** Of an entry besides its name. */
const entryBytes = 64;

/** One per connection that may use aliases. */
export class CountedTopicAliases {
  readonly #aliases: InboundTopicAliases;
  readonly #lengths = new Map<number, number>();
  #characters = 0;

  /** `maximum` is the Topic Alias Maximum that was announced. */
  constructor(maximum: number) {
    this.#aliases = new InboundTopicAliases(maximum);
  }

  /** What the Topic Names take in memory, roughly. */
  get bytes(): number {
    return 2 * this.#characters + entryBytes * this.#lengths.size;
  }

  /** The true Topic Name of a PUBLISH with an alias; throws what InboundTopicAliases throws. */
  resolve(topicName: string, topicAlias: number): string {
    const resolved = this.#aliases.resolve({ topicName, properties: { topicAlias } });
    if (topicName === '') return resolved;
    this.#characters += topicName.length - (this.#lengths.get(topicAlias) ?? 0);
    this.#lengths.set(topicAlias, topicName.length);
    return resolved;
  }
}
