import { describe, expect, test } from 'vitest';
import { formatBytes, formatCount, formatNanoseconds, markdownTable, textTable } from './table.js';

const table = {
  head: ['broker', 'messages/s'],
  rows: [
    ['Petrel', '1,608 k'],
    ['a|b', '5.0'],
  ],
};

test('columns of text are as wide as their widest cell; all but the first are aligned to the right', () => {
  expect(textTable(table)).toBe('broker  messages/s\nPetrel     1,608 k\na|b            5.0');
});

test('a row may end early, and nothing hangs behind it', () => {
  expect(textTable({ head: ['a', 'b'], rows: [['c']] })).toBe('a  b\nc');
});

test('Markdown escapes what would end a cell', () => {
  expect(markdownTable(table)).toBe(
    '| broker | messages/s |\n|---|--:|\n| Petrel | 1,608 k |\n| a\\|b | 5.0 |',
  );
});

describe('numbers keep about three digits', () => {
  test.each([
    [4.26, '4.3'],
    [345.2, '345'],
    [12_345, '12.3 k'],
    [1_608_123, '1,608 k'],
    [Number.NaN, '–'],
  ])('count %d: %s', (value, text) => expect(formatCount(value)).toBe(text));

  test.each([
    [460, '0.46 µs'],
    [7800, '7.8 µs'],
    [35_000, '35 µs'],
    [1_200_000, '1.2 ms'],
    [2e9, '2.0 s'],
    [Number.NaN, '–'],
  ])('%d ns: %s', (value, text) => expect(formatNanoseconds(value)).toBe(text));

  test.each([
    [940, '0.9 KB'],
    [13e6, '13 MB'],
    [8.4e6, '8.4 MB'],
    [1.26e9, '1.3 GB'],
    [Number.NaN, '–'],
  ])('%d bytes: %s', (value, text) => expect(formatBytes(value)).toBe(text));
});
