/** What tests of bridges share: bridges and clients that end with their test, and messages that are waited for. */
import { type Client, type ClientOptions, connect, type Message } from '@petrel/client';
import { eventually } from '@petrel/testing';
import { afterEach, expect } from 'vitest';
import { type Bridge, type BridgeEvent, type BridgeOptions, createBridge } from './index.js';

const bridges: Bridge[] = [];
const clients: Client[] = [];

/** Registers the clean-up in the calling file. */
export function cleanUpAfterEach(): void {
  afterEach(async () => {
    for (const bridge of bridges.splice(0)) bridge.destroy();
    await Promise.all(clients.splice(0).map((client) => client.close()));
  });
}

/** A bridge, and everything it says. */
export function bridged(options: BridgeOptions): { readonly bridge: Bridge; readonly events: BridgeEvent[] } {
  const events: BridgeEvent[] = [];
  const bridge = createBridge({ ...options, onEvent: (event) => events.push(event) });
  bridges.push(bridge);
  return { bridge, events };
}

export async function connected(options: ClientOptions): Promise<Client> {
  const client = await connect({ reconnect: { minDelayMs: 1, maxDelayMs: 50 }, ...options });
  clients.push(client);
  return client;
}

/** Collects what comes to a filter. */
export async function collect(client: Client, topicFilter: string) {
  const messages: Message[] = [];
  await client.subscribe(topicFilter, { qos: 2, retainAsPublished: true }, (message) => {
    messages.push(message);
  });
  const texts = () => messages.map((message) => `${message.topicName} ${message.text()}`);
  return {
    messages,
    texts,
    /** Waits until exactly these have come, in this order. */
    until: (...wanted: string[]) => eventually(() => expect(texts()).toEqual(wanted)),
  };
}
