import { describe, expect, test } from 'vitest';
import { topics } from '../house/topics.js';
import { HouseModel } from './house-model.js';

const reading = (value: number, sequence: number) => ({
  value,
  time: sequence * 1_000,
  sequence,
  keepsFrom: 1,
});
const kitchen = 'sensors/kitchen/temperature/1';

function values(model: HouseModel, room = 'kitchen'): number[] {
  return (model.rooms.get(room)?.of('temperature')?.points ?? []).map(([, value]) => value);
}

describe('the page knows', () => {
  test('readings, in order and once', () => {
    const model = new HouseModel();
    for (const sequence of [1, 2, 2, 1, 3]) {
      expect(model.accept(kitchen, reading(sequence, sequence), 0)).toBe('rooms');
    }
    expect(values(model)).toEqual([1, 2, 3]);
    expect(model.arrived).toBe(5);
    expect(model.rooms.get('kitchen')).toMatchObject({ guest: false, live: false });
  });

  test('guests, who send bare numbers, by what came live and by history', () => {
    const model = new HouseModel();
    model.accept('sensors/balcony/temperature/1', 21.5, 9);
    model.acceptHistory({
      series: [{ room: 'shed', stream: 'temperature/1', sequence: 0, points: [[1, 5]] }],
      notifications: [],
    });
    expect(model.rooms.get('balcony')).toMatchObject({ guest: true, live: true });
    expect(model.rooms.get('shed')).toMatchObject({ guest: true, live: true });
  });

  test('the mean of several probes', () => {
    const model = new HouseModel();
    model.accept(kitchen, 20, 0);
    model.accept('sensors/kitchen/temperature/2', 22, 0);
    expect(model.rooms.get('kitchen')?.now('temperature')).toBe(21);
    expect(model.rooms.get('kitchen')?.now('humidity')).toBeUndefined();
  });

  test('the history, which closes the hole of an absence and forgets nothing older or newer', () => {
    const model = new HouseModel();
    for (const sequence of [1, 2, 6]) model.accept(kitchen, reading(sequence, sequence), 0);
    const points = [3, 4, 5].map((sequence): [number, number] => [sequence * 1_000, sequence]);
    model.acceptHistory({
      series: [{ room: 'kitchen', stream: 'temperature/1', sequence: 5, points }],
      notifications: [],
    });
    expect(values(model)).toEqual([1, 2, 3, 4, 5, 6]);
    model.accept(kitchen, reading(6, 6), 0);
    model.accept(kitchen, reading(7, 7), 0);
    expect(values(model)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test('a recording that starts again', () => {
    const model = new HouseModel();
    model.accept(kitchen, { value: 1, time: 200 * 3_600_000, sequence: 1, keepsFrom: 1 }, 0);
    model.accept(kitchen, { value: 2, time: 0, sequence: 2, keepsFrom: 1 }, 0);
    expect(values(model)).toEqual([2]);
  });

  test('whose device is there, what the gateway and the service count', () => {
    const model = new HouseModel();
    const counts = { link: 'cut' as const, taken: 9, waiting: 4, dropped: 0 };
    expect(model.accept('devices/kitchen/status', { state: 'online' }, 0)).toBe('rooms');
    model.accept(topics.gatewayStatus, { houseTime: 5, speed: 40, devices: { kitchen: counts } }, 0);
    model.accept(topics.serviceStatus, { state: 'online' }, 0);
    expect(model.rooms.get('kitchen')).toMatchObject({ online: true, counts, cut: true });
    model.accept(
      topics.gatewayStatus,
      { houseTime: 5, speed: 40, devices: { kitchen: { ...counts, link: 'up' } } },
      0,
    );
    expect(model.rooms.get('kitchen')?.cut).toBe(false);
    model.accept('devices/kitchen/status', { state: 'offline' }, 0);
    expect(model.rooms.get('kitchen')?.cut).toBe(true);
    expect(model).toMatchObject({ serviceOnline: true, gateway: { houseTime: 5 } });
  });

  test('not what nobody understands, and no more than sixty rooms', () => {
    const model = new HouseModel();
    for (const topicName of ['nonsense', 'sensors/kitchen/pressure/1', 'devices/x/y/z']) {
      expect(model.accept(topicName, 1, 0)).toBeUndefined();
    }
    expect(model.accept(kitchen, 'warm', 0)).toBeUndefined();
    for (let index = 0; index < 100; index++) model.accept(`sensors/room${index}/temperature/1`, 20, 0);
    expect(model.rooms.size).toBe(60);
  });

  test('the newest thirty alerts', () => {
    const model = new HouseModel();
    for (let index = 0; index < 40; index++) model.accept(topics.notifications, { id: `${index}` }, 0);
    expect(model.notifications.map(({ id }) => id)).toEqual(
      Array.from({ length: 30 }, (_, index) => `${39 - index}`),
    );
  });
});
