import { isTopicName } from '@petrel/protocol';
import { expect, test } from 'vitest';
import { LoadAverages } from './load-averages.js';
import { type Gauges, Metrics } from './metrics.js';
import { sysTopicsOf } from './sys-topics.js';

const gauges: Gauges = {
  sessions: 5,
  subscriptions: 7,
  sharedGroups: 1,
  retainedMessages: 11,
  retainedBytes: 1_100,
  queuedMessages: 13,
  queuedBytes: 1_300,
  storeRefusal: 0,
  connectionsWaiting: 0,
  memoryBytes: 20_000,
  outboundBytes: 0,
  unfinishedBytes: 0,
  eventLoopLagMs: 0,
  shedding: 0,
};

test('a snapshot is a copy that later counting does not change', () => {
  const metrics = new Metrics(1_000);
  metrics.messagesReceived += 2;
  const snapshot = metrics.snapshot(gauges, 62_500);
  metrics.messagesReceived += 1;
  expect(snapshot).toMatchObject({ ...gauges, messagesReceived: 2, messagesSent: 0, uptimeMs: 61_500 });
});

test('remembers the most clients that were connected at a time', () => {
  const metrics = new Metrics(0);
  metrics.clientConnected();
  metrics.clientConnected();
  metrics.clientGone();
  expect(metrics.snapshot(gauges, 0)).toMatchObject({ connections: 1, maximumConnections: 2 });
});

test('every figure has a valid topic below $SYS/broker and a text', () => {
  const metrics = new Metrics(0);
  metrics.clientConnected();
  const figures = { load: [['sockets/1min', 12.3456]], heapBytes: 7, maximumHeapBytes: 8 } as const;
  const topics = sysTopicsOf(metrics.snapshot(gauges, 61_500), figures, '1.2.3');
  expect(topics.every(([topicName]) => isTopicName(topicName) && topicName.startsWith('$SYS/broker/'))).toBe(
    true,
  );
  expect(new Set(topics.map(([topicName]) => topicName)).size).toBe(topics.length);
  const payloads = new Map(topics);
  expect(payloads.get('$SYS/broker/version')).toBe('1.2.3');
  expect(payloads.get('$SYS/broker/uptime')).toBe('61 seconds');
  expect(payloads.get('$SYS/broker/clients/connected')).toBe('1');
  expect(payloads.get('$SYS/broker/clients/disconnected')).toBe('4');
  expect(payloads.get('$SYS/broker/clients/inactive')).toBe('4');
  expect(payloads.get('$SYS/broker/heap/maximum')).toBe('8');
  expect(payloads.get('$SYS/broker/load/sockets/1min')).toBe('12.35');
  expect(payloads.get('$SYS/broker/retained messages/count')).toBe('11');
});

test('load is what there was in a minute, the older the less it counts', () => {
  const metrics = new Metrics(0);
  const load = new LoadAverages();
  const at = (now: number, bytesReceived: number) => {
    metrics.bytesReceived = bytesReceived;
    return new Map(load.observe(metrics.snapshot(gauges, now)));
  };
  // A thousand bytes in each second, for an hour: all windows say so.
  for (let second = 10; second <= 3_600; second += 10) at(second * 1_000, second * 1_000);
  const steady = at(3_610_000, 3_610_000);
  for (const window of ['1min', '5min', '15min'])
    expect(steady.get(`bytes/received/${window}`)).toBeGreaterThan(58_000);
  expect(steady.get('bytes/received/1min')).toBeLessThanOrEqual(60_000.001);
  // Then nothing for a minute: each window has lost its share.
  const later = at(3_670_000, 3_610_000);
  expect(later.get('bytes/received/1min')).toBeCloseTo(60_000 / Math.E, -2);
  expect(later.get('bytes/received/15min')).toBeGreaterThan(54_000);
  // Asked twice at one moment, it says the same.
  expect(at(3_670_000, 3_610_000)).toEqual(later);
});
