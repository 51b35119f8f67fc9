import { UsageError } from '@petrel/protocol';
import { describe, expect, test } from 'vitest';
import { type Endpoint, resolveEndpoints } from './endpoint.js';
import { ConnectError } from './errors.js';
import { OptionReader } from './option-reader.js';
import { ServerList } from './server-list.js';
import type { Platform, TransportFactory } from './transport.js';

const factory: TransportFactory = (url) => {
  if (url.pathname === '/bad') throw new UsageError('no such path');
  return () => {
    throw new Error('opens nothing');
  };
};
const schemes = ['mqtt', 'mqtts', 'ws', 'wss', 'mqtt+unix'];
const platform: Platform = {
  transports: Object.fromEntries(schemes.map((scheme) => [scheme, factory])),
  defer: setImmediate,
};

function endpoints(...urls: string[]): readonly Endpoint[] {
  return resolveEndpoints(new OptionReader({ urls }), platform);
}

function refused(reasonCode: number, serverReference?: string): ConnectError {
  return new ConnectError('PETREL_CONNECT_REFUSED', 'refused', { reasonCode, serverReference });
}

/** The names of one round in which every server fails; `refuse` says how. */
function round(servers: ServerList, refuse: (name: string) => ConnectError = () => refused(0x88)): string[] {
  const names: string[] = [];
  servers.beginRound();
  for (let server = servers.take(); server !== undefined; server = servers.take()) {
    names.push(server.name);
    if (names.length > 50) throw new Error('the round does not end');
    servers.failed(server, refuse(server.name));
  }
  return names;
}

describe('a round', () => {
  test('tries every server once, beginning with the one that worked last', () => {
    const servers = new ServerList(endpoints('mqtt://a', 'mqtt://b', 'mqtt://c'), true);
    expect(round(servers)).toEqual(['mqtt://a', 'mqtt://b', 'mqtt://c']);
    servers.beginRound();
    const first = servers.take() as Endpoint;
    servers.failed(first, refused(0x88));
    expect(servers.take()?.name).toBe('mqtt://b');
    expect(round(servers)).toEqual(['mqtt://b', 'mqtt://c', 'mqtt://a']);
  });

  test('goes where 0x9C refers to, this time only (MQTT 5.0 section 4.11)', () => {
    const servers = new ServerList(endpoints('mqtt://a', 'mqtt://b'), true);
    const refuse = (name: string) => (name === 'mqtt://a' ? refused(0x9c, 'x y:1884') : refused(0x88));
    expect(round(servers, refuse)).toEqual(['mqtt://a', 'mqtt://x', 'mqtt://y:1884', 'mqtt://b']);
  });

  test('replaces a server that has moved for ever', () => {
    const servers = new ServerList(endpoints('mqtt://a', 'mqtt://b'), true);
    const refuse = (name: string) => (name === 'mqtt://a' ? refused(0x9d, 'x') : refused(0x88));
    expect(round(servers, refuse)).toEqual(['mqtt://a', 'mqtt://x', 'mqtt://b']);
    expect(round(servers, refuse)).toEqual(['mqtt://x', 'mqtt://b']);
  });

  test.each([0x9c, 0x9d])('ends when servers refer to each other with 0x%x', (code) => {
    const servers = new ServerList(endpoints('mqtt://a'), true);
    const refuse = (name: string) => refused(code, name === 'mqtt://a' ? 'b c d e' : 'a b c d');
    for (let count = 0; count < 20; count++) expect(round(servers, refuse).length).toBeLessThan(50);
  });

  test('goes nowhere where the option forbids it, or the code is another', () => {
    for (const [follows, code] of [
      [false, 0x9c],
      [true, 0x97],
    ] as const) {
      expect(round(new ServerList(endpoints('mqtt://a'), follows), () => refused(code, 'x'))).toEqual([
        'mqtt://a',
      ]);
    }
  });
});

describe('a reference', () => {
  test.each([
    ['mqtt://a:1884', 'b', 'mqtt://b'],
    ['mqtt://a', 'b:99', 'mqtt://b:99'],
    ['mqtt://a', '[fe80::1]:1883', 'mqtt://[fe80::1]:1883'],
    ['mqtts://a', 'b', 'mqtts://b'],
    ['ws://a/mqtt?x=1', 'b', 'ws://b/mqtt?x=1'],
    ['mqtt://a', 'mqtts://b', 'mqtts://b'],
    ['wss://a/mqtt', 'mqtts://b', 'mqtts://b'],
  ])('from %s to %s leads to %s', (from, reference, to) => {
    expect(endpoints(from)[0]?.refer(reference)?.name).toBe(to);
  });

  test('takes the credentials of the program along', () => {
    const target = endpoints('mqtt://anna:open%20sesame@a')[0]?.refer('b');
    expect(target).toMatchObject({ name: 'mqtt://b', userName: 'anna', password: 'open sesame' });
  });

  test.each([
    ['TLS to plain text', 'mqtts://a', 'mqtt://b'],
    ['TLS to plain text by WebSocket', 'wss://a', 'ws://b'],
    ['a socket of this machine to the network', 'mqtt+unix:///run/a', 'b'],
    ['the network to a socket of this machine', 'mqtt://a', 'mqtt+unix:///run/b'],
    ['a scheme that nobody knows', 'mqtt://a', 'quic://b'],
    ['credentials of the server', 'mqtt://a', 'mqtt://user:secret@b'],
    ['no host', 'mqtt://a', 'mqtt://'],
    ['a port that is none', 'mqtt://a', 'b:99999'],
    ['a path in a host', 'mqtt://a', 'b/c'],
    ['what a transport refuses', 'mqtt://a', 'mqtt://b/bad'],
  ])('with %s leads nowhere', (_, from, reference) => {
    expect(endpoints(from)[0]?.refer(reference)).toBeUndefined();
  });

  test('of a stream leads nowhere', () => {
    const [stream] = resolveEndpoints(new OptionReader({ stream: () => ({}) }), platform);
    expect(stream?.refer('b')).toBeUndefined();
  });
});
