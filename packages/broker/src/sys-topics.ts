/** The broker's figures as messages under `$SYS/broker/`, by the names that monitoring tools of other brokers know. */
import type { MetricsSnapshot } from './metrics.js';

/** One topic and its payload, decimal text. */
export type SysTopic = readonly [topicName: string, payload: string];

/** What only those know who look again and again. */
export interface SysFigures {
  /** As LoadAverages gives them. */
  readonly load: readonly (readonly [name: string, perMinute: number])[];
  /** Of the process that the broker is in. */
  readonly heapBytes: number;
  readonly maximumHeapBytes: number;
}

/** What to publish for a snapshot. */
export function sysTopicsOf(
  snapshot: MetricsSnapshot,
  { load, heapBytes, maximumHeapBytes }: SysFigures,
  version: string,
): readonly SysTopic[] {
  const uptime = Math.floor(snapshot.uptimeMs / 1000);
  const figures: readonly (readonly [name: string, value: number | string])[] = [
    ['version', version],
    ['uptime', `${uptime} seconds`],
    ['bytes/received', snapshot.bytesReceived],
    ['bytes/sent', snapshot.bytesSent],
    // Each by its older name as well: many a dashboard knows no other.
    ['clients/connected', snapshot.connections],
    ['clients/active', snapshot.connections],
    ['clients/disconnected', snapshot.sessions - snapshot.connections],
    ['clients/inactive', snapshot.sessions - snapshot.connections],
    ['clients/maximum', snapshot.maximumConnections],
    ['clients/total', snapshot.sessions],
    ['messages/received', snapshot.packetsReceived],
    ['messages/sent', snapshot.packetsSent],
    ['publish/messages/received', snapshot.messagesReceived],
    ['publish/messages/sent', snapshot.messagesSent],
    ['publish/messages/dropped', snapshot.messagesDropped],
    ['retained messages/count', snapshot.retainedMessages],
    ['retained messages/bytes', snapshot.retainedBytes],
    ['store/messages/count', snapshot.queuedMessages],
    ['messages/stored', snapshot.queuedMessages],
    ['store/messages/bytes', snapshot.queuedBytes],
    ['subscriptions/count', snapshot.subscriptions],
    ['shared_subscriptions/count', snapshot.sharedGroups],
    ['heap/current', heapBytes],
    ['heap/maximum', maximumHeapBytes],
    ...load.map(([name, perMinute]) => [`load/${name}`, perMinute.toFixed(2)] as const),
  ];
  return figures.map(([name, value]) => [`$SYS/broker/${name}`, String(value)]);
}
