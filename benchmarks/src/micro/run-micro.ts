/** All micro-benchmarks, one table each. */
import { type Table, textTable } from '../table.js';
import { measureCodec } from './codec.js';
import { measureDeliveryState } from './delivery-state.js';
import { measureMatching } from './matching.js';
import { type MicroResult, sinkValue } from './measure.js';

/** Measures in this process, and prints as it goes. */
export async function runMicro(print: (text: string) => void): Promise<readonly MicroResult[]> {
  const groups: readonly (readonly [
    string,
    () => readonly MicroResult[] | Promise<readonly MicroResult[]>,
  ])[] = [
    ['codec', () => measureCodec()],
    ['delivery state', measureDeliveryState],
    ['matching', measureMatching],
  ];
  const all: MicroResult[] = [];
  for (const [title, run] of groups) {
    const results = await run();
    all.push(...results);
    print(`${textTable(microTable(title, results))}\n\n`);
  }
  if (!Number.isFinite(sinkValue())) throw new Error('a micro-benchmark returned no number');
  return all;
}

/** One line for each function. */
export function microTable(title: string, results: readonly MicroResult[]): Table {
  return {
    head: [title, 'ns each', 'million/s', 'spread'],
    rows: results.map(({ name, nanoseconds, spread }) => [
      name,
      nanoseconds.toFixed(nanoseconds < 100 ? 1 : 0),
      (1000 / nanoseconds).toFixed(2),
      `${Math.round(spread * 100)} %`,
    ]),
  };
}
