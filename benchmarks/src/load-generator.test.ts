/** The generator against a broker that does its work, and against one that lies: what it must find, it finds. */
import { type Broker, createBroker, type ListenerOptions } from '@petrel/broker';
import { describePeer, findCCompiler, serverCertificate } from '@petrel/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  buildLoadGenerator,
  type Load,
  type LoadGenerator,
  type LoadResult,
  loadArguments,
  runLoad,
  type Transport,
} from './load-generator.js';
import { type LyingBroker, startLyingBroker, type Treatment } from './lying-broker.suite.js';

// However slow the machine is, so many messages are enough to meet every lie below.
const brief: Load = { warmUp: 0.05, seconds: 0.1, atLeast: 100, payload: 64, spin: 0, patience: 30 };
const pairs: Load = { ...brief, topology: 'pairs', publishers: 3, subscribers: 3, outstanding: 10 };
const onePair: Load = { ...pairs, publishers: 1, subscribers: 1 };

test('every setting is an option of the generator', () => {
  expect(loadArguments({ warmUp: 0.5, qos: 1, topology: 'fan' }, { port: 1883, pid: 7 })).toEqual([
    ...['--port', '1883', '--broker-pid', '7', '--warm-up', '0.5', '--qos', '1', '--topology', 'fan'],
  ]);
});

const compiler =
  process.platform === 'linux'
    ? findCCompiler()
    : { name: 'Linux', path: undefined, hint: 'the load generator is made of epoll' };

describePeer(compiler, 'the load generator', () => {
  let generator: LoadGenerator;
  beforeAll(() => {
    generator = buildLoadGenerator();
  }, 60_000);

  describe('against a broker', () => {
    let broker: Broker;
    const ports = new Map<Transport, number>();
    beforeAll(async () => {
      const place = { port: 0, host: '127.0.0.1' };
      const listeners: ListenerOptions[] = [
        { type: 'tcp', ...place },
        { type: 'websocket', ...place },
        { type: 'tls', ...place, ...serverCertificate },
      ];
      broker = await createBroker({ listeners, sysTopicsIntervalMs: 0 });
      for (const { url } of broker.addresses) {
        const { protocol, port } = new URL(url);
        const transport = protocol === 'ws:' ? 'websocket' : protocol === 'mqtts:' ? 'tls' : 'tcp';
        ports.set(transport, Number(port));
      }
    });
    afterAll(() => broker.close());

    const run = (load: Load) => runLoad(generator, load, { port: ports.get(load.transport ?? 'tcp') ?? 0 });
    const expectFlawless = (result: LoadResult) => {
      expect(result).toMatchObject({ lost: 0, duplicates: 0, reordered: 0 });
      expect(result.delivered).toBeGreaterThan(0);
    };

    test.each([
      [0, 4],
      [1, 4],
      [2, 4],
      [0, 5],
      [1, 5],
      [2, 5],
    ] as const)('pairs, QoS %i, Protocol Version %i', async (qos, version) => {
      const result = await run({ ...pairs, qos, version });
      expectFlawless(result);
      const { p50 = 0, p99 = 0, p999 = 0, maximum = 0 } = result.latencyNs ?? {};
      expect([p50, p99, p999, maximum]).toEqual([p50, p99, p999, maximum].sort((a, b) => a - b));
      expect(p50).toBeGreaterThan(0);
    });

    test('what it counts is what the broker has delivered', async () => {
      const before = broker.metrics().messagesSent;
      const { delivered } = await run({ ...pairs, warmUp: 0, qos: 1 });
      const sent = broker.metrics().messagesSent - before;
      // Those behind the end of the measurement are received, but not counted: at most what was outstanding.
      expect(sent).toBeGreaterThanOrEqual(delivered);
      expect(sent).toBeLessThanOrEqual(delivered + 3 * 10);
    });

    const shared: Load = { ...pairs, topology: 'shared', version: 5, subscribers: 2 };
    const steady: Load = { ...pairs, rate: 2000 };
    test.each<[string, Load]>([
      ['properties', { ...pairs, version: 5, qos: 1, properties: 1 }],
      ['persistent sessions', { ...pairs, qos: 1, persistent: 1 }],
      ['fan-in', { ...pairs, topology: 'fan', publishers: 5, subscribers: 1, qos: 1 }],
      ['fan-out', { ...pairs, topology: 'fan', publishers: 1, subscribers: 5, qos: 1 }],
      ['shared subscriptions', { ...shared, qos: 1 }],
      ['an open loop', { ...steady, qos: 1 }],
      ['a frozen subscriber', { ...steady, topology: 'fan', publishers: 1, frozen: 1, flood: 1 }],
      ['many filters', { ...pairs, topics: 250, filters: 'mixed' }],
      ['many topics and one filter', { ...pairs, topics: 250, filters: 'one' }],
      ['many levels', { ...pairs, depth: 40 }],
      ['large payloads', { ...pairs, payload: 300_000, outstanding: 2 }],
      ['idle connections', { ...brief, mode: 'idle', subscribers: 150, publishers: 0 }],
      ['retained messages', { ...brief, mode: 'retained', messages: 200 }],
      ['WebSocket', { ...pairs, transport: 'websocket', qos: 1 }],
      [
        'large payloads over WebSocket',
        { ...pairs, transport: 'websocket', payload: 70_000, outstanding: 2 },
      ],
    ])('%s', async (_, load) => {
      expectFlawless(await run(load));
    });

    test('TLS, or a sentence about OpenSSL', async () => {
      const result = run({ ...pairs, transport: 'tls', qos: 1 });
      if (generator.hasTls) expectFlawless(await result);
      else await expect(result).rejects.toThrow('compiled without OpenSSL');
    });

    test('a broker that refuses is named with its reason', async () => {
      const strict = await createBroker({
        listeners: [{ type: 'tcp', port: 0 }],
        hooks: { authorizeSubscribe: () => false },
      });
      const port = Number(new URL(strict.addresses[0]?.url ?? '').port);
      await expect(runLoad(generator, pairs, { port })).rejects.toThrow(/subscriber \d is refused with 0x80/);
      await strict.close();
    });

    test('an option that is out of its range is named with its rule', async () => {
      await expect(run({ ...pairs, payload: 15 })).rejects.toThrow(
        'option "--payload" must be an integer 16-67108864, got 15',
      );
    });
  });

  describe('against a broker that lies', () => {
    let broker: LyingBroker | undefined;
    afterEach(() => broker?.close());

    const run = async (
      treat: Treatment,
      load: Load = onePair,
      acknowledge?: (identifier: number) => number,
    ) => {
      broker = await startLyingBroker(treat, acknowledge);
      return runLoad(generator, load, { port: broker.port });
    };

    test('honest, it is found honest', async () => {
      const { delivered, ...result } = await run((publish) => [publish], { ...onePair, qos: 1 });
      expect(result).toMatchObject({ lost: 0, duplicates: 0, reordered: 0 });
      expect(delivered).toBeGreaterThan(0);
    });

    test('a lost message is found', async () => {
      await expect(run((publish, number) => (number === 20 ? [] : [publish]))).rejects.toThrow(
        '1 lost, 0 repeated, 0 reordered: subscriber 0 did not get message 20 of publisher 0 before the one after it',
      );
    });

    test('the loss of all is found when nothing arrives any more', async () => {
      const silent: Treatment = (publish, number) => (number >= 20 ? [] : [publish]);
      await expect(run(silent, { ...onePair, patience: 2 })).rejects.toThrow('10 lost, 0 repeated');
    });

    test('a repeated message is found', async () => {
      await expect(
        run((publish, number) => (number === 20 ? [publish, publish] : [publish])),
      ).rejects.toThrow('0 lost, 1 repeated, 0 reordered: subscriber 0 got message 20 of publisher 0 twice');
    });

    test('two messages in the wrong order are found', async () => {
      let kept: Uint8Array[] = [];
      const swap: Treatment = (publish, number) => {
        if (number !== 20) return [publish, ...kept.splice(0)];
        kept = [publish];
        return [];
      };
      await expect(run(swap)).rejects.toThrow('0 lost, 0 repeated, 1 reordered');
    });

    test('a message that the group gets twice is found', async () => {
      const load: Load = { ...onePair, topology: 'shared' };
      await expect(
        run((publish, number) => (number === 20 ? [publish, publish] : [publish]), load),
      ).rejects.toThrow('0 lost, 1 repeated, 0 reordered');
    });

    test('a payload that was changed is found', async () => {
      const change: Treatment = (publish, number) => {
        if (number === 20) publish[publish.length - 1] = 0;
        return [publish];
      };
      await expect(run(change)).rejects.toThrow('subscriber 0 got a payload that was changed');
    });

    test('an acknowledgement of something else is found', async () => {
      const load: Load = { ...onePair, qos: 1 };
      await expect(
        run(
          (publish) => [publish],
          load,
          (identifier) => identifier + 1000,
        ),
      ).rejects.toThrow(/publisher 0 got an acknowledgement of Packet Identifier \d+, which awaits none/);
    });

    test('a message for nobody is found', async () => {
      const forge: Treatment = (publish, number) => {
        // The stamp begins with the publisher, its least significant byte first.
        if (number === 20) publish[publish.length - 64] = 9;
        return [publish];
      };
      await expect(run(forge)).rejects.toThrow(
        'subscriber 0 got a message of publisher 9, which is not for it',
      );
    });
  });
});
