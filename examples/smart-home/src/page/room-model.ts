/** One room as the page sees it: its series of readings, its device, and the service's word on it. */
import type { DeviceCounts, RoomClimate } from '../house/messages.js';
import { type Quantity, thisComputer } from '../house/topics.js';

export type Point = readonly [time: number, value: number];

const pointLimit = 400;
const day = 24 * 3_600_000;

export class SeriesModel {
  /** In order of time. */
  points: Point[] = [];
  /** Sequence number of the newest point; 0 where the device does not number. */
  sequence = 0;

  constructor(readonly quantity: Quantity) {}

  get last(): Point | undefined {
    return this.points.at(-1);
  }

  /** Takes a reading; one that is known already, or late, is for {@link acceptHistory}. */
  add(time: number, value: number, sequence: number): void {
    if (sequence !== 0 && sequence <= this.sequence) return;
    // The recording has started again.
    if (this.last !== undefined && time < this.last[0] - day) this.points = [];
    this.sequence = sequence;
    this.points.push([time, value]);
    if (this.points.length > pointLimit) this.points.shift();
  }

  /** Takes the history in place of what is known of its time; what is older or newer stays. */
  acceptHistory(points: readonly Point[], sequence: number): void {
    const [start, end] = [points[0]?.[0], points.at(-1)?.[0]];
    if (start === undefined || end === undefined) return;
    const older = this.points.filter(([time]) => time < start);
    // By number, not by time alone: the recording may have started again.
    const hasNewer = sequence === 0 || this.sequence > sequence;
    const newer = hasNewer ? this.points.filter(([time]) => time > end) : [];
    this.points = [...older, ...points, ...newer].slice(-pointLimit);
    this.sequence = Math.max(this.sequence, sequence);
  }
}

export class RoomModel {
  online = false;
  climate: RoomClimate | undefined;
  counts: DeviceCounts | undefined;
  readonly #series = new Map<string, SeriesModel>();

  constructor(readonly name: string) {}

  /** A device that does not number its readings is a stranger's. */
  get guest(): boolean {
    for (const series of this.#series.values()) if (series.sequence > 0) return false;
    return this.hasReadings;
  }

  /** Its link was cut, or the broker has missed it. */
  get cut(): boolean {
    return this.counts?.link === 'cut' || !this.online;
  }

  /** Real time, as opposed to the clock of the recording. */
  get live(): boolean {
    return this.guest || this.name === thisComputer;
  }

  get hasReadings(): boolean {
    return this.#series.size > 0;
  }

  series({ quantity, stream }: { quantity: Quantity; stream: string }): SeriesModel {
    let series = this.#series.get(stream);
    if (series === undefined) this.#series.set(stream, (series = new SeriesModel(quantity)));
    return series;
  }

  /** The first series of a quantity; rooms with several probes show that one's curve and the mean as the number. */
  of(quantity: Quantity): SeriesModel | undefined {
    for (const series of this.#series.values()) if (series.quantity === quantity) return series;
    return undefined;
  }

  /** Mean of all probes now. */
  now(quantity: Quantity): number | undefined {
    let sum = 0;
    let count = 0;
    for (const series of this.#series.values()) {
      if (series.quantity !== quantity || series.last === undefined) continue;
      sum += series.last[1];
      count++;
    }
    return count === 0 ? undefined : sum / count;
  }
}
