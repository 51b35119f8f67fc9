/** `concurrency` of a service is what the server is told as Receive Maximum; what exceeds it stays with the server. */
import { createBroker } from '@petrel/broker';
import { noProperties } from '@petrel/protocol';
import { eventually, startRawServer } from '@petrel/testing';
import { expect, it } from 'vitest';
import { createService } from './create-service.js';
import type { ServiceOptions } from './options.js';

it.each<[ServiceOptions, number]>([
  [{ concurrency: 7 }, 7],
  [{ concurrency: 100_000 }, 65_535],
  [{ concurrency: 7, receiveMaximum: 20 }, 20],
  // The client's own default.
  [{ concurrency: Infinity }, 1_000],
])('with %o it is %d', async (options, receiveMaximum) => {
  const server = await startRawServer();
  const service = createService({ url: server.url, protocolVersion: 5, ...options });
  const peer = await server.accept();
  const { properties } = await peer.receive('connect');
  // 65,535 is the default, and may be left unsaid.
  expect(properties.receiveMaximum ?? 65_535).toBe(receiveMaximum);
  peer.send({ type: 'connack', sessionPresent: false, reasonCode: 0, properties: noProperties });
  const closed = (await service).close();
  await peer.receive('disconnect');
  peer.destroy();
  await closed;
  await server.close();
});

it('one member of a group works on as many as that, and leaves the rest to the others', async () => {
  const broker = await createBroker();
  const open = (options: ServiceOptions = {}) =>
    createService({ stream: () => broker.connect(), ...options });
  const finish: (() => void)[] = [];
  const busy = await open({ group: 'workers', concurrency: 3 });
  const begun: unknown[] = [];
  await busy.on('jobs', (data) => {
    begun.push(data);
    return new Promise<void>((resolve) => finish.push(resolve));
  });
  const telling = await open();
  for (let n = 0; n < 3; n++) await telling.publish('jobs', n);
  await eventually(() => expect(begun).toHaveLength(3));
  const done: unknown[] = [];
  const other = await open({ group: 'workers' });
  await other.on('jobs', (data) => done.push(data));
  for (let n = 3; n < 13; n++) await telling.publish('jobs', n);
  await eventually(() => expect(done).toHaveLength(10));
  expect(begun).toEqual([0, 1, 2]);
  for (const end of finish) end();
  for (const service of [busy, other, telling]) await service.close();
  await broker.destroy();
});
