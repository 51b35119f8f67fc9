import { FakeClock } from '@petrel/testing';
import { expect, it, vi } from 'vitest';
import { ReaderCredit } from './reader-credit.js';
import { ReplyWindow } from './reply-window.js';

it('lets as many answers leave as the reader has room for, and waits then', async () => {
  const window = new ReplyWindow(new FakeClock(), 2, () => expect.fail('the reader is there'));
  expect(window.sent()).toBeUndefined();
  const turn = window.sent();
  expect(turn).toBeInstanceOf(Promise);
  window.allow(1);
  window.allow(3);
  await turn;
  expect(window.sent()).toBeInstanceOf(Promise);
});

it('takes a reader for gone that says nothing for 30 s while it is waited for, and only then', () => {
  const clock = new FakeClock();
  const gone = vi.fn();
  const window = new ReplyWindow(clock, 1, gone);
  clock.advance(60_000);
  void window.sent();
  clock.advance(20_000);
  // The same number again: it has not read, but it is there.
  window.allow(1);
  clock.advance(20_000);
  expect(gone).not.toHaveBeenCalled();
  clock.advance(10_000);
  expect(gone).toHaveBeenCalledOnce();
});

it('asks for more at half a window, and every ten seconds for what may have been lost', () => {
  const clock = new FakeClock();
  const told: number[] = [];
  const credit = new ReaderCredit(clock, 4);
  credit.begin((count) => told.push(count));
  credit.read();
  expect(told).toEqual([]);
  credit.read();
  expect(told).toEqual([6]);
  clock.advance(20_000);
  expect(told).toEqual([6, 6, 6]);
  credit.end();
  clock.advance(20_000);
  expect(told).toEqual([6, 6, 6]);
  expect(clock.pending).toBe(0);
});
