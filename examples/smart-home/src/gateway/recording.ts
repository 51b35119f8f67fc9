/** The recording of the house: reads the CSV file and plays it, at any speed, from any row, over and over. */
import type { Quantity } from '../house/topics.js';

/** What one device measures at one moment. */
export interface Measurement {
  room: string;
  quantity: Quantity;
  value: number;
}

export interface RecordedRow {
  /** ms; the local time of the house, read as UTC. */
  time: number;
  measurements: readonly Measurement[];
}

/**
 * Reads `time,<room>.<quantity>,…` with one row per moment.
 *
 * Columns that belong to no room are left out. Throws on a cell that is no number, naming line and column.
 */
export function parseRecording(csv: string): RecordedRow[] {
  const [header = '', ...lines] = csv.trimEnd().split('\n');
  const columns = header.trim().split(',').map(readColumn);
  return lines.map((line, index) => {
    const cells = line.trim().split(',');
    const time = Date.parse(`${cells[0]}Z`);
    if (Number.isNaN(time)) throw new Error(`line ${index + 2}: "${cells[0]}" is not a time`);
    const measurements = columns.flatMap((column, position) => {
      if (column === undefined) return [];
      const cell = cells[position];
      const value = Number(cell);
      if (cell === undefined || cell === '' || Number.isNaN(value)) {
        throw new Error(`line ${index + 2}: "${cell}" is not a number, ${column.room}.${column.quantity}`);
      }
      return [{ ...column, value }];
    });
    return { time, measurements };
  });
}

function readColumn(name: string): { room: string; quantity: Quantity } | undefined {
  const [room = '', quantity] = name.split('.');
  return quantity === 'temperature' || quantity === 'humidity' ? { room, quantity } : undefined;
}

export interface ReplayOptions {
  /** Minutes of the house in one second. */
  speed: number;
  /** Rows played before; the first row of all is 0. */
  position: number;
  /** ms on the caller's clock. */
  now: number;
}

/** Plays a recording: {@link due} hands out each row when its time has come. Starts again after the last row. */
export class Replay {
  /** Rows played so far, over all rounds. */
  position: number;
  readonly #rows: readonly RecordedRow[];
  readonly #msPerMs: number;
  /** Where the clock of the recording stands, and when it stood there. */
  #houseTime: number;
  #now: number;

  constructor(rows: readonly RecordedRow[], { speed, position, now }: ReplayOptions) {
    if (rows.length === 0) throw new Error('the recording has no rows');
    this.#rows = rows;
    this.#msPerMs = speed * 60;
    this.position = position;
    this.#now = now;
    this.#houseTime = this.#next.time;
  }

  /** The clock of the house, ms. */
  get houseTime(): number {
    return this.#houseTime;
  }

  get #next(): RecordedRow {
    return this.#rows[this.position % this.#rows.length]!;
  }

  /** Moves the clock on to `now` and returns the rows it has passed; a new round of the recording begins with its first row. */
  due(now: number): RecordedRow[] {
    this.#houseTime += (now - this.#now) * this.#msPerMs;
    this.#now = now;
    const rows: RecordedRow[] = [];
    while (this.#next.time <= this.#houseTime) {
      rows.push(this.#next);
      this.position++;
      if (this.position % this.#rows.length !== 0) continue;
      this.#houseTime = this.#next.time;
      break;
    }
    return rows;
  }

  /** Rows that are already past when the audience arrives: lets `hours` of the house go by at once. */
  skipAhead(hours: number): RecordedRow[] {
    this.#houseTime += hours * 3_600_000;
    return this.due(this.#now);
  }
}
