/** A small chart of one room: a main curve over its area, a thin second curve, the nights, and what a cut link still owes. */
import { svgElement } from './dom.js';
import type { Point } from './room-model.js';

export interface ChartData {
  /** The curve with the area, the least span of its scale in its unit, and the colour of a value. */
  main: { points: readonly Point[]; leastSpan: number; toneOf: (value: number) => string };
  second?: { points: readonly Point[]; leastSpan: number } | undefined;
  /** Left and right edge, ms. */
  from: number;
  to: number;
  /** Shades the hours from 21 to 7; only where the time is that of the house. */
  nights: boolean;
  /** Two points further apart than this are not joined, ms. */
  gapMs: number;
}

const hour = 3_600_000;
const night = { from: 21, until: 7 };
const right = 30;
const top = 8;
const bottom = 6;
const shades = 6;
let charts = 0;

export class Chart {
  readonly svg = svgElement('svg', { class: 'chart', role: 'img' });
  readonly #gradient = svgElement('linearGradient', {
    id: `chart-tones-${++charts}`,
    gradientUnits: 'userSpaceOnUse',
    x1: 0,
    x2: 0,
    y1: 0,
  });
  readonly #nights = svgElement('g', { class: 'chart-nights' });
  readonly #grid = svgElement('g', { class: 'chart-grid' });
  readonly #area = svgElement('path', { class: 'chart-area' });
  readonly #second = svgElement('path', { class: 'chart-second' });
  readonly #main = svgElement('path', { class: 'chart-main' });
  readonly #owed = svgElement('path', { class: 'chart-owed' });
  readonly #dot = svgElement('circle', { class: 'chart-dot', r: 3.5 });
  readonly #cursor = svgElement('line', { class: 'chart-cursor', y1: 0 });
  #width = 0;
  #height = 0;
  #data: ChartData | undefined;
  #cursorTime = 0;

  constructor(onPoint: (point: Point | undefined) => void) {
    this.#main.setAttribute('stroke', `url(#${this.#gradient.id})`);
    this.#area.setAttribute('fill', `url(#${this.#gradient.id})`);
    this.svg.append(
      this.#gradient,
      this.#nights,
      this.#grid,
      this.#area,
      this.#second,
      this.#owed,
      this.#main,
      this.#cursor,
      this.#dot,
    );
    new ResizeObserver(([entry]) => {
      this.#width = entry!.contentRect.width;
      this.#height = entry!.contentRect.height;
      if (this.#data !== undefined) this.draw(this.#data);
    }).observe(this.svg);
    this.svg.addEventListener('pointermove', (event) => onPoint(this.#pointAt(event)));
    this.svg.addEventListener('pointerleave', () => {
      this.#cursor.removeAttribute('data-shown');
      onPoint(undefined);
    });
  }

  draw(data: ChartData): void {
    this.#data = data;
    if (this.#width === 0) return;
    const x = (time: number) => ((time - data.from) / (data.to - data.from)) * (this.#width - right);
    const points = visible(data.main.points, data.from, data.gapMs);
    const scale = scaleOf(points, data.main.leastSpan, this.#height);
    this.#drawTones(scale, data.main.toneOf);
    this.#drawNights(data, x);
    this.#drawCursor(data);
    this.#drawGrid(scale);
    const curve = curveOf(points, x, scale.y, data.gapMs);
    this.#main.setAttribute('d', curve);
    this.#area.setAttribute('d', areaUnder(curve, this.#height));

    const second = data.second === undefined ? [] : visible(data.second.points, data.from, data.gapMs);
    const { y } = scaleOf(second, data.second?.leastSpan ?? 1, this.#height);
    this.#second.setAttribute('d', curveOf(second, x, y, data.gapMs));

    const last = points.at(-1);
    this.#dot.setAttribute('visibility', last === undefined ? 'hidden' : 'visible');
    if (last === undefined) {
      this.#owed.setAttribute('d', '');
      return;
    }
    const [lastX, lastY] = [x(last[0]), scale.y(last[1])];
    this.#dot.setAttribute('cx', lastX.toFixed(1));
    this.#dot.setAttribute('cy', lastY.toFixed(1));
    this.#owed.setAttribute(
      'd',
      `M${lastX.toFixed(1)} ${lastY.toFixed(1)}H${(this.#width - right).toFixed(1)}`,
    );
  }

  #drawTones({ valueAt }: Scale, toneOf: (value: number) => string): void {
    this.#gradient.setAttribute('y2', `${this.#height}`);
    this.#gradient.replaceChildren(
      ...Array.from({ length: shades + 1 }, (_, index) =>
        svgElement('stop', {
          offset: index / shades,
          'stop-color': toneOf(valueAt((index / shades) * this.#height)),
        }),
      ),
    );
  }

  /** The moment that is pointed at wanders off with the curve. */
  #drawCursor({ from, to }: ChartData): void {
    const at = ((this.#cursorTime - from) / (to - from)) * (this.#width - right);
    for (const name of ['x1', 'x2']) this.#cursor.setAttribute(name, Math.max(0, at).toFixed(1));
    this.#cursor.setAttribute('y2', `${this.#height}`);
  }

  #drawNights(data: ChartData, x: (time: number) => number): void {
    const bands: Node[] = [];
    if (data.nights) {
      const midnight = Math.floor(data.from / (24 * hour)) * 24 * hour;
      for (let day = midnight - 24 * hour; day < data.to; day += 24 * hour) {
        const from = Math.max(0, x(day + night.from * hour));
        const to = Math.min(this.#width - right, x(day + (24 + night.until) * hour));
        if (to <= from) continue;
        bands.push(svgElement('rect', { x: from, y: 0, width: to - from, height: this.#height, rx: 3 }));
      }
    }
    this.#nights.replaceChildren(...bands);
  }

  #drawGrid({ ticks, y }: Scale): void {
    this.#grid.replaceChildren(
      ...ticks.flatMap((tick) => {
        const at = y(tick);
        const label = svgElement('text', { x: this.#width, y: at + 3.5, 'text-anchor': 'end' });
        label.textContent = `${tick}`.replace('-', '−');
        return [svgElement('line', { x1: 0, x2: this.#width - right, y1: at, y2: at }), label];
      }),
    );
  }

  #pointAt(event: PointerEvent): Point | undefined {
    const data = this.#data;
    if (data === undefined) return undefined;
    const part = (event.clientX - this.svg.getBoundingClientRect().left) / (this.#width - right);
    const time = data.from + part * (data.to - data.from);
    const points = visible(data.main.points, data.from, data.gapMs);
    let nearest = points[0];
    for (const point of points) {
      if (Math.abs(point[0] - time) < Math.abs(nearest![0] - time)) nearest = point;
    }
    if (nearest === undefined) return undefined;
    this.#cursorTime = nearest[0];
    this.#cursor.setAttribute('data-shown', '');
    this.#drawCursor(data);
    return nearest;
  }
}

/** The points from the left edge on; where the curve comes in from outside, the first is where it crosses the edge. */
function visible(points: readonly Point[], from: number, gapMs: number): readonly Point[] {
  const first = points.findIndex(([time]) => time >= from);
  if (first === -1) return [];
  const [inside, outside] = [points[first]!, points[first - 1]];
  if (outside === undefined || inside[0] - outside[0] > gapMs) return points.slice(first);
  const part = (from - outside[0]) / (inside[0] - outside[0]);
  return [[from, outside[1] + part * (inside[1] - outside[1])], ...points.slice(first)];
}

interface Scale {
  y: (value: number) => number;
  valueAt: (y: number) => number;
  ticks: number[];
}

function scaleOf(points: readonly Point[], leastSpan: number, height: number): Scale {
  const values = points.map(([, value]) => value);
  const [low, high] = points.length === 0 ? [0, 1] : [Math.min(...values), Math.max(...values)];
  const span = Math.max(high - low, leastSpan);
  const floor = (low + high - span) / 2;
  const y = (value: number) => height - bottom - ((value - floor) / span) * (height - top - bottom);
  const valueAt = (at: number) => floor + ((height - bottom - at) / (height - top - bottom)) * span;
  const step = [0.5, 1, 2, 5, 10, 20, 50].find((each) => span / each <= 3) ?? 100;
  const ticks: number[] = [];
  if (points.length === 0) return { y, valueAt, ticks };
  for (let tick = Math.ceil(floor / step) * step; tick <= floor + span; tick += step) ticks.push(tick);
  return { y, valueAt, ticks };
}

function curveOf(
  points: readonly Point[],
  x: (time: number) => number,
  y: (value: number) => number,
  gapMs: number,
): string {
  let before = Number.NEGATIVE_INFINITY;
  let path = '';
  for (const [time, value] of points) {
    path += `${time - before > gapMs ? 'M' : 'L'}${x(time).toFixed(1)} ${y(value).toFixed(1)}`;
    before = time;
  }
  return path;
}

/** Closes each piece of a curve down to the ground. */
function areaUnder(curve: string, height: number): string {
  return curve
    .split('M')
    .filter((piece) => piece.includes('L'))
    .map((piece) => {
      const points = piece.split('L');
      const [first, last] = [points[0]!.split(' ')[0], points.at(-1)!.split(' ')[0]];
      return `M${piece}L${last} ${height}L${first} ${height}Z`;
    })
    .join('');
}
