/** The one small file that says what must be in a data folder; replaced as a whole, and synced, before a segment may go. */
import { DataFolderError } from '../../errors.js';
import { formatVersion } from './frame.js';
import { readWhole, type StoreFiles } from './store-files.js';

/** What outlives what: `sync` a power cut, `os` the end of this process. */
export type Durability = 'sync' | 'os';

/** What a data folder must hold at least. */
export interface Manifest {
  readonly format: number;
  /** Number of the snapshot that the log goes on from; 0 = none. */
  readonly snapshot: number;
  /** The first segment whose records count; of older ones only the messages are of use that somebody still holds. */
  readonly logFrom: number;
  /** The last segment that was begun before anything in it was owned: it is there, and all from `logFrom` on. */
  readonly lastSegment: number;
  /** A batch that is certainly on disk, and all before it. */
  readonly syncedBatch: number;
  /** How batches behind that one were written. */
  readonly durability: Durability;
  /** The last broker finished: `syncedBatch` is the last batch. */
  readonly isClosed: boolean;
}

/** Name of the file. */
export const manifestName = 'manifest.json';

/** Undefined when there is none; rejects with DataFolderError for one that cannot be read. */
export async function readManifest(files: StoreFiles): Promise<Manifest | undefined> {
  if (!(await files.list()).includes(manifestName)) return undefined;
  const text = Buffer.from(await readWhole(files, manifestName)).toString();
  const manifest = parse(text);
  if (manifest === undefined) {
    throw new DataFolderError(
      'PETREL_STORE_CORRUPT',
      `${files.path}: ${manifestName} is not what was written`,
    );
  }
  if (manifest.format !== formatVersion) {
    const age = manifest.format > formatVersion ? 'a newer' : 'an older';
    throw new DataFolderError(
      'PETREL_STORE_VERSION',
      `${files.path} has format ${manifest.format}, written by ${age} version; this one reads format ${formatVersion}`,
    );
  }
  return manifest;
}

/** Settles when the new one is in place of the old one, also after a power cut. */
export async function writeManifest(files: StoreFiles, manifest: Manifest): Promise<void> {
  await files.replace(manifestName, Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`));
}

function parse(text: string): Manifest | undefined {
  let value: Partial<Manifest>;
  try {
    value = JSON.parse(text) as Partial<Manifest>;
  } catch {
    return undefined;
  }
  const { format, snapshot, logFrom, lastSegment = 0, syncedBatch, durability, isClosed } = value ?? {};
  const numbers = [format, snapshot, logFrom, lastSegment, syncedBatch];
  const areNumbers = numbers.every((part) => Number.isSafeInteger(part));
  if (!areNumbers || (durability !== 'sync' && durability !== 'os') || typeof isClosed !== 'boolean')
    return undefined;
  return { ...(value as Manifest), lastSegment };
}

const segmentPattern = /^\d{10}\.log$/;

/** File name of a segment. */
export function segmentName(segment: number): string {
  return `${String(segment).padStart(10, '0')}.log`;
}

/** The segments in a folder, by rising number. */
export async function listSegments(files: StoreFiles): Promise<number[]> {
  const names = await files.list();
  return names
    .filter((name) => segmentPattern.test(name))
    .map((name) => Number.parseInt(name, 10))
    .sort((left, right) => left - right);
}

/** File name of a snapshot, which has the number of the segment that the log goes on with. */
export function snapshotName(snapshot: number): string {
  return `${String(snapshot).padStart(10, '0')}.snapshot`;
}
