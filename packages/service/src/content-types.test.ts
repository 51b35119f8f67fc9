/** MessagePack and CBOR where the Content Type says so, by the libraries that users would take. */
import { decode, encode } from '@msgpack/msgpack';
import { eventually } from '@petrel/testing';
import { describe, expect, it, vi } from 'vitest';
import { cbor } from './cbor.js';
import type { PayloadCodec } from './content-types.js';
import { FakeNetwork } from './fake-network.suite.js';
import { Outbound } from './handler.js';
import { messagePack } from './message-pack.js';
import type { ServiceSettings } from './options.js';
import { Service } from './service.js';

const codecs = [messagePack, cbor];
const data = { room: 'hall', samples: [21.5, 22], raw: Uint8Array.of(0, 1, 255), missing: null };

function service(network: FakeNetwork, settings: ServiceSettings = {}, protocolVersion: 4 | 5 = 5): Service {
  return new Service(network.link({ protocolVersion }), { codecs, ...settings });
}

describe.each(codecs)('$contentType', (codec: PayloadCodec) => {
  const { contentType } = codec;

  it('carries events, requests, answers and streams, with bytes inside data', async () => {
    const network = new FakeNetwork();
    const server = service(network, { contentType });
    const asking = service(network, { contentType });
    const seen: unknown[] = [];
    await server.on('events', (received) => seen.push(received));
    await server.respond('echo', (received) => received);
    await server.respond('twice', async function* (received) {
      yield received;
      yield { last: received };
    });
    await asking.publish('events', data);
    await eventually(() => expect(seen).toEqual([data]));
    expect(await asking.request('echo', data)).toEqual(data);
    const items: unknown[] = [];
    for await (const item of asking.requestStream('twice', 1)) items.push(item);
    expect(items).toEqual([1, { last: 1 }]);
    const types = network.published
      .filter(({ payload }) => payload.length > 0)
      .map(({ properties }) => properties.contentType);
    expect(new Set(types)).toEqual(new Set([contentType]));
  });

  it('is read whatever a service writes itself, and written where one message asks for it', async () => {
    const network = new FakeNetwork();
    const [server, asking] = [service(network), service(network)];
    const types: unknown[] = [];
    await server.respond('echo', (received, { message }) => {
      types.push(message.properties.contentType);
      return new Outbound(received, { properties: { contentType } });
    });
    expect(await asking.request('echo', data, { properties: { contentType } })).toEqual(data);
    expect(await asking.request('echo', 'plain')).toEqual('plain');
    expect(types).toEqual([contentType, 'text/plain']);
  });

  it('that breaks its promise is reported, and the request is answered with that', async () => {
    const network = new FakeNetwork();
    const errors: unknown[] = [];
    const server = service(network, { onError: (error) => errors.push(error) });
    const [asking, handler] = [service(network), vi.fn()];
    await server.on('events', handler);
    await server.respond('echo', handler);
    const broken = Uint8Array.of(0xc1, 0xff);
    const invalid = { code: 'PETREL_PAYLOAD_INVALID', message: expect.stringContaining(contentType) };
    await asking.publish('events', broken, { properties: { contentType } });
    await eventually(() => expect(errors).toMatchObject([invalid]));
    const asked = asking.request('echo', broken, { properties: { contentType } });
    await expect(asked).rejects.toMatchObject({ remoteCode: 'PETREL_PAYLOAD_INVALID' });
    expect(handler).not.toHaveBeenCalled();
  });
});

it('text and bytes stay what they are, and no data stays no payload', async () => {
  const network = new FakeNetwork();
  const one = service(network, { contentType: messagePack.contentType });
  await one.publish('bytes', Uint8Array.of(1, 2));
  await one.publish('nothing', undefined, { retain: true });
  expect(network.published.map(({ payload }) => [...payload])).toEqual([[1, 2], []]);
  await one.publish('text', 'hello');
  expect(decode(network.published[2]?.payload as Uint8Array)).toBe('hello');
});

it('errors are JSON, which everybody reads', async () => {
  const network = new FakeNetwork();
  const contentType = cbor.contentType;
  const [server, asking] = [service(network, { contentType }), service(network, { contentType })];
  await server.respond('fails', () => {
    throw Object.assign(new Error('no such room'), { code: 'NO_ROOM' });
  });
  await expect(asking.request('fails')).rejects.toMatchObject({ remoteCode: 'NO_ROOM' });
  expect(network.published.at(-1)?.properties.contentType).toBe('application/json');
});

it('on MQTT 3.1.1, which has no Content Type, and in the envelope of NestJS, data is JSON', async () => {
  const network = new FakeNetwork();
  const settings = { contentType: messagePack.contentType };
  const server = service(network, settings, 4);
  await server.respond('echo', (received) => received);
  expect(await service(network, settings, 4).request('echo', { n: 1 })).toEqual({ n: 1 });
  const asking = service(network, { ...settings, envelope: 'nest' });
  expect(await asking.request('echo', { n: 2 }, { properties: settings })).toEqual({ n: 2 });
  await asking.publish('told', { n: 3 }, { properties: settings });
  expect(network.published.every(({ payload }) => payload[0] === '{'.charCodeAt(0))).toBe(true);
});

it('whoever has no codec gets the bytes', async () => {
  const network = new FakeNetwork();
  const seen: unknown[] = [];
  await new Service(network.link()).on('events', (received) => seen.push(received));
  await service(network, { contentType: messagePack.contentType }).publish('events', { n: 1 });
  await eventually(() => expect(seen).toEqual([new Uint8Array(encode({ n: 1 }))]));
});

it('data that a codec cannot say fails the call', async () => {
  const one = service(new FakeNetwork(), { contentType: messagePack.contentType });
  await expect(one.publish('events', { sign: Symbol('x') })).rejects.toMatchObject({
    code: 'PETREL_PAYLOAD_INVALID',
    message: expect.stringContaining('application/msgpack'),
  });
});

it.each([
  [{ codecs: [{ contentType: 'application/x' }] }, /option "codecs" must hold objects with "encode"/],
  [{ codecs: [{ ...cbor, contentType: 'CBOR' }] }, /in lower case without parameters, got .*"CBOR"/],
  [
    { codecs, contentType: 'application/xml' },
    /option "contentType" must be that of one of .* got "application\/xml"/,
  ],
])('refuses %j and says why', (settings, message) => {
  expect(() => new Service(new FakeNetwork().link(), settings as never)).toThrow(message);
});
