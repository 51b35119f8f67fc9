/**
 * A disk in memory for tests: it forgets what was not synced when the power is cut, part of it or all, and it fails when it is told to. What
 * it holds outlives the object that wrote it.
 */
import type { SeededRandom } from './seeded-random.js';

/** What a disk loses without power: whatever was not synced, in pieces of this size. */
const sectorBytes = 512;

class SimulatedContent {
  bytes = Buffer.alloc(0);
  size = 0;
  /** What would be left without power. */
  synced: Buffer = Buffer.alloc(0);
  /** Writes since the last sync, in order. */
  unsynced: { position: number; bytes: Buffer }[] = [];

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length;
    if (end > this.bytes.length) {
      const grown = Buffer.alloc(Math.max(end, this.bytes.length * 2));
      this.bytes.copy(grown, 0, 0, this.size);
      this.bytes = grown;
    }
    this.bytes.set(bytes, position);
    this.size = Math.max(this.size, end);
  }

  sync(): void {
    this.synced = Buffer.from(this.bytes.subarray(0, this.size));
    this.unsynced = [];
  }
}

/** Faults of a simulated disk; each is asked for at the operation it would hit. */
export interface DiskFaults {
  /** Error code with which a write fails, after part of it was written. */
  write?: () => string | undefined;
  /** Error code with which a sync fails; what was written is lost. */
  sync?: () => string | undefined;
  /** Error code with which a read fails. */
  read?: () => string | undefined;
  /** Settles when a write or a sync may go on. */
  delay?: () => Promise<void>;
}

/** An open file, as the store of a broker wants it. */
interface SimulatedFile {
  write(bytes: Uint8Array, position: number): Promise<void>;
  sync(): Promise<void>;
  read(position: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A data folder on a disk that a test holds in its hands: the `StoreFiles` of a disk store. */
export class SimulatedFiles {
  readonly path = 'simulated';
  readonly #files: Map<string, SimulatedContent>;
  faults: DiskFaults = {};
  free = Number.POSITIVE_INFINITY;
  /** How often something was synced. */
  syncs = 0;
  #isDead = false;

  constructor(files: Map<string, SimulatedContent> = new Map()) {
    this.#files = files;
  }

  /** The process is killed: the next one finds everything that was written, and this one writes no more. */
  kill(): SimulatedFiles {
    this.#isDead = true;
    return this.copy();
  }

  /** What a process would find that is started now, this one having been killed; this one goes on for itself. */
  copy(): SimulatedFiles {
    const left = new Map<string, SimulatedContent>();
    for (const [name, content] of this.#files)
      left.set(name, copyOf(content.bytes.subarray(0, content.size)));
    return new SimulatedFiles(left);
  }

  /** The power is cut: of what was not synced, any part may be there, sector by sector, in any order. */
  cutPower(random: SeededRandom): SimulatedFiles {
    this.#isDead = true;
    const left = new Map<string, SimulatedContent>();
    for (const [name, content] of this.#files) {
      const bytes = Buffer.concat([
        content.synced,
        Buffer.alloc(Math.max(0, content.size - content.synced.length)),
      ]);
      let size = content.synced.length;
      const losesAll = random.chance(0.3);
      for (const write of content.unsynced) {
        for (let at = 0; at < write.bytes.length; at += sectorBytes) {
          if (losesAll || random.chance(0.4)) continue;
          const sector = write.bytes.subarray(at, at + sectorBytes);
          bytes.set(sector, write.position + at);
          size = Math.max(size, write.position + at + sector.length);
        }
      }
      left.set(name, copyOf(bytes.subarray(0, size)));
    }
    return new SimulatedFiles(left);
  }

  /** Turns one bit of a file. */
  damage(name: string, position: number): void {
    const content = this.#files.get(name) as SimulatedContent;
    content.bytes[position]! ^= 1;
    content.sync();
  }

  /** Takes the end of a file away. */
  truncate(name: string, size: number): void {
    const content = this.#files.get(name) as SimulatedContent;
    content.size = size;
    content.sync();
  }

  async lock(): Promise<void> {}

  async unlock(): Promise<void> {}

  async list(): Promise<string[]> {
    return [...this.#files.keys()];
  }

  async create(name: string): Promise<SimulatedFile> {
    this.#assertAlive();
    const content = new SimulatedContent();
    this.#files.set(name, content);
    return this.#file(content);
  }

  async open(name: string): Promise<SimulatedFile> {
    return this.#file(this.#contentOf(name));
  }

  async size(name: string): Promise<number> {
    return this.#contentOf(name).size;
  }

  async replace(name: string, bytes: Uint8Array): Promise<void> {
    await this.#operation('write');
    await this.#operation('sync');
    const content = new SimulatedContent();
    content.write(bytes, 0);
    content.sync();
    this.#files.set(name, content);
  }

  async remove(name: string): Promise<void> {
    this.#assertAlive();
    this.#files.delete(name);
  }

  async freeBytes(): Promise<number> {
    return this.free;
  }

  #file(content: SimulatedContent): SimulatedFile {
    return {
      write: async (bytes, position) => {
        const copy = Buffer.from(bytes);
        try {
          await this.#operation('write');
        } catch (error) {
          content.write(copy.subarray(0, copy.length >> 1), position);
          throw error;
        }
        content.write(copy, position);
        content.unsynced.push({ position, bytes: copy });
      },
      sync: async () => {
        this.syncs += 1;
        await this.#operation('sync');
        content.sync();
      },
      read: async (position, length) => {
        this.#fail('read');
        return new Uint8Array(content.bytes.subarray(position, Math.min(position + length, content.size)));
      },
      close: async () => {},
    };
  }

  #contentOf(name: string): SimulatedContent {
    const content = this.#files.get(name);
    if (content === undefined) throw Object.assign(new Error(`no ${name}`), { code: 'ENOENT' });
    return content;
  }

  async #operation(kind: 'write' | 'sync'): Promise<void> {
    await this.faults.delay?.();
    this.#assertAlive();
    this.#fail(kind);
  }

  #fail(kind: 'write' | 'sync' | 'read'): void {
    const code = this.faults[kind]?.();
    if (code !== undefined) throw Object.assign(new Error(`the ${kind} fails`), { code });
  }

  #assertAlive(): void {
    if (this.#isDead) throw Object.assign(new Error('the machine is gone'), { code: 'EIO' });
  }
}

function copyOf(bytes: Uint8Array): SimulatedContent {
  const copy = new SimulatedContent();
  copy.write(bytes, 0);
  copy.synced = Buffer.from(bytes);
  copy.unsynced = [];
  return copy;
}
