import { expect, test } from 'vitest';
import { connected, open, openBroker } from '../broker-fixture.suite.js';
import { type Authenticator, authenticationChain } from './authentication-chain.js';
import { request } from './authenticators.suite.js';
import { BoundedWork } from './bounded-work.js';
import { CircuitBreaker } from './circuit-breaker.js';

test('the first authenticator that knows a client decides', async () => {
  const asked: string[] = [];
  const noted =
    (name: string, authenticator: Authenticator): Authenticator =>
    (asking) => {
      asked.push(name);
      return authenticator(asking);
    };
  const chain = authenticationChain([
    noted('first', ({ userName }) => (userName === 'anna' ? { name: 'anna of the first' } : undefined)),
    noted('second', async ({ userName }) => (userName === 'bob' ? false : undefined)),
    noted('third', ({ userName }) => userName === 'carl'),
  ]);
  expect(await chain(request({ userName: 'anna' }))).toEqual({ name: 'anna of the first' });
  expect(asked.splice(0)).toEqual(['first']);
  expect(await chain(request({ userName: 'bob' }))).toBe(false);
  expect(asked.splice(0)).toEqual(['first', 'second']);
  expect(await chain(request({ userName: 'carl' }))).toBe(true);
  expect(asked.splice(0)).toEqual(['first', 'second', 'third']);
});

test('a client that nobody knows is refused, an anonymous one let in where that was asked for', async () => {
  const nobody = () => undefined;
  expect(await authenticationChain([nobody])(request())).toBe(false);
  const open = authenticationChain([nobody], { allowAnonymous: true });
  expect(await open(request())).toBe(true);
  expect(await open(request({ userName: 'mallory' }))).toBe(false);
  expect(await open(request({ password: 'x' }))).toBe(false);
});

test('33 an authenticator that fails or answers nonsense opens nothing (CVE-2018-12550)', async () => {
  for (const broken of [
    () => Promise.reject(new Error('away')),
    () => {
      throw new Error('broken');
    },
    () => null as never,
    () => 'yes' as never,
    () => ({ nam: 'x' }) as never,
  ]) {
    const { broker } = await openBroker({
      hooks: { authenticate: authenticationChain([broken, () => true], { allowAnonymous: true }) },
    });
    const peer = open(broker);
    expect((await peer.connect()).reasonCode).toBeGreaterThanOrEqual(0x80);
    await peer.closed();
  }
});

test('a connection ends with its credentials, with 0xA0, and its session can be had again', async () => {
  const { broker, clock } = await openBroker({
    hooks: { authenticate: ({ userName }) => ({ name: userName ?? '', expiresAt: clock.now() + 60_000 }) },
  });
  const lasting = { clientIdentifier: 'c', userName: 'anna', properties: { sessionExpiryInterval: 600 } };
  const peer = await connected(broker, lasting);
  clock.advance(59_999);
  await peer.expectNothing();
  clock.advance(1);
  expect(await peer.receive('disconnect')).toMatchObject({ reasonCode: 0xa0 });
  await peer.closed();
  const back = await connected(broker, { ...lasting, cleanStart: false });
  back.destroy();
  await back.closed();
  // The timer of a connection that is gone ends nothing.
  clock.advance(60_000);
  expect(broker.sessions().map(({ connected: is }) => is)).toEqual([false]);
});

test('work is done a few at a time, and what is too much is refused at once', async () => {
  const work = new BoundedWork(2, 1);
  const ends: (() => void)[] = [];
  let most = 0;
  const job = () =>
    new Promise<void>((resolve) => {
      ends.push(resolve);
      most = Math.max(most, ends.length);
    });
  const [first, second, third] = [work.run(job), work.run(job), work.run(job)];
  expect(work.run(job)).toBeUndefined();
  expect(ends.length).toBe(2);
  ends.shift()?.();
  await first;
  await new Promise(setImmediate);
  expect(ends.length).toBe(2);
  for (const end of ends) end();
  await Promise.all([second, third]);
  expect(most).toBe(2);
});

test('a circuit breaker asks once in a while whether the other side is back', () => {
  const breaker = new CircuitBreaker({ maximumFailures: 2, openForMs: 100 });
  for (const now of [0, 1]) {
    expect(breaker.mayAsk(now)).toBe(true);
    breaker.failed(now);
  }
  expect([breaker.mayAsk(2), breaker.mayAsk(100)]).toEqual([false, false]);
  expect([breaker.mayAsk(101), breaker.mayAsk(101)]).toEqual([true, false]);
  breaker.failed(101);
  expect([breaker.mayAsk(200), breaker.mayAsk(201)]).toEqual([false, true]);
  breaker.succeeded();
  expect([breaker.mayAsk(202), breaker.mayAsk(202)]).toEqual([true, true]);
});
