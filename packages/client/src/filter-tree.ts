/** Finds what belongs to a Topic Name among many Topic Filters, in time that depends on the name and not on their number. */

interface Node<T> {
  readonly children: Map<string, Node<T>>;
  /** Values whose filter ends here. */
  readonly values: Set<T>;
}

const newNode = <T>(): Node<T> => ({ children: new Map(), values: new Set() });

/** A tree of topic levels; `+` and `#` are levels like any other until a name is matched. */
export class FilterTree<T> {
  readonly #root = newNode<T>();

  /** Adds a value under a valid Topic Filter without `$share/…`. */
  add(topicFilter: string, value: T): void {
    let node = this.#root;
    for (const level of topicFilter.split('/')) {
      let child = node.children.get(level);
      if (child === undefined) node.children.set(level, (child = newNode()));
      node = child;
    }
    node.values.add(value);
  }

  /** Removes a value and the branches that led to nothing else. */
  delete(topicFilter: string, value: T): void {
    const levels = topicFilter.split('/');
    const path: Node<T>[] = [this.#root];
    for (const level of levels) {
      const child = path.at(-1)?.children.get(level);
      if (child === undefined) return;
      path.push(child);
    }
    path.at(-1)?.values.delete(value);
    for (let depth = levels.length; depth > 0; depth--) {
      const { children, values } = path[depth] as Node<T>;
      if (children.size > 0 || values.size > 0) return;
      path[depth - 1]?.children.delete(levels[depth - 1] as string);
    }
  }

  /** All values whose filter matches the Topic Name (section 4.7). */
  match(topicName: string): T[] {
    const levels = topicName.split('/');
    const found: T[] = [];
    // A wildcard at the beginning does not match names that begin with "$" [MQTT-4.7.2-1].
    const first = this.#root.children;
    const firstLevel = levels[0] as string;
    const exact = first.get(firstLevel);
    if (exact !== undefined) collect(exact, levels, 1, found);
    if (topicName.startsWith('$')) return found;
    const any = first.get('+');
    if (any !== undefined) collect(any, levels, 1, found);
    const all = first.get('#');
    if (all !== undefined) found.push(...all.values);
    return found;
  }
}

/** As deep as the filters are, however deep the name is. */
function collect<T>(node: Node<T>, levels: readonly string[], depth: number, found: T[]): void {
  // "a/#" matches "a" too.
  const all = node.children.get('#');
  if (all !== undefined) found.push(...all.values);
  if (depth === levels.length) {
    found.push(...node.values);
    return;
  }
  const exact = node.children.get(levels[depth] as string);
  if (exact !== undefined) collect(exact, levels, depth + 1, found);
  const any = node.children.get('+');
  if (any !== undefined) collect(any, levels, depth + 1, found);
}
