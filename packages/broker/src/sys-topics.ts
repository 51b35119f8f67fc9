/** The broker's figures as messages under `$SYS/broker/`, by the names that monitoring tools of other brokers know. */
import type { MetricsSnapshot } from './metrics.js';

/** One topic and its payload, decimal text. */
export type SysTopic = readonly [topicName: string, payload: string];

/** What to publish for a snapshot. */
export function sysTopicsOf(snapshot: MetricsSnapshot, version: string): readonly SysTopic[] {
  const uptime = Math.floor(snapshot.uptimeMs / 1000);
  const figures: readonly (readonly [name: string, value: number | string])[] = [
    ['version', version],
    ['uptime', `${uptime} seconds`],
    ['bytes/received', snapshot.bytesReceived],
    ['bytes/sent', snapshot.bytesSent],
    ['clients/connected', snapshot.connections],
    ['clients/disconnected', snapshot.sessions - snapshot.connections],
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
    ['store/messages/bytes', snapshot.queuedBytes],
    ['subscriptions/count', snapshot.subscriptions],
    ['shared_subscriptions/count', snapshot.sharedGroups],
  ];
  return figures.map(([name, value]) => [`$SYS/broker/${name}`, String(value)]);
}
