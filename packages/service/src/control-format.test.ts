import { expect, it } from 'vitest';
import { controlFilter, controlTopic, readControl, writeControl } from './control-format.js';

const bytes = (text: string) => new TextEncoder().encode(text);

it('is read as it was written', () => {
  expect(readControl(writeControl({ id: 'x.1', cancel: true }))).toEqual({ id: 'x.1', cancel: true });
  expect(readControl(writeControl({ id: 'x.1', credit: 12 }))).toEqual({
    id: 'x.1',
    cancel: false,
    credit: 12,
  });
});

it.each(['', 'x', 'null', '7', '{"cancel":true}', '{"id":7}', `{"id":"${'x'.repeat(2000)}"}`])(
  'of what is none (%j) nothing is read',
  (text) => {
    expect(readControl(bytes(text))).toBeUndefined();
  },
);

it.each([-1, 1.5, '7', null])('a credit of %j is none', (credit) => {
  expect(readControl(bytes(JSON.stringify({ id: 'x', credit })))).toEqual({ id: 'x', cancel: false });
});

it('has the topic of the request below the prefix, and no group', () => {
  expect(controlTopic('c', 'a/b')).toBe('c/a/b');
  expect(controlFilter('c', '$share/g/a/+')).toBe('c/a/+');
});
