/** One level of a topic tree; most nodes have one child, which needs no Map. */
export class TopicNode<V> {
  value: V | undefined;
  #level = '';
  #child: TopicNode<V> | undefined;
  #children: Map<string, TopicNode<V>> | undefined;

  get isEmpty(): boolean {
    return this.value === undefined && this.#child === undefined && this.#children === undefined;
  }

  child(level: string): TopicNode<V> | undefined {
    if (this.#children !== undefined) return this.#children.get(level);
    return this.#child !== undefined && this.#level === level ? this.#child : undefined;
  }

  /** The child of that level, made if there is none. */
  ensureChild(level: string): TopicNode<V> {
    const existing = this.child(level);
    if (existing !== undefined) return existing;
    const node = new TopicNode<V>();
    if (this.#children !== undefined) this.#children.set(level, node);
    else if (this.#child === undefined) {
      this.#level = level;
      this.#child = node;
    } else {
      this.#children = new Map([
        [this.#level, this.#child],
        [level, node],
      ]);
      this.#child = undefined;
      this.#level = '';
    }
    return node;
  }

  removeChild(level: string): void {
    if (this.#children !== undefined) {
      this.#children.delete(level);
      if (this.#children.size === 0) this.#children = undefined;
    } else if (this.#child !== undefined && this.#level === level) {
      this.#child = undefined;
      this.#level = '';
    }
  }

  /** Levels and children; may go on while the tree changes, as a Map's own iteration may. */
  entries(): Iterator<readonly [string, TopicNode<V>]> {
    if (this.#children !== undefined) return this.#children.entries();
    const only: [string, TopicNode<V>][] = this.#child === undefined ? [] : [[this.#level, this.#child]];
    return only.values();
  }
}
