/** A priority queue whose entries know their place, so that any of them can be moved or removed in O(log n). */

/** What an entry must carry; `heapIndex` belongs to the heap and is -1 outside of it. */
export interface HeapEntry {
  dueAt: number;
  heapIndex: number;
}

/** Entries by `dueAt`, the earliest first; entries due at the same time come in no particular order. */
export class BinaryHeap<E extends HeapEntry> {
  readonly #entries: E[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** The earliest entry, left in place. */
  peek(): E | undefined {
    return this.#entries[0];
  }

  push(entry: E): void {
    this.#entries.push(entry);
    this.#siftUp(entry, this.#entries.length - 1);
  }

  /** Puts an entry back in order after its `dueAt` was changed. */
  moved(entry: E): void {
    const index = entry.heapIndex;
    this.#siftUp(entry, index);
    if (entry.heapIndex === index) this.#siftDown(entry, index);
  }

  /** Takes an entry out; does nothing if it is in no heap. */
  remove(entry: E): void {
    const index = entry.heapIndex;
    if (index < 0) return;
    entry.heapIndex = -1;
    const last = this.#entries.pop()!;
    if (last === entry) return;
    last.heapIndex = index;
    this.#entries[index] = last;
    this.moved(last);
  }

  clear(): void {
    for (const entry of this.#entries) entry.heapIndex = -1;
    this.#entries.length = 0;
  }

  #siftUp(entry: E, index: number): void {
    const entries = this.#entries;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = entries[parentIndex]!;
      if (parent.dueAt <= entry.dueAt) break;
      entries[index] = parent;
      parent.heapIndex = index;
      index = parentIndex;
    }
    entries[index] = entry;
    entry.heapIndex = index;
  }

  #siftDown(entry: E, index: number): void {
    const entries = this.#entries;
    const length = entries.length;
    for (;;) {
      let childIndex = index * 2 + 1;
      if (childIndex >= length) break;
      if (childIndex + 1 < length && entries[childIndex + 1]!.dueAt < entries[childIndex]!.dueAt)
        childIndex += 1;
      const child = entries[childIndex]!;
      if (child.dueAt >= entry.dueAt) break;
      entries[index] = child;
      child.heapIndex = index;
      index = childIndex;
    }
    entries[index] = entry;
    entry.heapIndex = index;
  }
}
