import { once } from 'node:events';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { RecordingReceiver, readAll, socketPair } from './recording-receiver.suite.js';
import { StreamTransport } from './stream.js';

const opened: { destroy(): void }[] = [];
afterEach(() => {
  for (const socket of opened.splice(0)) socket.destroy();
});

async function connected() {
  const { server, client } = await socketPair();
  opened.push(server, client);
  const transport = new StreamTransport(server, {
    kind: 'tcp',
    highWaterMarkBytes: 65_536,
    remoteAddress: server.remoteAddress,
  });
  return { server, client, transport, receiver: new RecordingReceiver() };
}

describe('a stream transport', () => {
  test('carries bytes both ways and names the peer', async () => {
    const { client, transport, receiver } = await connected();
    client.write('early');
    transport.start(receiver);
    client.write(' and late');
    await receiver.until(({ text }) => text === 'early and late');
    transport.cork();
    expect(transport.write(Buffer.from('one '))).toBe(true);
    transport.write(Buffer.from('two'));
    transport.uncork();
    const [data] = (await once(client, 'data')) as [Buffer];
    expect(data.toString()).toBe('one two');
    expect(transport.bufferedBytes).toBe(0);
    expect(transport.remoteAddress).toMatch(/127\.0\.0\.1$/);
    expect(transport.peerCertificate).toBeUndefined();
  });

  test('lets the system watch a peer that asked for no Keep Alive, and nobody else', async () => {
    const { server, transport, receiver } = await connected();
    const setKeepAlive = vi.spyOn(server, 'setKeepAlive');
    transport.start(receiver);
    transport.admit(true);
    expect(setKeepAlive).not.toHaveBeenCalled();
    transport.admit(false);
    expect(setKeepAlive).toHaveBeenCalledExactlyOnceWith(true, 60_000);
  });

  test('says when it is above its mark and when it has drained', async () => {
    const { client, transport, receiver } = await connected();
    transport.start(receiver);
    const piece = Buffer.alloc(65_536);
    while (transport.write(piece));
    expect(transport.bufferedBytes).toBeGreaterThan(65_536);
    expect(receiver.events).toEqual([]);
    client.resume();
    await receiver.until(({ events }) => events.includes('drain'));
    expect(transport.bufferedBytes).toBeLessThanOrEqual(65_536);
    expect(transport.write(Buffer.from('x'))).toBe(true);
  });

  test('end() sends what is queued, and drops what still comes', async () => {
    const { client, transport, receiver } = await connected();
    transport.start(receiver);
    transport.write(Buffer.alloc(1_000_000, 1));
    transport.end();
    transport.end();
    expect(transport.write(Buffer.from('too late'))).toBe(true);
    client.write('not heard');
    expect(await readAll(client)).toHaveLength(1_000_000);
    await receiver.closed;
    expect(receiver.events).toEqual(['close']);
    expect(receiver.cause).toBeUndefined();
  });

  test('end() cuts off a peer that does not take its bytes', async () => {
    const { client, transport, receiver } = await connected();
    client.pause();
    transport.start(receiver);
    transport.write(Buffer.alloc(50_000_000));
    transport.end();
    await receiver.closed;
    expect(receiver.events).toEqual(['close']);
  });

  test('destroy() closes once, also when called twice', async () => {
    const { client, transport, receiver } = await connected();
    transport.start(receiver);
    transport.destroy();
    transport.destroy();
    expect(receiver.events).toEqual([]);
    await receiver.closed;
    await once(client, 'close');
    expect(receiver.events).toEqual(['close']);
  });

  test('reads nothing while paused', async () => {
    const { client, server, transport, receiver } = await connected();
    transport.start(receiver);
    transport.pause();
    const piece = Buffer.alloc(65_536);
    let written = 0;
    // Ends when the kernel's buffers are full, since nobody reads.
    while (written < 100 && client.write(piece)) written += 1;
    expect(server.isPaused()).toBe(true);
    expect(receiver.events).toEqual([]);
    transport.resume();
    client.end();
    await receiver.closed;
    expect(receiver.text).toHaveLength((written + 1) * piece.length);
  });

  test('a stream that broke before start() closes its receiver, with the cause', async () => {
    const { server, transport, receiver } = await connected();
    const closed = new Promise((resolve) => server.once('close', resolve));
    server.destroy(new Error('broken'));
    await closed;
    transport.start(receiver);
    await receiver.closed;
    expect(receiver.cause?.message).toBe('broken');
  });

  test('a peer that ends and does not take what is queued for it is cut off', async () => {
    const { server, client, transport, receiver } = await connected();
    client.allowHalfOpen = true;
    client.pause();
    transport.start(receiver);
    transport.write(Buffer.alloc(50_000_000));
    client.end();
    await receiver.closed;
    expect(server.destroyed).toBe(true);
    expect(client.destroyed).toBe(false);
  });

  test('a peer that ends is closed', async () => {
    const { client, transport, receiver } = await connected();
    transport.start(receiver);
    client.end('goodbye');
    await receiver.closed;
    expect(receiver.text).toBe('goodbye');
    expect(receiver.cause).toBeUndefined();
  });
});
