/** Topic Filters (section 4.7) → values, found without looking at the filters that do not match. */

interface Node<Value> {
  readonly children: Map<string, Node<Value>>;
  values: Value[];
}

/** Values filed under Topic Filters (without `$share/…`); found by Topic Name, the most specific filter first. */
export class TopicTree<Value> {
  readonly #root: Node<Value> = node();

  add(topicFilter: string, value: Value): void {
    let at = this.#root;
    for (const level of topicFilter.split('/')) {
      let child = at.children.get(level);
      if (child === undefined) at.children.set(level, (child = node()));
      at = child;
    }
    at.values.push(value);
  }

  remove(topicFilter: string, value: Value): void {
    const path: [Node<Value>, string][] = [];
    let at: Node<Value> | undefined = this.#root;
    for (const level of topicFilter.split('/')) {
      path.push([at, level]);
      at = at.children.get(level);
      if (at === undefined) return;
    }
    at.values = at.values.filter((other) => other !== value);
    for (const [parent, level] of path.reverse()) {
      const child = parent.children.get(level);
      if (child === undefined || child.values.length > 0 || child.children.size > 0) return;
      parent.children.delete(level);
    }
  }

  /** All values whose filter matches: a level by name comes before `+`, `+` before `#`. */
  match(topicName: string): Value[] {
    const found: Value[] = [];
    collect(this.#root, topicName.split('/'), 0, found);
    return found;
  }
}

function node<Value>(): Node<Value> {
  return { children: new Map(), values: [] };
}

function collect<Value>(at: Node<Value>, levels: readonly string[], depth: number, found: Value[]): void {
  const level = levels[depth];
  // No wildcard in the first level reaches a topic that begins with "$" [MQTT-4.7.2-1].
  const wildcards = depth > 0 || !levels[0]?.startsWith('$');
  if (level === undefined) {
    found.push(...at.values);
  } else {
    const exact = at.children.get(level);
    if (exact !== undefined) collect(exact, levels, depth + 1, found);
    const any = wildcards ? at.children.get('+') : undefined;
    if (any !== undefined) collect(any, levels, depth + 1, found);
  }
  // "a/#" matches "a" too (section 4.7.1.2).
  const rest = wildcards ? at.children.get('#') : undefined;
  if (rest !== undefined) found.push(...rest.values);
}
