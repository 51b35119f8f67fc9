/** Links over a server that is one map in memory: the unit tests of this package run on it, without a socket. */
import { noProperties, parseTopicFilter, type QoS, topicMatches } from '@petrel/protocol';
import type {
  InboundMessage,
  Link,
  LinkWatcher,
  MessageTaker,
  PublishOptions,
  SubscribeOptions,
} from './link.js';

interface Subscription {
  readonly link: FakeLink;
  readonly topicFilter: string;
  readonly qos: QoS;
  readonly handler: MessageTaker;
}

/** A message that was published, as tests look at it. */
export interface Published extends InboundMessage {
  readonly from: FakeLink;
}

export class FakeNetwork {
  readonly subscriptions = new Set<Subscription>();
  readonly published: Published[] = [];
  /** Topic Filters whose subscription is refused. */
  readonly refused = new Set<string>();
  /** Where false, `$share/group/filter` is a filter like any other. */
  knowsGroups = true;
  /** Topic Names whose messages are taken and lost. */
  readonly lost = new Set<string>();

  link(options: { protocolVersion?: 4 | 5; separatesSubscriptions?: boolean } = {}): FakeLink {
    return new FakeLink(this, options.protocolVersion ?? 5, options.separatesSubscriptions ?? true);
  }

  topicFilters(): string[] {
    return [...this.subscriptions].map(({ topicFilter }) => topicFilter);
  }
}

export class FakeLink implements Link {
  readonly clientIdentifier = `client${++links}`;
  readonly network: FakeNetwork;
  readonly protocolVersion: 4 | 5;
  separatesSubscriptions: boolean;
  /** Messages whose handlers are done, in that order. */
  readonly acknowledged: InboundMessage[] = [];
  /** Messages left to the server, which would end the connection. */
  readonly abandoned: InboundMessage[] = [];
  isClosed = false;
  isConnected = true;

  constructor(network: FakeNetwork, protocolVersion: 4 | 5, separatesSubscriptions: boolean) {
    this.network = network;
    this.protocolVersion = protocolVersion;
    this.separatesSubscriptions = separatesSubscriptions;
  }

  readonly #watchers = new Set<LinkWatcher>();

  async ready(): Promise<void> {}

  watch(watcher: LinkWatcher): () => void {
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  /** As when the server ends the connection. */
  lose(cause = new Error('gone')): void {
    this.isConnected = false;
    for (const watcher of this.#watchers) watcher.onLost(cause);
  }

  /** As when the client has found it again. */
  connect(): void {
    this.isConnected = true;
    for (const watcher of this.#watchers) watcher.onConnected();
  }

  async publish(
    topicName: string,
    payload: Uint8Array,
    options: PublishOptions,
  ): Promise<{ reasonCode: number }> {
    const { qos = 0, retain = false } = options;
    const properties = this.protocolVersion === 5 ? (options.properties ?? noProperties) : noProperties;
    const message = { topicName, payload, qos, retain, dup: false, packetIdentifier: 1, properties };
    this.network.published.push({ ...message, from: this });
    if (this.network.lost.has(topicName)) return { reasonCode: 0 };
    const matching = [...this.network.subscriptions].filter(
      ({ topicFilter }) =>
        (this.network.knowsGroups || !topicFilter.startsWith('$share/')) &&
        topicMatches(parseTopicFilter(topicFilter).topicFilter, topicName),
    );
    for (const { link, qos: granted, handler } of matching) {
      // A 3.1.1 receiver gets no properties.
      const received = {
        ...message,
        qos: Math.min(qos, granted) as QoS,
        properties: link.protocolVersion === 5 ? properties : noProperties,
      };
      queueMicrotask(() => {
        let isAbandoned = false;
        const abandon = () => {
          isAbandoned = true;
          link.abandoned.push(received);
        };
        void Promise.resolve(handler(received, { abandon })).then(
          () => isAbandoned || link.acknowledged.push(received),
        );
      });
    }
    return { reasonCode: qos > 0 && matching.length === 0 ? 0x10 : 0 };
  }

  async subscribe(
    topicFilter: string,
    { qos = 0 }: SubscribeOptions,
    handler: MessageTaker,
  ): Promise<{ unsubscribe(): Promise<void> }> {
    if (this.network.refused.has(topicFilter)) throw new Error(`refused ${topicFilter}`);
    const subscription = { link: this, topicFilter, qos, handler };
    this.network.subscriptions.add(subscription);
    return { unsubscribe: async () => void this.network.subscriptions.delete(subscription) };
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

let links = 0;
