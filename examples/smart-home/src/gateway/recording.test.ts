import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseRecording, Replay } from './recording.js';

const minutes = (count: number) => count * 60_000;
const rows = [0, 10, 40].map((at) => ({ time: minutes(at), measurements: [] }));
const times = (due: { time: number }[]) => due.map((row) => row.time / 60_000);

describe('the recording', () => {
  test('is 4,932 rows of nine rooms, in order of time', () => {
    const recording = parseRecording(readFileSync(new URL('../../data/house.csv', import.meta.url), 'utf8'));
    expect(recording).toHaveLength(4_932);
    expect(new Set(recording[0]!.measurements.map(({ room }) => room)).size).toBe(9);
    expect(recording.every((row) => row.measurements.length === 18)).toBe(true);
    expect(recording.every((row, index) => index === 0 || row.time > recording[index - 1]!.time)).toBe(true);
  });

  test.each([
    ['time,a.temperature\nnoon,1', 'line 2: "noon" is not a time'],
    ['time,a.temperature\n2016-01-11T17:30:00,warm', 'line 2: "warm" is not a number, a.temperature'],
    [
      'time,a.temperature,a.humidity\n2016-01-11T17:30:00,1',
      'line 2: "undefined" is not a number, a.humidity',
    ],
  ])('%j is refused', (csv, message) => {
    expect(() => parseRecording(csv)).toThrow(message);
  });
});

describe('the replay', () => {
  test('hands out each row when its time has come', () => {
    const replay = new Replay(rows, { speed: 10, position: 0, now: 500 });
    expect(times(replay.due(500))).toEqual([0]);
    expect(times(replay.due(1_499))).toEqual([]);
    expect(times(replay.due(1_500))).toEqual([10]);
    expect(replay.houseTime).toBe(minutes(10));
  });

  test('starts again after the last row, however late it is called', () => {
    const replay = new Replay(rows, { speed: 10, position: 0, now: 0 });
    expect(times(replay.due(100_000))).toEqual([0, 10, 40]);
    expect(times(replay.due(100_000))).toEqual([0]);
    expect(replay.position).toBe(4);
  });

  test('continues behind the rows already played', () => {
    const replay = new Replay(rows, { speed: 10, position: 7, now: 0 });
    expect(times(replay.due(0))).toEqual([10]);
  });

  test('can let hours go by at once', () => {
    const replay = new Replay(rows, { speed: 10, position: 0, now: 0 });
    expect(times(replay.skipAhead(0.5))).toEqual([0, 10]);
    expect(times(replay.due(1_000))).toEqual([40]);
  });

  test('an empty recording is refused', () => {
    expect(() => new Replay([], { speed: 1, position: 0, now: 0 })).toThrow('no rows');
  });
});
