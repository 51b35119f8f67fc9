import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Outbox } from '../gateway/outbox.js';
import type { NumberedReading } from '../house/messages.js';
import { StreamLedger } from './stream-ledger.js';

const reading = { value: 20, time: 0 };

describe('a device', () => {
  test('keeps a reading until a receipt names it', () => {
    const outbox = new Outbox();
    outbox.take(reading);
    outbox.take(reading);
    expect(outbox.next(0)).toEqual({ ...reading, sequence: 1, keepsFrom: 1 });
    expect(outbox.next(0)).toEqual({ ...reading, sequence: 2, keepsFrom: 1 });
    expect(outbox.next(0)).toBeUndefined();
    expect(outbox.waiting).toBe(2);
    outbox.confirm(1, 0);
    expect(outbox).toMatchObject({ waiting: 1, keepsFrom: 2, taken: 2 });
  });

  test('sends again when receipts stay away, ever more seldom', () => {
    const outbox = new Outbox({ receiptTimeoutMs: 100 });
    outbox.take(reading);
    expect(outbox.next(0)?.sequence).toBe(1);
    outbox.tick(99);
    expect(outbox.next(99)).toBeUndefined();
    outbox.tick(100);
    expect(outbox.next(100)?.sequence).toBe(1);
    outbox.tick(299);
    expect(outbox.next(299)).toBeUndefined();
    outbox.tick(300);
    expect(outbox.next(300)?.sequence).toBe(1);
  });

  test('has no more readings on the way than its window', () => {
    const outbox = new Outbox({ window: 2 });
    for (let index = 0; index < 5; index++) outbox.take(reading);
    expect([outbox.next(0), outbox.next(0), outbox.next(0)].map((each) => each?.sequence)).toEqual([
      1,
      2,
      undefined,
    ]);
    outbox.confirm(1, 0);
    expect(outbox.next(0)?.sequence).toBe(3);
  });

  test('with a full memory throws away the oldest, and says so', () => {
    const outbox = new Outbox({ capacity: 2 });
    for (let index = 0; index < 3; index++) outbox.take(reading);
    expect(outbox).toMatchObject({ dropped: 1, waiting: 2, keepsFrom: 2, taken: 3 });
    expect(outbox.next(0)?.sequence).toBe(2);
  });

  test('after a rewind, a receipt that comes late spares sending again', () => {
    const outbox = new Outbox();
    for (let index = 0; index < 3; index++) outbox.take(reading);
    while (outbox.next(0) !== undefined);
    outbox.rewind();
    outbox.confirm(2, 0);
    expect(outbox.next(0)?.sequence).toBe(3);
    expect(outbox.next(0)).toBeUndefined();
  });

  test('believes no receipt for what it never sent', () => {
    const outbox = new Outbox();
    outbox.take(reading);
    outbox.confirm(1, 0);
    outbox.confirm(-3, 0);
    expect(outbox.waiting).toBe(1);
  });
});

describe('the ledger', () => {
  test('counts a second arrival as a duplicate', () => {
    const ledger = new StreamLedger(1);
    expect(ledger.accept({ sequence: 1, keepsFrom: 1 })).toBe(true);
    expect(ledger.accept({ sequence: 1, keepsFrom: 1 })).toBe(false);
    expect(ledger).toMatchObject({ receivedUpTo: 1, received: 1, duplicates: 1, lost: 0, missing: 0 });
  });

  test('a gap is missing while the device keeps it, and closes when it comes', () => {
    const ledger = new StreamLedger(1);
    ledger.accept({ sequence: 1, keepsFrom: 1 });
    ledger.accept({ sequence: 4, keepsFrom: 1 });
    expect(ledger).toMatchObject({ receivedUpTo: 1, received: 2, missing: 2, lost: 0 });
    ledger.accept({ sequence: 3, keepsFrom: 1 });
    ledger.accept({ sequence: 2, keepsFrom: 1 });
    expect(ledger).toMatchObject({ receivedUpTo: 4, received: 4, missing: 0, lost: 0 });
  });

  test('a gap is lost once the device keeps it no longer', () => {
    const ledger = new StreamLedger(1);
    ledger.accept({ sequence: 1, keepsFrom: 1 });
    ledger.accept({ sequence: 3, keepsFrom: 1 });
    ledger.accept({ sequence: 6, keepsFrom: 6 });
    expect(ledger).toMatchObject({ receivedUpTo: 6, received: 3, missing: 0, lost: 3 });
  });

  test('after a restart begins where the device stands', () => {
    const ledger = new StreamLedger(90);
    ledger.accept({ sequence: 91, keepsFrom: 90 });
    ledger.accept({ sequence: 90, keepsFrom: 90 });
    expect(ledger).toMatchObject({ receivedUpTo: 91, received: 91, lost: 0 });
  });
});

test('over any link that drops, delays and repeats, nothing is lost in the end', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.constant('take' as const) },
    { weight: 6, arbitrary: fc.constant('send' as const) },
    { weight: 6, arbitrary: fc.constant('arrive' as const) },
    { weight: 2, arbitrary: fc.constant('receipt' as const) },
    { weight: 1, arbitrary: fc.constant('drop' as const) },
    { weight: 1, arbitrary: fc.constant('repeat' as const) },
    { weight: 1, arbitrary: fc.constant('rewind' as const) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const outbox = new Outbox({ window: 8, receiptTimeoutMs: 10 });
      const ledger = new StreamLedger(1);
      const onTheWay: NumberedReading[] = [];
      let now = 0;
      const send = () => {
        const next = outbox.next(now);
        if (next !== undefined) onTheWay.push(next);
      };
      const arrive = () => {
        const next = onTheWay.shift();
        if (next !== undefined) ledger.accept(next);
      };
      for (const each of steps) {
        now++;
        if (each === 'take') outbox.take(reading);
        else if (each === 'send') send();
        else if (each === 'arrive') arrive();
        else if (each === 'receipt') outbox.confirm(ledger.receivedUpTo, now);
        else if (each === 'drop') onTheWay.splice(0, 2);
        else if (each === 'repeat') onTheWay.unshift(...onTheWay.slice(0, 2));
        else outbox.rewind();
      }
      for (let rounds = 0; outbox.waiting > 0; rounds++) {
        expect(rounds).toBeLessThan(400);
        now += 100;
        outbox.tick(now);
        for (let index = 0; index < 8; index++) send();
        while (onTheWay.length > 0) arrive();
        outbox.confirm(ledger.receivedUpTo, now);
      }
      expect(ledger).toMatchObject({ received: outbox.taken, missing: 0, lost: 0 });
    }),
  );
});
