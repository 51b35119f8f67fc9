/** Bytes of a hostile server that are no packet, or none that a client takes. */
import { describe, expect, test } from 'vitest';
import { publish, ScriptedServer, settled } from '../scripted-server.suite.js';
import { field, openAttackedClient, packetOf } from './attacked-client.suite.js';

describe('1 huge partial packet (CVE-2026-58210, CVE-2017-7651)', () => {
  test('what a length announces is not allocated before it comes', async () => {
    const { peer, client, assertServes } = await openAttackedClient();
    const before = process.memoryUsage().arrayBuffers;
    peer.send([0x30, 0xff, 0xff, 0xff, 0x7f], [0, 1, 0x61]);
    await settled();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
    expect(client.status).toBe('connected');
    peer.destroy();
    await settled();
    await assertServes();
  });

  test('a packet above Maximum Packet Size is refused by its length alone, the fixed header counts [MQTT-3.1.2-24]', async () => {
    const fits = await openAttackedClient({ maximumPacketSize: 100 });
    fits.peer.send(packetOf(0x30, field('a'), [0], Array(94).fill(0)));
    await settled();
    expect(fits.client.status).toBe('connected');
    await fits.assertServes();

    const { peer, assertRefuses, assertServes } = await openAttackedClient({ maximumPacketSize: 100 });
    peer.send([0x30, 99]);
    await assertRefuses(0x95);
    await assertServes();
  });
});

describe('2 first packet not CONNACK (CVE-2023-0809)', () => {
  test('every other first byte ends the attempt, and the next one succeeds [MQTT-3.2.0-1]', async () => {
    const server = new ScriptedServer();
    const client = server.client({ protocolVersion: 5 });
    client.on('error', () => {});
    for (let firstByte = 0; firstByte < 256; firstByte += 5) {
      if (firstByte >> 4 === 2) continue;
      const peer = await server.accept();
      await peer.receive('connect');
      peer.send([firstByte, 0]);
      // PUBLISH without content and DISCONNECT are told apart by the decoder; none of them may connect the client.
      peer.end();
      await peer.closed();
      await settled();
      server.clock.advance(60_000);
    }
    expect(client.status).not.toBe('connected');
    await server.handshake();
    await client.connected();
    client.destroy();
    expect(server.clock.pending).toBe(0);
  });
});

describe('3 Remaining Length overflow (CVE-2025-66168, CVE-2026-40046)', () => {
  test.each([
    [[0xff, 0xff, 0xff, 0xff, 0x7f]],
    [[0x80, 0x80, 0x80, 0x80, 0x01]],
    [[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    [[0x80, 0x00]],
  ])('%j: DISCONNECT 0x81 [MQTT-1.5.5-1]', async (length) => {
    const { peer, assertRefuses, assertServes } = await openAttackedClient();
    peer.send([0x30, ...length, ...Array(100).fill(0)]);
    await assertRefuses(0x81);
    await assertServes();
  });
});

describe('4 slow connect (CVE-2020-13849)', () => {
  test('bytes that trickle in do not extend the time for CONNACK', async () => {
    const server = new ScriptedServer();
    const client = server.client({ protocolVersion: 5, connectTimeoutMs: 5_000 });
    client.on('error', () => {});
    const slow = await server.accept();
    await slow.receive('connect');
    for (const byte of [0x20, 0x03, 0x00, 0x00]) {
      slow.send([byte]);
      await settled();
      server.clock.advance(1_000);
    }
    expect(slow.isClosed).toBe(false);
    server.clock.advance(1_000);
    await slow.closed();
    await settled();
    server.clock.advance(60_000);
    await server.handshake();
    await client.connected();
    client.destroy();
    expect(server.clock.pending).toBe(0);
  });

  test('a server that takes PINGREQ and answers with nothing is given up', async () => {
    const { server, peer, assertRefuses, assertServes } = await openAttackedClient({
      keepAlive: 10,
      pingTimeoutMs: 5_000,
    });
    for (let second = 0; second < 20 && !peer.isClosed; second++) {
      server.clock.advance(1_000);
      await settled();
    }
    await assertRefuses();
    await assertServes();
  });
});

describe('24 User Property flood (CVE-2021-41039)', () => {
  test('ten thousand of them are one message, and gone with it', async () => {
    const { peer, assertServes } = await openAttackedClient();
    const userProperties = Array.from({ length: 10_000 }, (_, index): [string, string] => [`${index}`, 'x']);
    peer.send(publish({ topicName: 'wanted', properties: { userProperties } }));
    await settled();
    await assertServes();
  });
});

describe('29 invalid UTF-8 (CVE-2017-7653)', () => {
  test.each([[[0xff]], [[0xc0, 0x80]], [[0xed, 0xa0, 0x80]], [[0x61, 0x00]], [[0xf4, 0x90, 0x80, 0x80]]])(
    'in a Topic Name, %j: DISCONNECT 0x81 [MQTT-1.5.4-1] [MQTT-1.5.4-2]',
    async (bytes) => {
      const { peer, assertRefuses, assertServes } = await openAttackedClient();
      peer.send(packetOf(0x30, field(bytes), [0]));
      await assertRefuses(0x81);
      await assertServes();
    },
  );

  test('in a property', async () => {
    const { peer, assertRefuses, assertServes } = await openAttackedClient();
    peer.send(packetOf(0x30, field('a'), [4], [0x03, 0, 1, 0xff]));
    await assertRefuses(0x81);
    await assertServes();
  });
});
