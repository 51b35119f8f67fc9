import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { FakeClock } from './fake-clock.js';
import { duplexPair, faultyDuplex } from './faulty-link.js';
import { startFaultyProxy } from './faulty-proxy.js';

function collect(stream: Duplex): string[] {
  const chunks: string[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  stream.on('error', (error: NodeJS.ErrnoException) => chunks.push(`error ${error.code}`));
  return chunks;
}

/** Unlike once(), not upset by the error that comes before. */
function closed(stream: Duplex): Promise<void> {
  return new Promise((resolve) => (stream.closed ? resolve() : stream.once('close', resolve)));
}

function linked(faults: Parameters<typeof faultyDuplex>[1] = {}) {
  const [inner, server] = duplexPair();
  const { stream, link } = faultyDuplex(inner, faults);
  return { client: stream, server, link, atServer: collect(server), atClient: collect(stream) };
}

test('without faults both directions carry what was written, and ends are passed on', async () => {
  const { client, server, atServer, atClient, link } = linked();
  client.write('ping');
  await once(server, 'data');
  server.write('pong');
  await once(client, 'data');
  client.end();
  await once(server, 'end');
  server.end('bye');
  await link.closed;
  expect(atServer).toEqual(['ping']);
  expect(atClient).toEqual(['pong', 'bye']);
});

test('chunk sizes cut the stream, over and over, across writes', async () => {
  const { client, server, atServer } = linked({ toServer: { chunkSizes: [1, 3] } });
  client.end('abcdefgh');
  await once(server, 'end');
  expect(atServer).toEqual(['a', 'bcd', 'e', 'fgh']);
});

test('a stalled link delivers nothing until it is resumed', async () => {
  const { client, server, atServer, link } = linked();
  link.stall();
  client.write('one');
  client.write('two');
  // The other direction of a second link proves that the first had its turns.
  const other = linked();
  other.client.write('x');
  await once(other.server, 'data');
  expect(atServer).toEqual([]);
  link.resume();
  while (atServer.join('') !== 'onetwo') await once(server, 'data');
});

test('a delay is measured with the given clock', async () => {
  const clock = new FakeClock();
  const { client, server, atServer } = linked({ toServer: { delayMs: 100 }, clock });
  client.write('slow');
  while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
  clock.advance(99);
  expect(atServer).toEqual([]);
  const arrived = once(server, 'data');
  clock.advance(1);
  await arrived;
  expect(atServer).toEqual(['slow']);
});

test('a cut resets both ends and drops what was under way', async () => {
  const { client, server, atServer, atClient, link } = linked();
  link.toServer.stall();
  client.write('lost');
  link.cut();
  await Promise.all([closed(client), closed(server)]);
  expect(atServer).toEqual(['error ECONNRESET']);
  expect(atClient).toEqual(['error ECONNRESET']);
});

test('cutAfter lets so many bytes through and no more', async () => {
  const { client, server, atServer, link } = linked();
  link.toServer.cutAfter(5);
  client.write('abc');
  client.write('defg');
  await closed(server);
  expect(atServer).toEqual(['abc', 'de', 'error ECONNRESET']);
});

test('a stalled link holds its source back', async () => {
  const { client, link } = linked();
  link.stall();
  let accepted = true;
  for (let i = 0; i < 100 && accepted; i++) {
    accepted = client.write(Buffer.alloc(8192));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(accepted).toBe(false);
  link.resume();
  await once(client, 'drain');
});

async function echoServer() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return {
    port: address.port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('the proxy carries, cuts, refuses and comes back', async () => {
  const target = await echoServer();
  const proxy = await startFaultyProxy(target, { toServer: { chunkSizes: [2] } });
  const client = connect(proxy.port, '127.0.0.1');
  const received = collect(client);
  client.write('hello');
  while (received.join('') !== 'hello') await once(client, 'data');
  expect(proxy.links.size).toBe(1);

  proxy.reachable = false;
  proxy.cut();
  await closed(client);
  const refused = connect(proxy.port, '127.0.0.1');
  collect(refused);
  await closed(refused);

  proxy.reachable = true;
  const again = connect(proxy.port, '127.0.0.1');
  again.end('back');
  const [echoed] = (await once(again, 'data')) as [Buffer];
  expect(echoed.toString().length).toBeGreaterThan(0);
  await proxy.close();
  await target.close();
});
