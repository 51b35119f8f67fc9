import { describe, expect, test } from 'vitest';
import { barChart } from './bar-chart.js';
import { curveChart } from './curve-chart.js';

const attributes = (svg: string, element: string, name: string) =>
  [...svg.matchAll(new RegExp(`<${element} [^>]*\\b${name}="([^"]*)"`, 'g'))].map(([, value]) => value ?? '');

describe('bars', () => {
  const svg = barChart('Rates <of> "brokers"', [
    {
      title: 'QoS 0',
      bars: [
        { broker: 'petrel', title: 'Petrel', value: 200, label: '200' },
        { broker: 'mosquitto', title: 'A & B', value: 50, label: '50' },
      ],
    },
    { title: 'QoS 1', bars: [{ broker: 'petrel', title: 'Petrel', value: 10, label: '10' }] },
  ]);

  test('are to the scale of their group, whose longest fills the width', () => {
    const [first, second, third] = attributes(svg, 'rect', 'width').map(Number);
    expect(second).toBe((first ?? 0) / 4);
    expect(third).toBe(first);
  });

  test('do not lie upon each other, and are inside the picture', () => {
    const ys = attributes(svg, 'rect', 'y').map(Number);
    expect(ys).toEqual([...new Set(ys)].sort((a, b) => a - b));
    expect(Math.max(...ys)).toBeLessThan(Number(attributes(svg, 'svg', 'height')[0]));
  });

  test('any label is text, never markup', () => {
    expect(svg).toContain('<title>Rates &lt;of&gt; &quot;brokers&quot;</title>');
    expect(svg).toContain('A &amp; B');
  });

  test('have colours for readers in the dark', () => {
    expect(svg).toContain('prefers-color-scheme: dark');
  });

  test('of nothing are no division by zero', () => {
    const empty = barChart('t', [{ title: 'g', bars: [{ broker: 'x', title: 'x', value: 0, label: '0' }] }]);
    expect(empty).not.toContain('NaN');
  });
});

describe('curves', () => {
  const axes = { x: 'connections', y: 'µs', formatX: String, formatY: String };
  const points = [
    { x: 1, y: 0.5 },
    { x: 10, y: 5 },
    { x: 100, y: 50 },
  ];
  const coordinates = (svg: string) =>
    (attributes(svg, 'polyline', 'points')[0] ?? '').split(' ').map((pair) => pair.split(',').map(Number));

  test('a factor is a distance, wherever on the axis', () => {
    const svg = curveChart('t', axes, [{ broker: 'petrel', title: 'Petrel', points }]);
    const [a = [], b = [], c = []] = coordinates(svg);
    expect((b[0] ?? 0) - (a[0] ?? 0)).toBeCloseTo((c[0] ?? 0) - (b[0] ?? 0), 0);
    expect((a[1] ?? 0) - (b[1] ?? 0)).toBeCloseTo((b[1] ?? 0) - (c[1] ?? 0), 0);
    expect(a[1]).toBeGreaterThan(c[1] ?? 0);
  });

  test('every curve is labelled and every measured x has its mark', () => {
    const svg = curveChart('t', axes, [
      { broker: 'petrel', title: 'Petrel', points },
      { broker: 'nats', title: 'NATS', points: [{ x: 1000, y: 1 }] },
    ]);
    for (const label of ['Petrel', 'NATS', '>1<', '>10<', '>100<', '>1000<']) expect(svg).toContain(label);
    expect(svg).not.toContain('NaN');
  });

  test('a curve that is flat has its place too', () => {
    const flat = [
      { x: 1, y: 2 },
      { x: 10, y: 2 },
    ];
    expect(curveChart('t', axes, [{ broker: 'petrel', title: 'Petrel', points: flat }])).not.toContain('NaN');
  });
});
