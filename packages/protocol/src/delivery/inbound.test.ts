import { describe, expect, it } from 'vitest';
import { InboundDelivery } from './inbound.js';

const exceeded = expect.objectContaining({ code: 'PETREL_PROTOCOL_ERROR', reasonCode: 0x93 });

describe('QoS 1', () => {
  it('is new every time: after PUBACK the identifier means another message [MQTT-4.3.2-5] [MQTT-4.3.2-2]', () => {
    const delivery = new InboundDelivery(10);
    expect(delivery.begin(1, 1)).toBe('new');
    expect(delivery.open).toBe(1);
    delivery.acknowledged();
    expect(delivery.open).toBe(0);
    expect(delivery.begin(1, 1)).toBe('new');
    expect([...delivery.unreleased]).toEqual([]);
  });

  it('acknowledged more often than it came does not make room that is not there', () => {
    const delivery = new InboundDelivery(1);
    delivery.begin(1, 1);
    delivery.resume();
    delivery.acknowledged();
    expect(delivery.open).toBe(0);
    delivery.begin(2, 1);
    expect(() => delivery.begin(3, 1)).toThrow(exceeded);
  });
});

describe('QoS 2', () => {
  it('is delivered once until PUBREL, and is a new message after it [MQTT-4.3.3-8] [MQTT-4.3.3-10] [MQTT-4.3.3-12] [MQTT-4.3.3-2]', () => {
    const delivery = new InboundDelivery(10);
    expect(delivery.begin(7, 2)).toBe('new');
    expect(delivery.begin(7, 2)).toBe('duplicate');
    expect(delivery.begin(7, 2)).toBe('duplicate');
    expect([delivery.open, [...delivery.unreleased]]).toEqual([1, [7]]);
    expect(delivery.release(7)).toBe(true);
    expect([delivery.open, [...delivery.unreleased]]).toEqual([0, []]);
    expect(delivery.begin(7, 2)).toBe('new');
  });

  it('released without being known is answered with 0x92, and changes nothing [MQTT-4.3.3-11]', () => {
    const delivery = new InboundDelivery(10);
    expect(delivery.release(7)).toBe(false);
    delivery.begin(7, 2);
    expect([delivery.release(7), delivery.release(7)]).toEqual([true, false]);
    expect(delivery.open).toBe(0);
  });

  it('refused by PUBREC is over: the identifier means a new message [MQTT-4.3.3-9]', () => {
    const delivery = new InboundDelivery(1);
    delivery.begin(7, 2);
    delivery.refused(7);
    expect([delivery.open, [...delivery.unreleased]]).toEqual([0, []]);
    expect(delivery.begin(7, 2)).toBe('new');
  });

  it('is remembered over connections until PUBREL [MQTT-4.3.3-10] [MQTT-4.1.0-1]', () => {
    const delivery = new InboundDelivery(10);
    delivery.begin(7, 2);
    delivery.begin(8, 2);
    delivery.resume();
    expect(delivery.open).toBe(0);
    expect(delivery.begin(7, 2)).toBe('duplicate');
    expect(delivery.open).toBe(1);
    expect([delivery.release(7), delivery.release(8)]).toEqual([true, true]);
    expect([delivery.open, [...delivery.unreleased]]).toEqual([0, []]);
  });

  it('is put back from a store', () => {
    const delivery = new InboundDelivery(10);
    delivery.restore(7);
    expect([...delivery.unreleased]).toEqual([7]);
    expect(delivery.begin(7, 2)).toBe('duplicate');
    expect(delivery.release(7)).toBe(true);
  });
});

describe('Receive Maximum', () => {
  it('is one for both levels, and passing it is 0x93, never an acknowledgement [MQTT-3.3.4-7] [MQTT-4.9.0-1]', () => {
    const delivery = new InboundDelivery(2);
    delivery.begin(1, 1);
    delivery.begin(2, 2);
    expect(() => delivery.begin(3, 1)).toThrow(exceeded);
    expect(() => delivery.begin(3, 2)).toThrow(exceeded);
    expect([delivery.open, [...delivery.unreleased]]).toEqual([2, [2]]);
    // The same PUBLISH again is no further one.
    expect(delivery.begin(2, 2)).toBe('duplicate');
    delivery.release(2);
    expect(delivery.begin(3, 2)).toBe('new');
  });

  it('counts a PUBLISH of an earlier connection when it is sent again, once', () => {
    const delivery = new InboundDelivery(1);
    delivery.begin(1, 2);
    delivery.resume();
    expect(delivery.begin(1, 2)).toBe('duplicate');
    expect(() => delivery.begin(2, 1)).toThrow(exceeded);
    delivery.release(1);
    delivery.begin(2, 1);
  });
});
