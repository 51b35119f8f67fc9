/** The link of a service that shares its connection: it ends by itself, and the connection with the last one. */
import type { Client, ClientOptions, Subscription } from '@petrel/client';
import {
  clientLink,
  type Link,
  type LinkSubscription,
  type LinkWatcher,
  type MessageTaker,
  type PublishOptions,
  type SubscribeOptions,
} from '@petrel/service';

/** One of several links over a client. */
export class LeasedLink implements Link {
  readonly #client: Client;
  readonly #link: Link;
  readonly #release: () => boolean;
  readonly #keepsSession: boolean;
  readonly #watching: (() => void)[] = [];
  readonly #subscriptions = new Set<Promise<Subscription>>();
  #isClosed = false;

  /** `release` gives the part up and says whether it was the last one. */
  constructor(client: Client, options: ClientOptions, release: () => boolean) {
    this.#client = client;
    this.#link = clientLink(client, options);
    this.#keepsSession = options.cleanStart === false;
    this.#release = release;
  }

  get isConnected(): boolean {
    return this.#link.isConnected;
  }

  get protocolVersion(): Link['protocolVersion'] {
    return this.#link.protocolVersion;
  }

  get separatesSubscriptions(): boolean {
    return this.#link.separatesSubscriptions;
  }

  get clientIdentifier(): string {
    return this.#link.clientIdentifier;
  }

  ready(): Promise<void> {
    return this.#link.ready();
  }

  publish(
    topicName: string,
    payload: Uint8Array,
    options: PublishOptions,
  ): Promise<{ readonly reasonCode: number }> {
    return this.#link.publish(topicName, payload, options);
  }

  watch(watcher: LinkWatcher): () => void {
    const off = this.#link.watch(watcher);
    this.#watching.push(off);
    return off;
  }

  async subscribe(
    topicFilter: string,
    options: SubscribeOptions,
    handler: MessageTaker,
  ): Promise<LinkSubscription> {
    const granted = this.#client.subscribe(topicFilter, options, (message, delivery) =>
      // Whoever continues the session gets it.
      this.#isClosed ? delivery.leave() : handler(message, delivery),
    );
    this.#subscriptions.add(granted);
    try {
      const subscription = await granted;
      return {
        unsubscribe: () => {
          this.#subscriptions.delete(granted);
          return subscription.unsubscribe();
        },
      };
    } catch (refusal) {
      this.#subscriptions.delete(granted);
      throw refusal;
    }
  }

  async close(graceMs: number): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const off of this.#watching.splice(0)) off();
    if (this.#release()) await this.#client.close({ graceMs });
    // The subscriptions of a session that goes on wait for its next server.
    else if (!this.#keepsSession) this.#unsubscribe();
  }

  #unsubscribe(): void {
    for (const granted of this.#subscriptions) {
      // What cannot be ended now ends with the connection.
      granted.then((subscription) => subscription.unsubscribe()).catch(() => undefined);
    }
    this.#subscriptions.clear();
  }
}
