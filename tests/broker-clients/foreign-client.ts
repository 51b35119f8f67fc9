/** How tests see a client that others have written, whatever language it is in. */
import type { QoS } from '@petrel/protocol';

/** A message as the client got it; the last two only on MQTT 5. */
export interface ForeignMessage {
  readonly topicName: string;
  readonly payload: string;
  readonly qos: number;
  readonly retain: boolean;
  readonly contentType?: string;
  readonly trace?: string;
}

/** What a client is started with. */
export interface ForeignClientOptions {
  readonly port: number;
  readonly protocolVersion: 3 | 4 | 5;
  readonly clientIdentifier: string;
  /** On MQTT 5, sessions are kept for 60 seconds. */
  readonly cleanStart: boolean;
  /** At QoS 1. */
  readonly will?: { readonly topicName: string; readonly payload: string } | undefined;
}

/** What `publish` is told besides topic and payload. */
export interface ForeignPublish {
  readonly qos: QoS;
  readonly retain?: boolean;
  /** On MQTT 5: Content Type, and a User Property called "trace". */
  readonly contentType?: string;
  readonly trace?: string;
}

/** A connected client; it comes back by itself when its connection is cut. */
export interface ForeignClient {
  /** Session Present of each connection so far; undefined where the client does not say. */
  readonly connections: readonly (boolean | undefined)[];
  /** Resolves when it has connected so many times. */
  connected(times: number): Promise<void>;
  /** Everything it got so far. */
  readonly messages: readonly ForeignMessage[];
  /** Resolves when it has got so many messages. */
  received(count: number): Promise<void>;
  /** Resolves with the granted QoS. */
  subscribe(topicFilter: string, qos: QoS): Promise<number>;
  unsubscribe(topicFilter: string): Promise<void>;
  /** `taken`: the client has it; `done`: its QoS is complete. */
  publish(
    topicName: string,
    payload: string,
    options: ForeignPublish,
  ): { readonly taken: Promise<void>; readonly done: Promise<void> };
  /** Says DISCONNECT and ends; may be called twice. */
  close(): Promise<void>;
}

/** Starts a client, and resolves when it is connected. */
export type StartForeignClient = (options: ForeignClientOptions) => Promise<ForeignClient>;

/** A list that can be waited for to grow. */
export class Growing<T> {
  readonly items: T[] = [];
  readonly #waiting = new Set<{ readonly count: number; readonly resolve: () => void }>();

  push(item: T): void {
    this.items.push(item);
    for (const waiter of this.#waiting) {
      if (this.items.length < waiter.count) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }

  /** Resolves when there are so many. */
  reaches(count: number): Promise<void> {
    if (this.items.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.add({ count, resolve }));
  }
}
