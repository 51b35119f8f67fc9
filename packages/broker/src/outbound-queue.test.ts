import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Delivery } from './delivery.js';
import { OutboundQueue, type OverflowPolicy } from './outbound-queue.js';

/** All that a queue looks at. */
const delivery = (sequence: number, sizeBytes = 1): Delivery => ({ sequence, sizeBytes }) as Delivery;
const sequences = (deliveries: Iterable<Delivery>) => [...deliveries].map(({ sequence }) => sequence);

describe('OutboundQueue', () => {
  test.each([
    ['drop-oldest', [2, 3], [1]],
    ['drop-newest', [1, 2], [3]],
  ] as const)('%s', (overflow, kept, dropped) => {
    const queue = new OutboundQueue({ maximumMessages: 2, maximumBytes: 100, overflow });
    const gone = [1, 2, 3].flatMap((sequence) => sequences(queue.push(delivery(sequence))));
    expect(sequences(queue)).toEqual(kept);
    expect(gone).toEqual(dropped);
  });

  test('a message larger than the whole queue goes itself, and nobody goes for it', () => {
    const queue = new OutboundQueue({ maximumMessages: 10, maximumBytes: 10, overflow: 'drop-oldest' });
    queue.push(delivery(1, 5));
    expect(sequences(queue.push(delivery(2, 11)))).toEqual([2]);
    expect(sequences(queue)).toEqual([1]);
  });

  test('is half full by messages or by bytes', () => {
    const queue = new OutboundQueue({ maximumMessages: 4, maximumBytes: 100, overflow: 'drop-oldest' });
    queue.push(delivery(1));
    expect(queue.isHalfFull).toBe(false);
    queue.push(delivery(2, 50));
    expect(queue.isHalfFull).toBe(true);
  });

  test('behaves as a plain list with the same bounds', () => {
    const step = fc.oneof(
      fc.record({ size: fc.integer({ min: 1, max: 30 }) }),
      fc.constant('shift' as const),
    );
    const policies = fc.constantFrom<OverflowPolicy>('drop-oldest', 'drop-newest');
    fc.assert(
      fc.property(fc.array(step, { maxLength: 4000, size: 'max' }), policies, (steps, overflow) => {
        const limits = { maximumMessages: 1500, maximumBytes: 20_000, overflow };
        const queue = new OutboundQueue(limits);
        const model: Delivery[] = [];
        const bytes = () => model.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
        steps.forEach((action, index) => {
          if (action === 'shift') {
            expect(queue.shift()).toBe(model.shift());
            return;
          }
          const added = delivery(index, action.size);
          const fits = () =>
            model.length < limits.maximumMessages && bytes() + action.size <= limits.maximumBytes;
          if (overflow === 'drop-oldest') while (!fits()) model.shift();
          if (fits()) model.push(added);
          queue.push(added);
        });
        expect(sequences(queue)).toEqual(sequences(model));
        expect([queue.length, queue.bytes]).toEqual([model.length, bytes()]);
      }),
      { numRuns: 30 },
    );
  });
});
