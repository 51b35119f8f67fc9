/** What the service remembers of each series of readings: enough for a chart and a day's average. */
import type { RoomClimate, SeriesHistory, Spread } from '../house/messages.js';
import { type Quantity, quantities } from '../house/topics.js';

const day = 24 * 3_600_000;
const pointLimit = 160;

/** The readings of one stream, newest last. */
export class Series {
  /** Sequence number of the newest point; 0 where the device does not number. */
  sequence = 0;
  readonly points: [time: number, value: number][] = [];

  /** Takes a reading in order of its time; one that starts a day or more earlier starts the series anew. */
  add(time: number, value: number, sequence: number): void {
    const last = this.points.at(-1);
    if (last !== undefined && time < last[0] - day) this.points.length = 0;
    this.sequence = Math.max(this.sequence, sequence);
    // A gap that closes late: the point goes where it belongs.
    const position = this.points.findLastIndex(([earlier]) => earlier <= time) + 1;
    this.points.splice(position, 0, [time, value]);
    if (this.points.length > pointLimit) this.points.shift();
  }
}

/** The newest value and the spread of the last 24 hours, over all points of several series; `undefined` without points. */
export function spreadOf(series: readonly Series[]): Spread | undefined {
  const newest = Math.max(...series.map(({ points }) => points.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY));
  const lastDay = series.flatMap(({ points }) => points.filter(([time]) => time > newest - day));
  if (lastDay.length === 0) return undefined;
  const values = lastDay.map(([, value]) => value);
  const present = series.flatMap(({ points }) => points.at(-1)?.[1] ?? []);
  return {
    now: round(mean(present)),
    average: round(mean(values)),
    minimum: Math.min(...values),
    maximum: Math.max(...values),
  };
}

/** Mean of a list that is not empty. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export const round = (value: number) => Math.round(value * 100) / 100;

/** One room: its series, by stream, and what they say together. */
export class Room {
  readonly #series = new Map<string, { quantity: Quantity; series: Series }>();

  constructor(readonly name: string) {}

  /** The series of a stream; `undefined` for one more than `limit`. */
  series(stream: string, quantity: Quantity, limit: number): Series | undefined {
    let entry = this.#series.get(stream);
    if (entry === undefined && this.#series.size < limit) {
      this.#series.set(stream, (entry = { quantity, series: new Series() }));
    }
    return entry?.series;
  }

  climate(): RoomClimate {
    const climate: RoomClimate = { room: this.name, time: 0, climate: {} };
    for (const quantity of quantities) {
      const entries = [...this.#series.values()].filter((entry) => entry.quantity === quantity);
      const spread = spreadOf(entries.map(({ series }) => series));
      if (spread !== undefined) climate.climate[quantity] = spread;
    }
    for (const { series } of this.#series.values()) {
      climate.time = Math.max(climate.time, series.points.at(-1)?.[0] ?? 0);
    }
    return climate;
  }

  history(): SeriesHistory[] {
    return [...this.#series].map(([stream, { series }]) => ({
      room: this.name,
      stream,
      sequence: series.sequence,
      points: series.points,
    }));
  }
}
