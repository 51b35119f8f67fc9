/** What the broker counts. Plain numbers, so that the hot path pays one addition. */

/** How things are at one moment. */
export interface Gauges {
  /** Connected clients. */
  readonly connections: number;
  /** Sessions, connected or not. */
  readonly sessions: number;
  readonly subscriptions: number;
  readonly sharedGroups: number;
  readonly retainedMessages: number;
  readonly retainedBytes: number;
  /** QoS 1 and 2 messages waiting in sessions. */
  readonly queuedMessages: number;
  readonly queuedBytes: number;
}

/** The counters of one broker: totals since it started, which only rise. */
export class Metrics {
  bytesReceived = 0;
  bytesSent = 0;
  packetsReceived = 0;
  packetsSent = 0;
  /** PUBLISH packets from clients, duplicates of QoS 2 excluded. */
  messagesReceived = 0;
  /** PUBLISH packets to clients. */
  messagesSent = 0;
  /** Copies that no bound, expiry, policy or absent QoS 0 receiver let through. */
  messagesDropped = 0;
  /** Messages that a hook or a rule refused. */
  messagesRefused = 0;
  connectionsAccepted = 0;
  /** CONNECTs that were answered with a Reason Code of 0x80 or above. */
  connectionsRefused = 0;
  /** Connections that ended without DISCONNECT. */
  connectionsLost = 0;
  /** Connections that the broker ended because the client broke the protocol or a limit. */
  connectionsEnded = 0;
  sessionsTakenOver = 0;
  readonly #startedAt: number;
  #maximumConnections = 0;

  constructor(now: number) {
    this.#startedAt = now;
  }

  /** Notes how many clients are connected now. */
  connectionsChanged(connections: number): void {
    if (connections > this.#maximumConnections) this.#maximumConnections = connections;
  }

  /** A copy of all figures. */
  snapshot(gauges: Gauges, now: number): MetricsSnapshot {
    return Object.freeze({
      ...this,
      ...gauges,
      uptimeMs: now - this.#startedAt,
      maximumConnections: Math.max(this.#maximumConnections, gauges.connections),
    });
  }
}

/** The totals, without what counts them. */
export type Counters = Omit<Metrics, 'connectionsChanged' | 'snapshot'>;

/** All figures of a broker at one moment. */
export interface MetricsSnapshot extends Readonly<Counters>, Gauges {
  readonly uptimeMs: number;
  /** Most clients that were connected at a time. */
  readonly maximumConnections: number;
}
