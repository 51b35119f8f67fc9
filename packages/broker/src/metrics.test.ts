import { isTopicName } from '@petrel/protocol';
import { expect, test } from 'vitest';
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
  const topics = sysTopicsOf(metrics.snapshot(gauges, 61_500), '1.2.3');
  expect(topics.every(([topicName]) => isTopicName(topicName) && topicName.startsWith('$SYS/broker/'))).toBe(
    true,
  );
  expect(new Set(topics.map(([topicName]) => topicName)).size).toBe(topics.length);
  const payloads = new Map(topics);
  expect(payloads.get('$SYS/broker/version')).toBe('1.2.3');
  expect(payloads.get('$SYS/broker/uptime')).toBe('61 seconds');
  expect(payloads.get('$SYS/broker/clients/connected')).toBe('1');
  expect(payloads.get('$SYS/broker/clients/disconnected')).toBe('4');
  expect(payloads.get('$SYS/broker/retained messages/count')).toBe('11');
});
