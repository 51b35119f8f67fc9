/** Moving averages of what the broker counts, as `$SYS/broker/load/` tells them. Knows no timer; the time comes with each look. */
import type { MetricsSnapshot } from './metrics.js';

const minuteMs = 60_000;
const windows = [
  ['1min', minuteMs],
  ['5min', 5 * minuteMs],
  ['15min', 15 * minuteMs],
] as const;

/** What is averaged, by the names of Mosquitto. */
const counters: readonly (readonly [name: string, read: (snapshot: MetricsSnapshot) => number])[] = [
  ['messages/received', ({ packetsReceived }) => packetsReceived],
  ['messages/sent', ({ packetsSent }) => packetsSent],
  ['publish/received', ({ messagesReceived }) => messagesReceived],
  ['publish/sent', ({ messagesSent }) => messagesSent],
  ['publish/dropped', ({ messagesDropped }) => messagesDropped],
  ['bytes/received', ({ bytesReceived }) => bytesReceived],
  ['bytes/sent', ({ bytesSent }) => bytesSent],
  [
    'sockets',
    ({ connectionsAccepted, connectionsRefused, connectionsTurnedAway }) =>
      connectionsAccepted + connectionsRefused + connectionsTurnedAway,
  ],
  ['connections', ({ connectionsAccepted }) => connectionsAccepted],
];

interface Average {
  readonly name: string;
  readonly windowMs: number;
  readonly read: (snapshot: MetricsSnapshot) => number;
  seen: number;
  perMinute: number;
}

/** One per broker. */
export class LoadAverages {
  readonly #averages: readonly Average[] = counters.flatMap(([name, read]) =>
    windows.map(([window, windowMs]) => ({
      name: `${name}/${window}`,
      windowMs,
      read,
      seen: 0,
      perMinute: 0,
    })),
  );
  #seenAt = 0;

  /** Takes a look; gives what there was in a minute, averaged over each window, the older the less it counts. */
  observe(snapshot: MetricsSnapshot): readonly (readonly [name: string, perMinute: number])[] {
    const elapsedMs = snapshot.uptimeMs - this.#seenAt;
    this.#seenAt = snapshot.uptimeMs;
    return this.#averages.map((average) => {
      const { name, windowMs, read } = average;
      const total = read(snapshot);
      if (elapsedMs > 0) {
        const perMinute = ((total - average.seen) * minuteMs) / elapsedMs;
        average.perMinute += (1 - Math.exp(-elapsedMs / windowMs)) * (perMinute - average.perMinute);
        average.seen = total;
      }
      return [name, average.perMinute];
    });
  }
}
