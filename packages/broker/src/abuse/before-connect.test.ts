/** Peers that have not shown yet who they are. */
import { connectPacket } from '@petrel/testing';
import { describe, expect, test } from 'vitest';
import { open } from '../broker-fixture.suite.js';
import { field, openAttackedBroker, packetOf } from './attacked-broker.suite.js';

describe('1 huge partial CONNECT before authentication (CVE-2026-58210, CVE-2017-7651)', () => {
  test('a CONNECT that announces more than a stranger may send is refused by its length alone', async () => {
    const { broker, assertServes } = await openAttackedBroker();
    // 65,537 bytes behind a fixed header of 4; the largest length of all.
    for (const length of [
      [0x81, 0x80, 0x04],
      [0xff, 0xff, 0xff, 0x7f],
    ]) {
      const peer = open(broker);
      peer.send([0x10, ...length]);
      expect(await peer.closed()).toEqual([]);
    }
    expect(broker.metrics().connections).toBe(1);
    await assertServes();
  });

  test('what a length announces is not allocated before it comes', async () => {
    const { broker, clock, assertServes } = await openAttackedBroker();
    const before = process.memoryUsage().arrayBuffers;
    const peers = Array.from({ length: 2_000 }, () => open(broker));
    // Remaining Length 65,000: allowed, and 130 MB if it were believed.
    for (const peer of peers) peer.send([0x10, 0xe8, 0xfb, 0x03], [...field('MQTT'), 5]);
    await assertServes();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
    clock.advance(10_000);
    await Promise.all(peers.map((peer) => peer.closed()));
    await assertServes();
  });
});

describe('2 first packet not CONNECT (CVE-2023-0809)', () => {
  test('every other first byte closes the connection without an answer [MQTT-3.1.0-1]', async () => {
    const { broker, assertServes } = await openAttackedBroker();
    for (let firstByte = 0; firstByte < 256; firstByte++) {
      if (firstByte >> 4 === 1) continue;
      const peer = open(broker);
      peer.send([firstByte]);
      expect(await peer.closed()).toEqual([]);
    }
    await assertServes();
  });

  test('a complete PUBLISH goes nowhere', async () => {
    const { broker, bystander, assertServes } = await openAttackedBroker();
    const peer = open(broker);
    peer.send(packetOf(0x30, field('bystander/x'), [0]), connectPacket());
    expect(await peer.closed()).toEqual([]);
    await bystander.expectNothing();
    await assertServes();
  });

  test('flags that CONNECT does not have close the connection', async () => {
    const { broker, assertServes } = await openAttackedBroker();
    for (let firstByte = 0x11; firstByte < 0x20; firstByte++) {
      const peer = open(broker);
      peer.send(packetOf(firstByte, field('MQTT'), [5, 2, 0, 0, 0], field('x')));
      expect((await peer.closed()).every(({ type }) => type === 'connack')).toBe(true);
    }
    expect(broker.metrics().connections).toBe(1);
    await assertServes();
  });
});

describe('3 Remaining Length overflow (CVE-2025-66168, CVE-2026-40046)', () => {
  const lengths = [
    [0xff, 0xff, 0xff, 0xff, 0x7f],
    [0x80, 0x80, 0x80, 0x80, 0x01],
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  ];

  test.each(lengths)('of a stranger', async (...length) => {
    const { broker, assertServes } = await openAttackedBroker();
    const peer = open(broker);
    peer.send([0x10, ...length, ...Array(100).fill(0)]);
    expect(await peer.closed()).toEqual([]);
    await assertServes();
  });

  test.each(lengths)('of a client [MQTT-4.13.1-1]', async (...length) => {
    const { broker, assertServes } = await openAttackedBroker();
    const peer = open(broker);
    await peer.connect();
    peer.send([0x30, ...length, ...Array(100).fill(0)]);
    expect(await peer.closed()).toMatchObject([{ type: 'disconnect', reasonCode: 0x81 }]);
    await assertServes();
  });

  test('a length of more bytes than it needs [MQTT-1.5.5-1]', async () => {
    const { broker, assertServes } = await openAttackedBroker();
    const peer = open(broker);
    await peer.connect();
    peer.send([0xc0, 0x80, 0x00]);
    expect(await peer.closed()).toMatchObject([{ type: 'disconnect', reasonCode: 0x81 }]);
    await assertServes();
  });
});

describe('4 slow connect, maximum keep alive (CVE-2020-13849)', () => {
  test('bytes that trickle in do not extend the time for CONNECT', async () => {
    const { broker, clock, assertServes } = await openAttackedBroker({
      limits: { connectTimeoutMs: 10_000 },
    });
    const peer = open(broker);
    const bytes = [...packetOf(0x10, field('MQTT'), [5, 2, 0, 0, 0], field('slow'))];
    for (const byte of bytes.slice(0, 9)) {
      peer.send([byte]);
      await assertServes();
      clock.advance(1_000);
    }
    expect(peer.isClosed).toBe(false);
    clock.advance(1_000);
    await peer.closed();
    await assertServes();
  });

  test('a client cannot keep a connection for ever by a keep alive of none or of 18 hours [MQTT-3.1.2-22]', async () => {
    const { broker, clock, assertServes } = await openAttackedBroker({ limits: { maximumKeepAlive: 60 } });
    for (const keepAlive of [0, 65_535]) {
      const peer = open(broker);
      expect(await peer.connect({ keepAlive })).toMatchObject({ properties: { serverKeepAlive: 60 } });
      clock.advance(80_000);
      await assertServes();
      expect(peer.isClosed).toBe(false);
      clock.advance(10_000);
      expect(await peer.closed()).toMatchObject([{ type: 'disconnect', reasonCode: 0x8d }]);
      await assertServes();
    }
  });
});
