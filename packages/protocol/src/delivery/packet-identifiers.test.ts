import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../errors.js';
import { PacketIdentifiers } from './packet-identifiers.js';

describe('PacketIdentifiers', () => {
  it('begins with 1, never with 0 [MQTT-2.2.1-3] [MQTT-2.2.1-4] [MQTT-2.3.1-1]', () => {
    const identifiers = new PacketIdentifiers();
    expect([identifiers.allocate(), identifiers.allocate(), identifiers.allocate()]).toEqual([1, 2, 3]);
    expect(identifiers.inUse).toBe(3);
    expect([0, 1, 3, 4, 70_000].map((identifier) => identifiers.isUsed(identifier))).toEqual([
      false,
      true,
      true,
      false,
      false,
    ]);
  });

  it('hands each of the 65535 out once, then none [MQTT-2.2.1-3]', () => {
    const identifiers = new PacketIdentifiers();
    const seen = new Set<number>();
    for (let count = 0; count < 65_535; count++) seen.add(identifiers.allocate() as number);
    expect(seen.size).toBe(65_535);
    expect([Math.min(...seen), Math.max(...seen)]).toEqual([1, 65_535]);
    expect(identifiers.allocate()).toBeUndefined();
    identifiers.release(40_000);
    expect(identifiers.allocate()).toBe(40_000);
    expect(identifiers.allocate()).toBeUndefined();
    expect(identifiers.inUse).toBe(65_535);
  });

  it('does not hand out at once what was just given back', () => {
    const identifiers = new PacketIdentifiers();
    let last = identifiers.allocate() as number;
    for (let count = 0; count < 1000; count++) {
      identifiers.release(last);
      const next = identifiers.allocate() as number;
      expect(next).not.toBe(last);
      last = next;
    }
    expect(identifiers.inUse).toBe(1);
  });

  it('leaves alone what is given back twice, or was never given out', () => {
    const identifiers = new PacketIdentifiers();
    identifiers.allocate();
    for (const identifier of [1, 1, 2, 0, -1, 70_000]) identifiers.release(identifier);
    expect(identifiers.inUse).toBe(0);
  });

  it('takes what a store kept, and skips it [MQTT-2.2.1-3]', () => {
    const identifiers = new PacketIdentifiers();
    for (const identifier of [2, 65_535, 100]) identifiers.claim(identifier);
    expect(identifiers.inUse).toBe(3);
    expect([identifiers.allocate(), identifiers.allocate()]).toEqual([1, 3]);
    expect(() => identifiers.claim(100)).toThrow(UsageError);
    expect(() => identifiers.claim(1)).toThrow(/in use already \[MQTT-2.2.1-3\]/);
  });

  it.each([0, -1, 65_536, 1.5, Number.NaN])(
    'refuses to take %d from a store: it would be lost or in use for ever',
    (identifier) => {
      const identifiers = new PacketIdentifiers();
      expect(() => identifiers.claim(identifier)).toThrow(UsageError);
      expect(identifiers.inUse).toBe(0);
      expect(identifiers.allocate()).toBe(1);
    },
  );

  it('never hands out what is in use, whatever the order of events [MQTT-2.2.1-3] [MQTT-2.2.1-4] [MQTT-2.3.1-2] [MQTT-2.3.1-4]', () => {
    const event = fc.oneof(fc.constant('allocate' as const), fc.integer({ min: 1, max: 80 }));
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), (events) => {
        const identifiers = new PacketIdentifiers();
        const used = new Set<number>();
        for (const each of events) {
          if (each === 'allocate') {
            const identifier = identifiers.allocate() as number;
            expect(used.has(identifier)).toBe(false);
            expect(identifier).toBeGreaterThan(0);
            used.add(identifier);
          } else if (used.delete(each)) identifiers.release(each);
          else {
            identifiers.claim(each);
            used.add(each);
          }
          expect(identifiers.inUse).toBe(used.size);
          expect(identifiers.isUsed(each === 'allocate' ? 0 : each)).toBe(
            each !== 'allocate' && used.has(each),
          );
        }
      }),
    );
  });
});
