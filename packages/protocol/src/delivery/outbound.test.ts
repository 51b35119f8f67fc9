import { describe, expect, it } from 'vitest';
import { ProtocolError, UsageError } from '../errors.js';
import { OutboundDelivery } from './outbound.js';
import { PacketIdentifiers } from './packet-identifiers.js';

/** What is due again, as it would be written; answers nothing meanwhile. */
function resends(delivery: OutboundDelivery<string>): string[] {
  const due: string[] = [];
  for (let entry = delivery.nextResend(); entry !== undefined; entry = delivery.nextResend()) {
    due.push(`${entry.released ? 'PUBREL' : 'PUBLISH'} ${entry.packetIdentifier} ${entry.message}`);
  }
  return due;
}

describe('QoS 1', () => {
  it('is open from PUBLISH to PUBACK [MQTT-4.3.2-1] [MQTT-4.3.2-3]', () => {
    const identifiers = new PacketIdentifiers();
    const delivery = new OutboundDelivery<string>(10, identifiers);
    const identifier = delivery.begin('m', 1);
    expect(identifier).toBe(1);
    expect(delivery.get(identifier)).toMatchObject({
      packetIdentifier: 1,
      qos: 1,
      message: 'm',
      released: false,
    });
    expect([delivery.size, identifiers.inUse]).toEqual([1, 1]);
    expect(delivery.puback(identifier)).toMatchObject({ message: 'm' });
    expect([delivery.size, identifiers.inUse]).toEqual([0, 0]);
    expect(delivery.get(identifier)).toBeUndefined();
  });

  it('ignores a PUBACK that answers nothing', () => {
    const delivery = new OutboundDelivery<string>(10);
    expect(delivery.puback(1)).toBeUndefined();
    expect(delivery.puback(65_535)).toBeUndefined();
    delivery.puback(delivery.begin('m', 1));
    expect(delivery.puback(1)).toBeUndefined();
  });

  it('is not answered by PUBREC or PUBCOMP [MQTT-3.3.4-1]', () => {
    const delivery = new OutboundDelivery<string>(10);
    const identifier = delivery.begin('m', 1);
    expect(() => delivery.pubrec(identifier, 0)).toThrow(ProtocolError);
    expect(() => delivery.pubcomp(identifier)).toThrow(ProtocolError);
    expect(delivery.size).toBe(1);
  });
});

describe('QoS 2', () => {
  it('goes from PUBLISH over PUBREC to PUBCOMP [MQTT-4.3.3-1] [MQTT-4.3.3-3] [MQTT-4.3.3-4] [MQTT-4.3.3-5]', () => {
    const identifiers = new PacketIdentifiers();
    const delivery = new OutboundDelivery<string>(10, identifiers);
    const identifier = delivery.begin('m', 2);
    expect(delivery.pubrec(identifier, 0)).toBe('release');
    expect(delivery.get(identifier)).toMatchObject({ released: true });
    expect([delivery.size, identifiers.inUse]).toEqual([1, 1]);
    expect(delivery.pubcomp(identifier)).toMatchObject({ message: 'm' });
    expect([delivery.size, identifiers.inUse]).toEqual([0, 0]);
  });

  it('goes on after PUBREC 0x10: nobody subscribed, and that is no failure [MQTT-4.3.3-4]', () => {
    const delivery = new OutboundDelivery<string>(10);
    expect(delivery.pubrec(delivery.begin('m', 2), 0x10)).toBe('release');
  });

  it('ends with a PUBREC of 0x80 or more [MQTT-4.4.0-2] [MQTT-4.3.3-4]', () => {
    const identifiers = new PacketIdentifiers();
    const delivery = new OutboundDelivery<string>(1, identifiers);
    expect(delivery.pubrec(delivery.begin('m', 2), 0x80)).toBe('ended');
    expect([delivery.size, identifiers.inUse, delivery.canBegin]).toEqual([0, 0, true]);
    delivery.resume(10);
    expect(resends(delivery)).toEqual([]);
  });

  it('answers a PUBREC again as long as PUBCOMP is due', () => {
    const delivery = new OutboundDelivery<string>(10);
    const identifier = delivery.begin('m', 2);
    expect([delivery.pubrec(identifier, 0), delivery.pubrec(identifier, 0)]).toEqual(['release', 'release']);
    expect(delivery.size).toBe(1);
  });

  it('knows no PUBREC or PUBCOMP that answers nothing', () => {
    const delivery = new OutboundDelivery<string>(10);
    expect(delivery.pubrec(5, 0)).toBe('unknown');
    expect(delivery.pubcomp(5)).toBeUndefined();
  });

  it('is not answered by PUBACK, nor by PUBCOMP before PUBREC [MQTT-3.3.4-1] [MQTT-4.3.3-5]', () => {
    const delivery = new OutboundDelivery<string>(10);
    const identifier = delivery.begin('m', 2);
    expect(() => delivery.puback(identifier)).toThrow(expect.objectContaining({ clause: 'MQTT-3.3.4-1' }));
    expect(() => delivery.pubcomp(identifier)).toThrow(expect.objectContaining({ clause: 'MQTT-4.3.3-5' }));
    expect(delivery.size).toBe(1);
  });
});

describe('send quota', () => {
  it('is one for both levels, and comes back with PUBACK, PUBCOMP and a failed PUBREC [MQTT-4.9.0-1] [MQTT-4.9.0-2]', () => {
    const delivery = new OutboundDelivery<string>(3);
    const one = delivery.begin('a', 1);
    const two = delivery.begin('b', 2);
    const three = delivery.begin('c', 2);
    expect(delivery.canBegin).toBe(false);
    expect(() => delivery.begin('d', 1)).toThrow(UsageError);
    expect(delivery.size).toBe(3);
    delivery.puback(one);
    expect(delivery.canBegin).toBe(true);
    delivery.begin('d', 1);
    expect(delivery.canBegin).toBe(false);
    delivery.pubrec(two, 0);
    expect(delivery.canBegin).toBe(false);
    delivery.pubcomp(two);
    expect(delivery.canBegin).toBe(true);
    delivery.begin('e', 2);
    delivery.pubrec(three, 0x97);
    expect(delivery.canBegin).toBe(true);
  });

  it('never grows above the Receive Maximum, however many answers come after a resume [MQTT-3.3.4-7] [MQTT-3.3.4-9]', () => {
    const delivery = new OutboundDelivery<string>(5);
    const released = [0, 1, 2, 3, 4].map((index) => delivery.begin(`old ${index}`, 2));
    for (const identifier of released) delivery.pubrec(identifier, 0);
    delivery.resume(2);
    expect(resends(delivery)).toHaveLength(5);
    delivery.begin('new 0', 1);
    delivery.begin('new 1', 1);
    for (const identifier of released) delivery.pubcomp(identifier);
    // PUBCOMP of an exchange that sent no PUBLISH on this connection frees nothing.
    expect(delivery.canBegin).toBe(false);
  });

  it('holds back PUBLISH only: PUBREL goes out without it [MQTT-3.3.4-8] [MQTT-3.3.4-10] [MQTT-4.9.0-3]', () => {
    const delivery = new OutboundDelivery<string>(3);
    delivery.begin('a', 1);
    delivery.begin('b', 1);
    delivery.pubrec(delivery.begin('c', 2), 0);
    delivery.resume(1);
    // With quota for one PUBLISH, both the PUBREL and that PUBLISH are due; b waits for an answer.
    expect(resends(delivery)).toEqual(['PUBREL 3 c', 'PUBLISH 1 a']);
    delivery.puback(1);
    expect(resends(delivery)).toEqual(['PUBLISH 2 b']);
  });

  it('is exhausted when all Packet Identifiers are in use elsewhere [MQTT-2.2.1-3]', () => {
    const identifiers = new PacketIdentifiers();
    const delivery = new OutboundDelivery<string>(10, identifiers);
    while (identifiers.inUse < 65_535) identifiers.allocate();
    expect(delivery.canBegin).toBe(false);
    expect(() => delivery.begin('m', 1)).toThrow(UsageError);
    identifiers.release(9);
    expect(delivery.begin('m', 1)).toBe(9);
  });
});

describe('resume', () => {
  it('has everything that is open sent again, with its old identifier, in order [MQTT-4.4.0-1] [MQTT-4.6.0-1] [MQTT-2.3.1-3]', () => {
    const delivery = new OutboundDelivery<string>(10);
    for (const [message, qos] of [
      ['a', 1],
      ['b', 2],
      ['c', 1],
      ['d', 2],
      ['e', 2],
    ] as const)
      delivery.begin(message, qos);
    delivery.puback(3);
    delivery.pubrec(2, 0);
    delivery.pubrec(4, 0);
    delivery.pubcomp(4);
    delivery.resume(10);
    expect(resends(delivery)).toEqual(['PUBREL 2 b', 'PUBLISH 1 a', 'PUBLISH 5 e']);
    expect(delivery.nextResend()).toBeUndefined();
    // Cut again before anything was answered: the same once more.
    delivery.resume(10);
    expect(resends(delivery)).toEqual(['PUBREL 2 b', 'PUBLISH 1 a', 'PUBLISH 5 e']);
  });

  it('keeps the order of messages also where the identifiers wrapped around [MQTT-4.6.0-1]', () => {
    const identifiers = new PacketIdentifiers();
    identifiers.claim(2);
    const delivery = new OutboundDelivery<string>(100, identifiers);
    const first = delivery.begin('first', 1);
    const order: string[] = [];
    for (let count = 0; count < 40; count++) delivery.puback(delivery.begin('gone', 1));
    for (const message of ['a', 'b', 'c']) {
      order.push(`PUBLISH ${delivery.begin(message, 1)} ${message}`);
      for (let count = 0; count < 11; count++) delivery.puback(delivery.begin('gone', 1));
    }
    delivery.resume(100);
    expect(resends(delivery)).toEqual([`PUBLISH ${first} first`, ...order]);
  });

  it('sends PUBRELs in the order of their PUBRECs [MQTT-4.6.0-4]', () => {
    const delivery = new OutboundDelivery<string>(10);
    for (const message of ['a', 'b', 'c']) delivery.begin(message, 2);
    for (const identifier of [3, 1, 2]) delivery.pubrec(identifier, 0);
    // A PUBREC that comes again does not change its place.
    delivery.pubrec(3, 0);
    delivery.resume(10);
    expect(resends(delivery)).toEqual(['PUBREL 3 c', 'PUBREL 1 a', 'PUBREL 2 b']);
  });

  it('lets nothing new pass what is due again [MQTT-4.6.0-1]', () => {
    const delivery = new OutboundDelivery<string>(1);
    delivery.begin('old', 1);
    delivery.resume(1);
    expect(delivery.canBegin).toBe(false);
    expect(() => delivery.begin('new', 1)).toThrow(UsageError);
    expect(resends(delivery)).toEqual(['PUBLISH 1 old']);
    expect(delivery.canBegin).toBe(false);
    delivery.puback(1);
    expect(delivery.canBegin).toBe(true);
  });

  it('skips what is answered before its turn came', () => {
    const delivery = new OutboundDelivery<string>(5);
    for (const message of ['a', 'b', 'c']) delivery.begin(message, 2);
    delivery.resume(1);
    expect(delivery.nextResend()).toMatchObject({ message: 'a' });
    delivery.pubrec(2, 0x87);
    delivery.pubrec(3, 0);
    expect(resends(delivery)).toEqual(['PUBREL 3 c']);
    delivery.pubrec(1, 0);
    delivery.pubcomp(1);
    delivery.pubcomp(3);
    expect([delivery.size, delivery.canBegin]).toEqual([0, true]);
  });
});

describe('a store', () => {
  it('gets the open exchanges in order and puts them back [MQTT-4.4.0-1] [MQTT-4.3.3-6]', () => {
    const before = new OutboundDelivery<string>(10);
    for (const [message, qos] of [
      ['a', 1],
      ['b', 2],
      ['c', 2],
    ] as const)
      before.begin(message, qos);
    before.pubrec(2, 0);
    expect(before.entries().map(({ message }) => message)).toEqual(['a', 'b', 'c']);

    const identifiers = new PacketIdentifiers();
    const after = new OutboundDelivery<string>(10, identifiers);
    for (const { packetIdentifier, qos, message, released } of before.entries()) {
      after.restore(packetIdentifier, qos, message, released);
    }
    expect(() => after.restore(1, 1, 'again', false)).toThrow(UsageError);
    after.resume(10);
    expect(resends(after)).toEqual(['PUBREL 2 b', 'PUBLISH 1 a', 'PUBLISH 3 c']);
    expect([after.size, identifiers.inUse]).toEqual([3, 3]);
    after.puback(1);
    after.pubcomp(2);
    after.pubrec(3, 0x80);
    expect([after.size, identifiers.inUse]).toEqual([0, 0]);
  });
});

describe('forgetting', () => {
  it('one message frees its identifier and its quota', () => {
    const identifiers = new PacketIdentifiers();
    const delivery = new OutboundDelivery<string>(1, identifiers);
    const identifier = delivery.begin('m', 2);
    expect(delivery.drop(identifier)).toMatchObject({ message: 'm' });
    expect(delivery.drop(identifier)).toBeUndefined();
    expect([delivery.size, identifiers.inUse, delivery.canBegin]).toEqual([0, 0, true]);
  });

  it('all of them gives them back in order, also in the middle of a resume', () => {
    const identifiers = new PacketIdentifiers();
    const delivery = new OutboundDelivery<string>(10, identifiers);
    for (const message of ['a', 'b', 'c']) delivery.begin(message, 1);
    delivery.resume(10);
    delivery.nextResend();
    expect(delivery.clear().map(({ message }) => message)).toEqual(['a', 'b', 'c']);
    expect([delivery.size, identifiers.inUse, delivery.canBegin]).toEqual([0, 0, true]);
    expect(resends(delivery)).toEqual([]);
    expect(delivery.clear()).toEqual([]);
  });
});
