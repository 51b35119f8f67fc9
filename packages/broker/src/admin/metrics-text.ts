/** Writes the figures of a broker in the text format of Prometheus, version 0.0.4. Counts nothing. */
import type { MetricsSnapshot } from '../metrics.js';

/** What an HTTP answer with this text has as its Content-Type. */
export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8';

/** Figures of the process, as Prometheus' own clients name them. */
export interface ProcessFigures {
  readonly residentBytes: number;
  readonly heapBytes: number;
  /** User and system time. */
  readonly cpuSeconds: number;
}

type Kind = 'counter' | 'gauge';

/** One figure: its name without the prefix, its kind, what it is, its value. */
type Row = readonly [name: string, kind: Kind, help: string, value: (from: MetricsSnapshot) => number];

const rows: readonly Row[] = [
  ['uptime_seconds', 'gauge', 'Time since the broker was opened.', ({ uptimeMs }) => uptimeMs / 1000],
  ['received_bytes_total', 'counter', 'Bytes from clients.', (of) => of.bytesReceived],
  ['sent_bytes_total', 'counter', 'Bytes to clients.', (of) => of.bytesSent],
  ['received_packets_total', 'counter', 'Packets from clients.', (of) => of.packetsReceived],
  ['sent_packets_total', 'counter', 'Packets to clients.', (of) => of.packetsSent],
  [
    'received_messages_total',
    'counter',
    'PUBLISH packets from clients, repeated ones of QoS 2 not counted.',
    (of) => of.messagesReceived,
  ],
  ['sent_messages_total', 'counter', 'PUBLISH packets to clients.', (of) => of.messagesSent],
  [
    'dropped_messages_total',
    'counter',
    'Copies that no bound, expiry, policy or absent receiver let through.',
    (of) => of.messagesDropped,
  ],
  [
    'overflowed_messages_total',
    'counter',
    'Copies, among the dropped ones, that the bound of a queue did not let through.',
    (of) => of.messagesOverflowed,
  ],
  [
    'refused_messages_total',
    'counter',
    'Messages of clients that a hook or a rule refused.',
    (of) => of.messagesRefused,
  ],
  [
    'shed_messages_total',
    'counter',
    'QoS 0 messages of clients that were not looked at, since the broker had fallen behind.',
    (of) => of.messagesShed,
  ],
  [
    'turned_away_connections_total',
    'counter',
    'Connections that were closed unread, since there were too many.',
    (of) => of.connectionsTurnedAway,
  ],
  ['accepted_connections_total', 'counter', 'Clients that got in.', (of) => of.connectionsAccepted],
  [
    'refused_connections_total',
    'counter',
    'Connections that ended before a CONNECT was accepted.',
    (of) => of.connectionsRefused,
  ],
  ['lost_connections_total', 'counter', 'Clients that went without DISCONNECT.', (of) => of.connectionsLost],
  ['ended_connections_total', 'counter', 'Clients that the broker sent away.', (of) => of.connectionsEnded],
  [
    'taken_over_sessions_total',
    'counter',
    'Sessions that a new connection took over.',
    (of) => of.sessionsTakenOver,
  ],
  ['connections', 'gauge', 'Connected clients.', (of) => of.connections],
  ['sessions', 'gauge', 'Sessions, connected or not.', (of) => of.sessions],
  ['subscriptions', 'gauge', 'Subscriptions of all sessions.', (of) => of.subscriptions],
  ['shared_groups', 'gauge', 'Groups of Shared Subscriptions.', (of) => of.sharedGroups],
  ['retained_messages', 'gauge', 'Retained messages.', (of) => of.retainedMessages],
  ['retained_bytes', 'gauge', 'What the retained messages cost.', (of) => of.retainedBytes],
  ['queued_messages', 'gauge', 'QoS 1 and 2 messages that wait in sessions.', (of) => of.queuedMessages],
  ['queued_bytes', 'gauge', 'What these messages cost.', (of) => of.queuedBytes],
  ['waiting_connections', 'gauge', 'Connections that wait to be let in.', (of) => of.connectionsWaiting],
  ['memory_bytes', 'gauge', 'What clients make the broker keep in memory.', (of) => of.memoryBytes],
  ['outbound_bytes', 'gauge', 'Bytes that sockets have not taken.', (of) => of.outboundBytes],
  [
    'unfinished_bytes',
    'gauge',
    'Bytes of packets that have not come to their end.',
    (of) => of.unfinishedBytes,
  ],
  [
    'event_loop_lag_seconds',
    'gauge',
    'How late the event loop was at the last look.',
    (of) => of.eventLoopLagMs / 1000,
  ],
  [
    'shedding',
    'gauge',
    '1 while QoS 0 messages are shed, since the broker has fallen behind.',
    (of) => of.shedding,
  ],
  [
    'store_refusal',
    'gauge',
    'Reason Code with which the store refuses what it would have to own; 0 while it takes everything.',
    (of) => of.storeRefusal,
  ],
];

/** The figures as Prometheus reads them. */
export function metricsText(
  snapshot: MetricsSnapshot,
  { residentBytes, heapBytes, cpuSeconds }: ProcessFigures,
): string {
  const broker = rows.map(([name, kind, help, value]) =>
    family(`petrel_broker_${name}`, kind, help, value(snapshot)),
  );
  return [
    ...broker,
    family('process_resident_memory_bytes', 'gauge', 'Resident memory of the process.', residentBytes),
    family('process_cpu_seconds_total', 'counter', 'User and system time of the process.', cpuSeconds),
    family('nodejs_heap_size_used_bytes', 'gauge', 'Heap that V8 uses.', heapBytes),
  ].join('');
}

function family(name: string, kind: Kind, help: string, value: number): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${name} ${value}\n`;
}
