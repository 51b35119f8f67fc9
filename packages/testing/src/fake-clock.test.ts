import { expect, test } from 'vitest';
import { FakeClock } from './fake-clock.js';

test('time stands still until it is moved', () => {
  const clock = new FakeClock(1000);
  expect(clock.now()).toBe(1000);
  clock.advance(250);
  expect(clock.now()).toBe(1250);
});

test('calls run in order of time, then of scheduling, each at its own time', () => {
  const clock = new FakeClock(0);
  const ran: string[] = [];
  const note = (name: string) => () => ran.push(`${name}@${clock.now()}`);
  clock.schedule(20, note('late'));
  clock.schedule(10, note('first'));
  clock.schedule(10, note('second'));
  clock.advance(15);
  expect(ran).toEqual(['first@10', 'second@10']);
  clock.advance(5);
  expect(ran).toEqual(['first@10', 'second@10', 'late@20']);
});

test('a call that another call schedules runs within the same advance when it falls due', () => {
  const clock = new FakeClock(0);
  const ran: number[] = [];
  const tick = () => {
    ran.push(clock.now());
    clock.schedule(10, tick);
  };
  clock.schedule(10, tick);
  clock.advance(35);
  expect(ran).toEqual([10, 20, 30]);
  expect(clock.pending).toBe(1);
});

test('a cancelled call never runs, and cancelling again or late is harmless', () => {
  const clock = new FakeClock(0);
  let runs = 0;
  const cancelBefore = clock.schedule(10, () => runs++);
  const cancelAfter = clock.schedule(10, () => runs++);
  cancelBefore();
  cancelBefore();
  clock.advance(10);
  cancelAfter();
  expect(runs).toBe(1);
  expect(clock.advanceToNext()).toBe(false);
});

test('an error of a call reaches the test, at the time of the call, and the rest still comes up', () => {
  const clock = new FakeClock(0);
  let ran = false;
  clock.schedule(10, () => {
    throw new Error('broken call');
  });
  clock.schedule(20, () => {
    ran = true;
  });
  expect(() => clock.advance(100)).toThrow('broken call');
  expect(clock.now()).toBe(10);
  expect(clock.advanceToNext()).toBe(true);
  expect(ran).toBe(true);
});
