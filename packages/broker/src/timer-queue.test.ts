import { FakeClock } from '@petrel/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { systemClock } from './clock.js';
import { TimerQueue } from './timer-queue.js';

const day = 86_400_000;

function queueOn(clock = new FakeClock(0)) {
  return { clock, timers: new TimerQueue(clock), ran: [] as string[] };
}

describe('a timer queue', () => {
  test('runs timers in the order of their time, each once, with the time', () => {
    const { clock, timers, ran } = queueOn();
    timers.add(200, (now) => ran.push(`b at ${now}`));
    timers.add(100, (now) => ran.push(`a at ${now}`));
    clock.advance(1_000);
    expect(ran).toEqual(['a at 100', 'b at 200']);
    expect(timers.size).toBe(0);
  });

  test('keeps one timer of the clock, however many wait', () => {
    const { clock, timers } = queueOn();
    for (let index = 0; index < 10_000; index++) timers.add(1_000 + index, () => {});
    expect(clock.pending).toBe(1);
    timers.clear();
    expect(clock.pending).toBe(0);
  });

  test('a timer in the past runs later, not inside add()', () => {
    const { clock, timers, ran } = queueOn(new FakeClock(500));
    timers.add(100, () => ran.push('late'));
    expect(ran).toEqual([]);
    clock.advance(0);
    expect(ran).toEqual(['late']);
  });

  test('cancels, also twice and after it ran', () => {
    const { clock, timers, ran } = queueOn();
    const a = timers.add(100, () => ran.push('a'));
    const b = timers.add(100, () => ran.push('b'));
    timers.cancel(a);
    timers.cancel(a);
    expect(a.isPending).toBe(false);
    expect(b.isPending).toBe(true);
    clock.advance(100);
    timers.cancel(b);
    timers.cancel(undefined);
    expect(ran).toEqual(['b']);
    expect(clock.pending).toBe(0);
  });

  test('a timer can be postponed, preferred and set again after it ran', () => {
    const { clock, timers, ran } = queueOn();
    const timer = timers.add(100, (now) => ran.push(String(now)));
    timers.reschedule(timer, 300);
    timers.reschedule(timer, 200);
    clock.advance(150);
    expect(ran).toEqual([]);
    timers.reschedule(timer, 160);
    clock.advance(50);
    expect(ran).toEqual(['160']);
    timers.reschedule(timer, 250);
    clock.advance(100);
    expect(ran).toEqual(['160', '250']);
  });

  test('waits longer than the 2,147,483,647 ms of one timer of Node', () => {
    const { clock, timers, ran } = queueOn();
    timers.add(100 * day, () => ran.push('after 100 days'));
    clock.advance(99 * day);
    expect(ran).toEqual([]);
    clock.advance(day);
    expect(ran).toEqual(['after 100 days']);
  });

  test('one that throws does not keep the others from running', () => {
    const { clock, timers, ran } = queueOn();
    timers.add(100, () => {
      throw new Error('on purpose');
    });
    timers.add(100, () => ran.push('the other'));
    timers.add(200, () => ran.push('the next'));
    expect(() => clock.advance(300)).toThrow('on purpose');
    clock.advance(300);
    expect(ran).toEqual(['the other', 'the next']);
  });

  test('timers set by timers run in their turn', () => {
    const { clock, timers, ran } = queueOn();
    timers.add(100, (now) => {
      timers.add(now + 50, () => ran.push('second'));
      timers.add(now + 10, () => ran.push('first'));
    });
    clock.advance(200);
    expect(ran).toEqual(['first', 'second']);
  });
});

const step = fc.oneof(
  fc.record({ action: fc.constant('add'), delay: fc.nat(50) }),
  fc.record({ action: fc.constantFrom('cancel', 'reschedule'), delay: fc.nat(50), which: fc.nat(30) }),
  fc.record({ action: fc.constant('advance'), delay: fc.nat(30) }),
);

test('behaves like a list that is searched at every tick', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const clock = new FakeClock(0);
      const timers = new TimerQueue(clock);
      const handles: ReturnType<TimerQueue['add']>[] = [];
      const model: (number | undefined)[] = [];
      const ran: string[] = [];
      const expected: string[] = [];
      for (const one of steps) {
        if (one.action === 'add') {
          const id = handles.length;
          model.push(clock.now() + one.delay);
          handles.push(timers.add(clock.now() + one.delay, (now) => ran.push(`${now} ${id}`)));
        } else if (one.action === 'advance') {
          const until = clock.now() + one.delay;
          model.forEach((dueAt, id) => {
            if (dueAt === undefined || dueAt > until) return;
            expected.push(`${dueAt} ${id}`);
            model[id] = undefined;
          });
          clock.advance(one.delay);
        } else if ('which' in one && handles.length > 0) {
          const id = one.which % handles.length;
          if (one.action === 'cancel') {
            timers.cancel(handles[id]);
            model[id] = undefined;
          } else {
            timers.reschedule(handles[id]!, clock.now() + one.delay);
            model[id] = clock.now() + one.delay;
          }
        }
        expect([...ran].sort()).toEqual([...expected].sort());
        expect(timers.size).toBe(model.filter((dueAt) => dueAt !== undefined).length);
      }
    }),
    { numRuns: 300 },
  );
});

test('the system clock tells the time of the epoch, and a cancelled call does not come', async () => {
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(day);
  const ran: string[] = [];
  await new Promise<void>((resolve) => {
    systemClock.schedule(0, () => ran.push('cancelled'))();
    systemClock.schedule(1, () => {
      ran.push('kept');
      resolve();
    });
    // The clock's own timers let a process end; this one keeps the test running meanwhile.
    setImmediate(() => {});
  });
  expect(ran).toEqual(['kept']);
});
