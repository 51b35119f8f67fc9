import { expect, test } from 'vitest';
import { AlertRules } from './alerts.js';

const minute = 60_000;

test('humidity raises above the limit and clears five below, not in between', () => {
  const rules = new AlertRules(65);
  const states = [64, 66, 64, 66, 61, 59, 66].map((value, index) =>
    rules.judge('bathroom', 'humidity', value, index).map(({ state }) => state),
  );
  expect(states).toEqual([[], ['raised'], [], [], [], ['cleared'], ['raised']]);
});

test('a quick fall of the temperature means an open window, a slow one does not', () => {
  const rules = new AlertRules(65);
  const fall = (room: string, step: number) =>
    [20, 19.6, 19.2].flatMap((value, index) =>
      rules.judge(room, 'temperature', value, index * step * minute),
    );
  expect(fall('kitchen', 20)).toMatchObject([{ kind: 'window', state: 'raised', room: 'kitchen' }]);
  expect(fall('office', 61)).toEqual([]);
  expect(rules.judge('kitchen', 'temperature', 19.2, 200 * minute)).toMatchObject([{ state: 'cleared' }]);
});

test('when the recording starts again, the warm past is not compared with the cold present', () => {
  const rules = new AlertRules(65);
  rules.judge('kitchen', 'temperature', 26, 1_000 * minute);
  expect(rules.judge('kitchen', 'temperature', 19, 0)).toEqual([]);
});

test('outside there is frost, and no one minds the damp', () => {
  const rules = new AlertRules(65);
  expect(rules.judge('outside', 'humidity', 99, 0)).toEqual([]);
  const states = [0.5, -0.1, 0.5, 1.1].flatMap((value, index) =>
    rules.judge('outside', 'temperature', value, index),
  );
  expect(states).toMatchObject([
    { kind: 'frost', state: 'raised' },
    { kind: 'frost', state: 'cleared' },
  ]);
});

test('this computer gets hot', () => {
  const rules = new AlertRules(65);
  expect(rules.judge('this-computer', 'temperature', 86, 0)).toMatchObject([
    { kind: 'hot', state: 'raised' },
  ]);
});

test('every notification has an id of its own', () => {
  const rules = new AlertRules(50);
  const ids = ['a', 'b', 'c'].flatMap((room) => rules.judge(room, 'humidity', 60, 0)).map(({ id }) => id);
  expect(new Set(ids).size).toBe(3);
});
