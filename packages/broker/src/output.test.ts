import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OutboundTotal } from './bounds/outbound-total.js';
import { FlushQueue, slabBytes } from './flush-queue.js';
import { Output } from './output.js';
import type { Transport } from './transport.js';

/** A transport that keeps views, as a slow socket does, or copies, as one whose bytes leave at once. */
function scene(isSlow: boolean) {
  const writes: Uint8Array[] = [];
  let corked = 0;
  let corks = 0;
  const transport = {
    bufferedBytes: 0,
    write(bytes: Uint8Array) {
      writes.push(isSlow ? bytes : Uint8Array.from(bytes));
      if (isSlow) transport.bufferedBytes += bytes.length;
      return true;
    },
    cork: () => void (corks += corked++ === 0 ? 1 : 0),
    uncork: () => void corked--,
  };
  let flushes = 0;
  const queue = new FlushQueue();
  const total = new OutboundTotal(1_000_000_000, 1_000_000);
  const output = new Output(
    transport as unknown as Transport,
    queue,
    { onFlushed: () => void flushes++ },
    total,
  );
  return { writes, transport, output, queue, total, flushes: () => flushes, corks: () => corks };
}

const bytes = (size: number, fill: number) => new Uint8Array(size).fill(fill);

describe('Output', () => {
  test('writes once, at the end of the turn', async () => {
    const { writes, output, flushes } = scene(false);
    for (let index = 0; index < 10; index++) output.append(bytes(10, index), 0, 10);
    expect(output.pendingBytes).toBe(100);
    expect(writes).toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(writes).toHaveLength(1);
    expect(flushes()).toBe(1);
    expect(output.pendingBytes).toBe(0);
  });

  test('consecutive ranges of one array leave as one view of it, uncopied', () => {
    const { writes, output } = scene(true);
    const chunk = bytes(60_000, 1);
    for (let at = 0; at < 60_000; at += 600) output.append(chunk, at, at + 600);
    output.flush();
    expect(writes).toHaveLength(1);
    expect(writes[0]?.buffer).toBe(chunk.buffer);
  });

  test('large ranges go by reference between small ones, in one system call', () => {
    const { writes, output, corks } = scene(true);
    const large = bytes(100_000, 2);
    output.append(bytes(5, 1), 0, 5);
    output.append(large, 0, large.length);
    output.append(bytes(5, 3), 0, 5);
    output.flush();
    expect(writes.map((write) => write.length)).toEqual([5, 100_000, 5]);
    expect(writes[1]?.buffer).toBe(large.buffer);
    expect(corks()).toBe(1);
  });

  test.each([false, true])('any mix of pieces arrives in order and unchanged, slow %s', (isSlow) => {
    const piece = fc.record({
      kind: fc.constantFrom('append', 'reserve', 'flush'),
      size: fc.oneof(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 2000, max: 2100 }),
        fc.integer({ min: 15_000, max: 40_000 }),
      ),
    });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const { writes, output, queue } = scene(isSlow);
        // Others share the slabs and write into those that were given back.
        const neighbour = new Output(
          { bufferedBytes: 0, write: () => true, cork() {}, uncork() {} } as unknown as Transport,
          queue,
          { onFlushed() {} },
          new OutboundTotal(1_000_000_000, 1_000_000),
        );
        const expected: number[] = [];
        pieces.forEach(({ kind, size }, index) => {
          const value = index % 251;
          if (kind === 'flush') {
            output.flush();
            neighbour.slab.fill(255, neighbour.reserve(100));
            neighbour.flush();
            return;
          }
          for (let count = 0; count < size; count++) expected.push(value);
          if (kind === 'append') output.append(bytes(size + 2, value), 1, size + 1);
          else {
            const at = output.reserve(size);
            output.slab.fill(value, at, at + size);
          }
        });
        output.flush();
        expect(Buffer.compare(Buffer.concat(writes), Uint8Array.from(expected))).toBe(0);
      }),
    );
  });

  test('holds no slab while idle, and gives one back only when its bytes have left', () => {
    for (const isSlow of [false, true]) {
      const { output, queue } = scene(isSlow);
      output.reserve(10);
      const { slab } = output;
      expect(slab).toHaveLength(slabBytes);
      output.flush();
      expect(output.slab).toHaveLength(0);
      expect(queue.takeSlab(10) === slab).toBe(!isSlow);
    }
  });

  test('counts what the transport still holds, until it has drained', () => {
    const { output, transport, flushes } = scene(true);
    output.append(bytes(10, 1), 0, 10);
    output.flush();
    expect(output.pendingBytes).toBe(10);
    transport.bufferedBytes = 0;
    output.drained();
    expect(output.pendingBytes).toBe(0);
    expect(flushes()).toBe(2);
  });
});
