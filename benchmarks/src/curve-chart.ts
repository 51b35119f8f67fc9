/** Curves over axes with powers of ten: what a message costs as something grows. */
import { colourOf, picture, round, text } from './svg.js';

/** One point; `label` names its place on the axis. */
export interface CurvePoint {
  readonly x: number;
  readonly y: number;
}

/** The curve of one broker. */
export interface Curve {
  readonly broker: string;
  readonly title: string;
  readonly points: readonly CurvePoint[];
}

/** Both axes: what they mean, and how a value on them is written. */
export interface CurveAxes {
  readonly x: string;
  readonly y: string;
  readonly formatX: (value: number) => string;
  readonly formatY: (value: number) => string;
}

const width = 760;
const height = 320;
const frame = { left: 70, right: 120, top: 34, bottom: 46 } as const;

/** The picture; every x that was measured has its mark. */
export function curveChart(title: string, axes: CurveAxes, curves: readonly Curve[]): string {
  const points = curves.flatMap((curve) => curve.points);
  const xs = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b);
  const place = {
    x: scale(xs, frame.left, width - frame.right),
    y: scale(decades(points.map(({ y }) => y)), height - frame.bottom, frame.top),
  };
  const parts = [text(0, 16, title, { kind: 'title' })];
  for (const value of decades(points.map(({ y }) => y))) {
    const y = round(place.y(value));
    parts.push(
      `<line class="grid" x1="${frame.left}" x2="${width - frame.right}" y1="${y}" y2="${y}"/>`,
      text(frame.left - 8, y + 4, axes.formatY(value), { anchor: 'end', kind: 'note' }),
    );
  }
  for (const x of xs)
    parts.push(
      text(place.x(x), height - frame.bottom + 18, axes.formatX(x), { anchor: 'middle', kind: 'note' }),
    );
  parts.push(
    text((frame.left + width - frame.right) / 2, height - 8, axes.x, { anchor: 'middle' }),
    text(width, 16, axes.y, { anchor: 'end', kind: 'note' }),
  );
  for (const curve of curves) parts.push(...drawn(curve, place));
  return picture(width, height, title, parts);
}

type Place = { readonly x: (value: number) => number; readonly y: (value: number) => number };

function drawn({ broker, title, points }: Curve, place: Place): string[] {
  const colour = colourOf(broker);
  const at = points.map(({ x, y }) => [round(place.x(x)), round(place.y(y))] as const);
  const last = at.at(-1);
  return [
    `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${at.map((pair) => pair.join(',')).join(' ')}"/>`,
    ...at.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3" fill="${colour}"/>`),
    ...(last === undefined ? [] : [text(last[0] + 10, last[1] + 4, title)]),
  ];
}

/** The powers of ten, with their doubles and fives, that enclose the values. */
function decades(values: readonly number[]): number[] {
  const steps = [1, 2, 5];
  const low = Math.min(...values);
  const high = Math.max(...values);
  const all: number[] = [];
  for (let exponent = Math.floor(Math.log10(low)); exponent <= Math.ceil(Math.log10(high)); exponent++)
    all.push(...steps.map((step) => step * 10 ** exponent));
  const first = all.findLastIndex((value) => value <= low);
  const last = all.findIndex((value) => value >= high);
  const enclosing = all.slice(Math.max(0, first), last + 1);
  return enclosing.length > 1 ? enclosing : all.slice(Math.max(0, first), last + 2);
}

/** Logarithmic, from the first of the sorted values to the last. */
function scale(values: readonly number[], from: number, to: number): (value: number) => number {
  const low = Math.log(values[0] ?? 1);
  const high = Math.log(values.at(-1) ?? 1);
  return (value) =>
    high === low ? (from + to) / 2 : from + ((Math.log(value) - low) / (high - low)) * (to - from);
}
