import { once } from 'node:events';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemoryTransport } from './memory.js';
import { RecordingReceiver, readAll } from './recording-receiver.suite.js';

function connected(highWaterMarkBytes = 1_000) {
  const transport = new MemoryTransport(highWaterMarkBytes);
  const receiver = new RecordingReceiver();
  return { transport, receiver, client: transport.clientStream };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('an in-process connection', () => {
  test('carries bytes both ways, joined per turn, never inside the call that writes them', async () => {
    const { transport, receiver, client } = connected();
    client.write('before start, ');
    transport.start(receiver);
    client.write('and ');
    client.write('after');
    expect(receiver.events).toEqual([]);
    await receiver.until(({ text }) => text === 'before start, and after');
    const data = once(client, 'data');
    transport.write(Buffer.from('one '));
    transport.write(Buffer.from('two'));
    expect(transport.bufferedBytes).toBe(7);
    expect(String(await data)).toBe('one two');
    expect(transport.bufferedBytes).toBe(0);
  });

  test('what a client writes while it is given its last bytes arrives, though it leaves at once', async () => {
    const { transport, receiver, client } = connected();
    transport.start(receiver);
    client.on('data', () => {
      client.write('answer');
      client.destroy();
    });
    transport.write(Buffer.from('question'));
    await receiver.closed;
    expect(receiver.text).toBe('answer');
  });

  test('shares no memory between its ends', async () => {
    const { transport, receiver, client } = connected();
    transport.start(receiver);
    const written = Buffer.from('abc');
    client.write(written);
    written.fill('x');
    await receiver.until(({ events }) => events.length > 0);
    expect(receiver.text).toBe('abc');
    const answer = Buffer.from('def');
    transport.write(answer);
    const [data] = (await once(client, 'data')) as [Buffer];
    data.fill('x');
    expect(answer.toString()).toBe('def');
  });

  test('a client that does not read makes the broker wait above its mark, and drain follows', async () => {
    const { transport, receiver, client } = connected(1_000);
    transport.start(receiver);
    while (transport.write(Buffer.alloc(500))) await turn();
    expect(transport.bufferedBytes).toBeGreaterThan(1_000);
    expect(receiver.events).toEqual([]);
    client.resume();
    await receiver.until(({ events }) => events.includes('drain'));
    expect(transport.bufferedBytes).toBe(0);
  });

  test('a broker that does not read makes the client wait', async () => {
    const { transport, receiver, client } = connected();
    transport.start(receiver);
    transport.pause();
    while (client.write(Buffer.alloc(1_000))) await turn();
    expect(receiver.events).toEqual([]);
    transport.resume();
    await once(client, 'drain');
    expect(receiver.events).toContain('bytes');
  });

  test('end() on either side delivers what was written, then closes both', async () => {
    const fromBroker = connected();
    fromBroker.transport.start(fromBroker.receiver);
    const read = readAll(fromBroker.client);
    fromBroker.transport.write(Buffer.alloc(100_000));
    fromBroker.transport.end();
    fromBroker.client.write('not heard any more');
    expect(await read).toHaveLength(100_000);
    await fromBroker.receiver.closed;
    expect(fromBroker.receiver.events).toEqual(['close']);

    const fromClient = connected();
    fromClient.transport.start(fromClient.receiver);
    fromClient.client.resume();
    fromClient.client.end('the last words');
    await once(fromClient.client, 'close');
    await fromClient.receiver.closed;
    expect(fromClient.receiver.text).toBe('the last words');
  });

  test('destroy() on the broker side loses what is queued', async () => {
    const { transport, receiver, client } = connected();
    transport.start(receiver);
    transport.write(Buffer.from('lost'));
    transport.destroy();
    transport.destroy();
    expect(receiver.events).toEqual([]);
    await once(client, 'close');
    await receiver.closed;
    expect(client.read()).toBeNull();
  });

  test('what a client wrote before destroy() arrives, as it does through a socket', async () => {
    const { transport, receiver, client } = connected();
    transport.start(receiver);
    client.write('written');
    client.destroy();
    transport.write(Buffer.from('nobody reads this'));
    await receiver.closed;
    expect(receiver.events).toEqual(['bytes', 'close']);
  });

  test('a client gone before start() closes the receiver', async () => {
    const { transport, receiver, client } = connected();
    client.destroy();
    transport.start(receiver);
    await receiver.closed;
  });

  test('writes after the end are taken and dropped', async () => {
    const { transport, receiver, client } = connected();
    transport.start(receiver);
    transport.end();
    await receiver.closed;
    await new Promise((resolve) => client.write('late', resolve));
    transport.write(Buffer.from('late'));
    transport.resume();
    expect(transport.bufferedBytes).toBe(0);
  });

  test('loses and reorders nothing, however both sides write and pause', async () => {
    const step = fc.constantFrom('client', 'broker', 'pause', 'resume', 'turn');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { transport, receiver, client } = connected(64);
        transport.start(receiver);
        const read = readAll(client);
        const sent = { client: '', broker: '' };
        for (const [index, one] of steps.entries()) {
          const text = `${index},`;
          if (one === 'client') client.write(text);
          if (one === 'broker') transport.write(Buffer.from(text));
          if (one === 'client' || one === 'broker') sent[one] += text;
          if (one === 'pause') transport.pause();
          if (one === 'resume') transport.resume();
          if (one === 'turn') await turn();
        }
        transport.resume();
        await receiver.until(({ text }) => text === sent.client);
        transport.end();
        expect(String(await read)).toBe(sent.broker);
      }),
      { numRuns: 100 },
    );
  });
});
