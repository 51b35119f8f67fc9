/** What the broker counts. Plain numbers, so that the hot path pays one addition. */

/** What other parts of the broker know at one moment. */
export interface Gauges {
  /** Sessions, connected or not. */
  readonly sessions: number;
  readonly subscriptions: number;
  readonly sharedGroups: number;
  readonly retainedMessages: number;
  readonly retainedBytes: number;
  /** QoS 1 and 2 messages waiting in sessions. */
  readonly queuedMessages: number;
  readonly queuedBytes: number;
  /** Connections that wait at the door, unread. */
  readonly connectionsWaiting: number;
  /** All that is counted towards `limits.maximumMemoryBytes`. */
  readonly memoryBytes: number;
  /** Bytes that sockets have not taken. */
  readonly outboundBytes: number;
  /** Bytes of packets that have not come to their end. */
  readonly unfinishedBytes: number;
  /** How late the event loop was at the last look; 0 on a clock of the program's own. */
  readonly eventLoopLagMs: number;
  /** 1 while QoS 0 messages are shed, since the broker has fallen behind; else 0. */
  readonly shedding: number;
  /** Reason Code with which the store refuses what it would have to own; 0 while it takes everything. */
  readonly storeRefusal: number;
}

/** The counters of one broker: totals since it started, which only rise, and how many clients are connected. */
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
  /** Copies, among those, that a bound of a session's queue did not let through. */
  messagesOverflowed = 0;
  /** QoS 0 messages of clients that were not looked at, since the broker had fallen behind. */
  messagesShed = 0;
  /** Messages of clients that a hook or a rule refused. */
  messagesRefused = 0;
  connectionsAccepted = 0;
  /** Connections that were closed unread: there were too many of them, in total, from their address or in too short a time. */
  connectionsTurnedAway = 0;
  /** Connections that the broker ended before it had accepted a CONNECT. */
  connectionsRefused = 0;
  /** Clients that went without DISCONNECT. */
  connectionsLost = 0;
  /** Clients whose connection the broker ended, for what they did or for reasons of its own. */
  connectionsEnded = 0;
  sessionsTakenOver = 0;
  /** Connected clients at this moment. */
  connections = 0;
  /** Most clients that were connected at a time. */
  maximumConnections = 0;
  readonly #startedAt: number;

  constructor(now: number) {
    this.#startedAt = now;
  }

  clientConnected(): void {
    this.connections += 1;
    if (this.connections > this.maximumConnections) this.maximumConnections = this.connections;
  }

  clientGone(): void {
    this.connections -= 1;
  }

  /** Counts how a connection ended; `wasClient`: its CONNECT had been accepted. */
  connectionOver(wasClient: boolean, end: { byClient: boolean; reasonCode: number | undefined }): void {
    if (!end.byClient) {
      if (wasClient) this.connectionsEnded += 1;
      else this.connectionsRefused += 1;
    } else if (wasClient && end.reasonCode === undefined) {
      this.connectionsLost += 1;
    }
  }

  /** A copy of all figures. */
  snapshot(gauges: Gauges, now: number): MetricsSnapshot {
    return Object.freeze({ ...this, ...gauges, uptimeMs: now - this.#startedAt });
  }
}

/** All figures of a broker at one moment. */
export interface MetricsSnapshot
  extends Readonly<Omit<Metrics, 'clientConnected' | 'clientGone' | 'connectionOver' | 'snapshot'>>,
    Gauges {
  readonly uptimeMs: number;
}
