/**
 * Where each stored message lies and how many deliveries wait for it, in a few bytes per message: a store holds millions. Knows nothing of
 * what is in a message.
 */

const chunkSize = 64;
const fields = 4;
const segmentField = 0;
const offsetField = 1;
const lengthField = 2;
const holdersField = 3;
/** Whether the message is a retained one, beside the number of deliveries. */
const retainedBit = 0x80000000;

/** What one message costs on disk besides its body: its own record, and that of a delivery. */
const recordBytes = 40;

class Chunk {
  readonly values = new Uint32Array(chunkSize * fields);
  live = 0;
}

/** Messages by the number they got when they were stored. One that nobody holds is forgotten at once. */
export class MessageTable {
  readonly #chunks = new Map<number, Chunk>();
  /** Bytes of the held messages of each segment. */
  readonly #segmentBytes = new Map<number, number>();
  #size = 0;
  #bytes = 0;
  #last = 0;

  /** Messages held. */
  get size(): number {
    return this.#size;
  }

  /** What they take in files, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A number that no message has had. */
  allocate(): number {
    this.#last += 1;
    return this.#last;
  }

  /** The message lies in `length` bytes at a place of a segment; segment 0 = it has none yet. Nobody holds it so far. */
  add(number: number, segment: number, offset: number, length: number): void {
    if (number > this.#last) this.#last = number;
    const key = Math.floor(number / chunkSize);
    let chunk = this.#chunks.get(key);
    if (chunk === undefined) this.#chunks.set(key, (chunk = new Chunk()));
    const at = (number % chunkSize) * fields;
    this.#count(chunk.values[at + segmentField] as number, -(chunk.values[at + lengthField] as number));
    this.#count(segment, length);
    chunk.values[at + offsetField] = offset;
    chunk.values[at + segmentField] = segment;
    const known = chunk.values[at + lengthField] as number;
    if (known === 0 && chunk.values[at + holdersField] === 0) {
      chunk.live += 1;
      this.#size += 1;
    }
    if (known === 0) this.#bytes += length + recordBytes;
    chunk.values[at + lengthField] = length;
  }

  /** Gives the message another place. */
  move(number: number, segment: number, offset: number): void {
    const at = this.#find(number);
    if (at === -1) return;
    const { values } = this.#found;
    const length = values[at + lengthField] as number;
    this.#count(values[at + segmentField] as number, -length);
    this.#count(segment, length);
    values[at + segmentField] = segment;
    values[at + offsetField] = offset;
  }

  has(number: number): boolean {
    return number !== 0 && this.#find(number) !== -1;
  }

  /** One more delivery waits for it. A number that is not there yet is one whose record comes later in the files. */
  hold(number: number): void {
    const at = this.#ensure(number);
    this.#found.values[at + holdersField]! += 1;
  }

  /** One less; forgets a message that nobody holds any more. */
  release(number: number): void {
    const at = this.#find(number);
    if (at === -1) return;
    this.#found.values[at + holdersField]! -= 1;
    this.#forgetUnheld(number, at);
  }

  retain(number: number): void {
    const at = this.#ensure(number);
    this.#found.values[at + holdersField]! |= retainedBit;
  }

  unretain(number: number): void {
    const at = this.#find(number);
    if (at === -1) return;
    this.#found.values[at + holdersField]! &= ~retainedBit;
    this.#forgetUnheld(number, at);
  }

  isRetained(number: number): boolean {
    const at = this.#find(number);
    return at !== -1 && ((this.#found.values[at + holdersField] as number) & retainedBit) !== 0;
  }

  isHeld(number: number): boolean {
    const at = this.#find(number);
    return at !== -1 && this.#found.values[at + holdersField] !== 0;
  }

  /** 0 while it has no place. */
  segmentOf(number: number): number {
    return this.#read(number, segmentField);
  }

  offsetOf(number: number): number {
    return this.#read(number, offsetField);
  }

  lengthOf(number: number): number {
    return this.#read(number, lengthField);
  }

  /** Forgets a message that nobody holds, such as one whose last delivery ended before a file was read to its end. */
  sweep(): void {
    for (const number of this.numbers())
      if (!this.isHeld(number)) this.#forgetUnheld(number, this.#find(number));
  }

  /** All messages, by rising number. */
  *numbers(): Generator<number> {
    const keys = [...this.#chunks.keys()].sort((left, right) => left - right);
    for (const key of keys) {
      for (let index = 0; index < chunkSize; index++) {
        const { values } = this.#chunks.get(key) ?? {};
        if (values === undefined) break;
        const at = index * fields;
        if (values[at + lengthField] !== 0 || values[at + holdersField] !== 0) yield key * chunkSize + index;
      }
    }
  }

  /** Bytes of the messages in a segment. */
  bytesIn(segment: number): number {
    return this.#segmentBytes.get(segment) ?? 0;
  }

  /** The segments that hold messages. */
  segments(): number[] {
    return [...this.#segmentBytes.keys()];
  }

  /** The retained messages of each segment, in the order in which they lie there. */
  retainedBySegment(): Map<number, number[]> {
    const found = new Map<number, number[]>();
    for (const [key, { values }] of this.#chunks) {
      for (let index = 0; index < chunkSize; index++) {
        const at = index * fields;
        if (((values[at + holdersField] as number) & retainedBit) === 0) continue;
        const segment = values[at + segmentField] as number;
        const numbers = found.get(segment);
        if (numbers === undefined) found.set(segment, [key * chunkSize + index]);
        else numbers.push(key * chunkSize + index);
      }
    }
    for (const numbers of found.values())
      numbers.sort((left, right) => this.offsetOf(left) - this.offsetOf(right));
    return found;
  }

  /** The messages that lie in a segment. */
  numbersIn(segment: number): number[] {
    const found: number[] = [];
    for (const [key, { values }] of this.#chunks) {
      for (let index = 0; index < chunkSize; index++) {
        const at = index * fields;
        if (values[at + segmentField] === segment && values[at + lengthField] !== 0)
          found.push(key * chunkSize + index);
      }
    }
    return found;
  }

  #count(segment: number, bytes: number): void {
    if (segment === 0 || bytes === 0) return;
    const sum = (this.#segmentBytes.get(segment) ?? 0) + bytes;
    if (sum === 0) this.#segmentBytes.delete(segment);
    else this.#segmentBytes.set(segment, sum);
  }

  // The chunk of the last #find, so that it need not make an object.
  #found = new Chunk();

  #find(number: number): number {
    const chunk = this.#chunks.get(Math.floor(number / chunkSize));
    if (chunk === undefined) return -1;
    const at = (number % chunkSize) * fields;
    if (chunk.values[at + lengthField] === 0 && chunk.values[at + holdersField] === 0) return -1;
    this.#found = chunk;
    return at;
  }

  #ensure(number: number): number {
    const at = this.#find(number);
    if (at !== -1) return at;
    this.add(number, 0, 0, 0);
    this.#found = this.#chunks.get(Math.floor(number / chunkSize)) as Chunk;
    return (number % chunkSize) * fields;
  }

  #read(number: number, field: number): number {
    const at = this.#find(number);
    return at === -1 ? 0 : (this.#found.values[at + field] as number);
  }

  #forgetUnheld(number: number, at: number): void {
    const { values } = this.#found;
    if (values[at + holdersField] !== 0) return;
    const length = values[at + lengthField] as number;
    if (length > 0) this.#bytes -= length + recordBytes;
    this.#count(values[at + segmentField] as number, -length);
    values.fill(0, at, at + fields);
    this.#size -= 1;
    this.#found.live -= 1;
    if (this.#found.live === 0) this.#chunks.delete(Math.floor(number / chunkSize));
  }
}
