import { expect, test } from 'vitest';
import { House } from './house.js';

const numbered = (value: number, sequence: number, keepsFrom = 1) => ({
  value,
  sequence,
  keepsFrom,
  time: sequence,
});

test('takes readings of devices and of guests, and counts them apart', () => {
  const house = new House();
  expect(house.take('sensors/kitchen/temperature/1', numbered(20, 1), 0)).toEqual({
    room: 'kitchen',
    notifications: [],
  });
  house.take('sensors/kitchen/temperature/1', numbered(20, 1), 0);
  house.take('sensors/balcony/temperature/1', 21.5, 9);
  expect(house.ledger()).toEqual({
    received: 1,
    duplicates: 1,
    missing: 0,
    lost: 0,
    unnumbered: 1,
    unreadable: 0,
  });
  expect(house.receipts()).toEqual({ kitchen: { 'temperature/1': 1 } });
  expect(house.receipt('balcony')).toBeUndefined();
});

test('a duplicate does not enter the chart twice, nor raise an alert twice', () => {
  const house = new House();
  const first = house.take('sensors/bathroom/humidity/1', numbered(90, 1), 0);
  const second = house.take('sensors/bathroom/humidity/1', numbered(90, 1), 0);
  expect(first).toMatchObject({ notifications: [{ kind: 'humid' }] });
  expect(second).toMatchObject({ notifications: [] });
  expect(house.history()).toMatchObject({
    series: [{ points: [[1, 90]], sequence: 1 }],
    notifications: [{}],
  });
});

test('says why a message is no reading, and goes on', () => {
  const house = new House();
  expect(house.take('sensors/kitchen/pressure/1', 1, 0)).toContain('topic');
  expect(house.take('sensors/kitchen/temperature/1', 'warm', 0)).toContain('not a number');
  expect(house.ledger().unreadable).toBe(2);
});

test('strangers fill the house, not the memory', () => {
  const house = new House();
  for (let index = 0; index < 60; index++) house.take(`sensors/room${index}/temperature/1`, 20, 0);
  expect(house.take('sensors/one-more/temperature/1', 20, 0)).toContain('60 rooms');
  for (let index = 0; index < 8; index++) house.take(`sensors/room1/temperature/${index}`, 20, 0);
  expect(house.take('sensors/room1/humidity/1', 20, 0)).toContain('8 streams');
});

test('averages the rooms that are asked for, and names the one it does not know', () => {
  const house = new House();
  house.take('sensors/kitchen/temperature/1', numbered(20, 1), 0);
  house.take('sensors/office/temperature/1', numbered(22, 1), 0);
  house.take('sensors/office/humidity/1', numbered(40, 1), 0);
  house.take('sensors/outside/temperature/1', numbered(-5, 1), 0);
  expect(house.average([])).toMatchObject({ rooms: [{}, {}], average: { temperature: 21, humidity: 40 } });
  expect(house.average(['kitchen']).average).toEqual({ temperature: 20 });
  expect(() => house.average(['attic'])).toThrow('there is no room "attic"');
});

test('the humidity limit can be set', () => {
  const house = new House();
  house.humidityLimit = 50;
  expect(house.settings).toEqual({ humidityLimit: 50 });
  expect(house.take('sensors/office/humidity/1', 51, 0)).toMatchObject({
    notifications: [{ kind: 'humid' }],
  });
});
