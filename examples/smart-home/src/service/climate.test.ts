import { expect, test } from 'vitest';
import { Room, Series, spreadOf } from './climate.js';

const hour = 3_600_000;

test('the spread is that of the last 24 hours', () => {
  const series = new Series();
  series.add(0, 5, 1);
  series.add(30 * hour, 20, 2);
  series.add(31 * hour, 22, 3);
  expect(spreadOf([series])).toEqual({ now: 22, average: 21, minimum: 20, maximum: 22 });
});

test('two probes of a room are one climate', () => {
  const room = new Room('office');
  room.series('temperature/1', 'temperature', 3)?.add(0, 20, 1);
  room.series('temperature/2', 'temperature', 3)?.add(0, 21, 1);
  room.series('humidity/1', 'humidity', 3)?.add(5, 40, 1);
  expect(room.series('memory/1', 'memory', 3)).toBeUndefined();
  expect(room.climate()).toEqual({
    room: 'office',
    time: 5,
    climate: {
      temperature: { now: 20.5, average: 20.5, minimum: 20, maximum: 21 },
      humidity: { now: 40, average: 40, minimum: 40, maximum: 40 },
    },
  });
});

test('a reading that comes late takes its place in time', () => {
  const series = new Series();
  for (const [time, sequence] of [
    [1, 1],
    [3, 3],
    [2, 2],
  ] as const)
    series.add(time, time, sequence);
  expect(series.points.map(([time]) => time)).toEqual([1, 2, 3]);
  expect(series.sequence).toBe(3);
});

test('a recording that starts again starts a new series', () => {
  const series = new Series();
  series.add(100 * hour, 1, 1);
  series.add(0, 2, 2);
  expect(series.points).toEqual([[0, 2]]);
});

test('memory has a bound', () => {
  const series = new Series();
  for (let index = 1; index <= 500; index++) series.add(index, index, index);
  expect(series.points).toHaveLength(160);
  expect(series.points.at(-1)).toEqual([500, 500]);
});

test('a room without readings has no spread', () => {
  expect(spreadOf([])).toBeUndefined();
  expect(new Room('attic').climate()).toEqual({ room: 'attic', time: 0, climate: {} });
});
