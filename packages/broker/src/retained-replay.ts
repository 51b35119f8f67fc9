/**
 * Reads the retained messages that match a filter piece by piece, so that a `#` over millions of topics holds up nobody.
 * The store may change between two reads.
 */
import type { RetainedEntry } from './retained-messages.js';
import type { TopicNode } from './topic-node.js';

type Node<M> = TopicNode<RetainedEntry<M>>;

/** Topics looked at for each message asked for: bounds a read whose filter passes many topics and matches few. */
const visitsPerMessage = 16;

/** Children of one node still to be visited, each at the filter level `depth`. */
interface Frame<M> {
  readonly children: Iterator<readonly [string, Node<M>]>;
  readonly depth: number;
}

/** One reading of the store as it was at the start: what is stored later comes live to whoever reads, and not a second time. */
export class RetainedReplay<M> {
  readonly #levels: string[];
  readonly #newest: number;
  readonly #pending: { node: Node<M>; depth: number }[];
  readonly #frames: Frame<M>[] = [];

  /** `newest` is the sequence of the last message that counts. */
  constructor(root: Node<M>, topicFilter: string, newest: number) {
    this.#newest = newest;
    this.#levels = topicFilter.split('/');
    this.#pending = [{ node: root, depth: 0 }];
  }

  /** True once everything was read. */
  get done(): boolean {
    return this.#pending.length === 0 && this.#frames.length === 0;
  }

  /** The next messages, at most `maximum`, none expired at `now`; may be fewer or none before it is done. */
  take(maximum: number, now: number): RetainedEntry<M>[] {
    const entries: RetainedEntry<M>[] = [];
    for (let visits = maximum * visitsPerMessage; visits > 0 && entries.length < maximum; visits--) {
      const step = this.#pending.pop() ?? this.#nextChild();
      if (step === undefined) break;
      const entry = this.#visit(step.node, step.depth);
      if (entry !== undefined && !entry.isExpired(now) && entry.sequence <= this.#newest) entries.push(entry);
    }
    return entries;
  }

  /** Queues what lies below a node and gives back its own message when the filter ends here. */
  #visit(node: Node<M>, depth: number): RetainedEntry<M> | undefined {
    const level = this.#levels[depth];
    if (level === undefined) return node.value;
    if (level === '#') {
      this.#frames.push({ children: node.entries(), depth });
      // a/# matches a itself, and so does every level on the way down.
      return node.value;
    }
    if (level === '+') {
      this.#frames.push({ children: node.entries(), depth: depth + 1 });
      return undefined;
    }
    const child = node.child(level);
    if (child !== undefined) this.#pending.push({ node: child, depth: depth + 1 });
    return undefined;
  }

  #nextChild(): { node: Node<M>; depth: number } | undefined {
    for (let frame = this.#frames.at(-1); frame !== undefined; frame = this.#frames.at(-1)) {
      const next = frame.children.next();
      if (next.done) {
        this.#frames.pop();
        continue;
      }
      const [level, node] = next.value;
      const startsAtRoot = this.#frames.length === 1 && this.#startsWithWildcard;
      if (startsAtRoot && level.startsWith('$')) continue; // [MQTT-4.7.2-1]
      return { node, depth: frame.depth };
    }
    return undefined;
  }

  get #startsWithWildcard(): boolean {
    return this.#levels[0] === '#' || this.#levels[0] === '+';
  }
}
