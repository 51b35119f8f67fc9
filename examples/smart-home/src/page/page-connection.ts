/** The page's line to the house: MQTT over WebSocket, subscriptions, requests, and the story of the connection. */
import { type Client, createClient } from '@petrel/client';
import { clientLink, Service } from '@petrel/service';
import type { PageSettings } from '../house/page-settings.js';
import { checkerTopic, topics } from '../house/topics.js';

export type ConnectionState = 'connecting' | 'connected' | 'away';

export interface PageConnection {
  readonly state: ConnectionState;
  /** When the present state began, ms. */
  readonly since: number;
  /** How long the last absence was, ms. */
  readonly outageMs: number;
  /** Sends a request to the NestJS service; rejects with the service's own words, or when nobody answers. */
  request<Answer>(topicName: string, data?: unknown): Promise<Answer>;
  /** Publishes an event once, QoS 0: it is not sent again after a lost connection. */
  emit(topicName: string, data: unknown): Promise<void>;
}

export interface PageConnectionEvents {
  onState: () => void;
  onMessage: (topicName: string, payload: unknown) => void;
}

/** What the page listens to; nothing else comes over the wire. */
const filters = [
  'sensors/+/+/+',
  'rooms/+/climate',
  'devices/+/status',
  topics.gatewayStatus,
  topics.ledger,
  topics.serviceStatus,
  topics.settings,
  topics.notifications,
  checkerTopic('+'),
  topics.deadReadings,
];
const requestTimeoutMs = 5_000;

export function connectPage(settings: PageSettings, events: PageConnectionEvents): PageConnection {
  const host = location.hostname === 'localhost' ? 'localhost' : '127.0.0.1';
  const client = createClient({
    url: `ws://${host}:${settings.webSocketPort}`,
    clientIdentifier: `page-${crypto.randomUUID().slice(0, 8)}`,
    keepAlive: 10,
    reconnect: { minDelayMs: 300, maxDelayMs: 2_000 },
  });
  return new LiveConnection(client, events);
}

class LiveConnection implements PageConnection {
  state: ConnectionState = 'connecting';
  since = Date.now();
  outageMs = 0;
  readonly #service: Service;
  readonly #events: PageConnectionEvents;

  constructor(client: Client, events: PageConnectionEvents) {
    this.#events = events;
    this.#service = new Service(clientLink(client));
    client.on('status', (status) => {
      if (status === 'connected') this.#change('connected');
      else if (this.state === 'connected') this.#change('away');
    });
    client.on('error', (error) => console.warn(error.message));
    client
      .subscribe(filters, { qos: 1 }, (message) =>
        events.onMessage(message.topicName, decode(message.text())),
      )
      .catch((error: unknown) => console.error(error));
  }

  request<Answer>(topicName: string, data: unknown = null): Promise<Answer> {
    return this.#service.request<Answer>(topicName, data, { timeoutMs: requestTimeoutMs });
  }

  async emit(topicName: string, data: unknown): Promise<void> {
    await this.#service.publish(topicName, data, { qos: 0 });
  }

  #change(state: ConnectionState): void {
    const now = Date.now();
    if (state === 'connected') this.outageMs = this.state === 'away' ? now - this.since : 0;
    this.state = state;
    this.since = now;
    this.#events.onState();
  }
}

/** JSON, a bare number, or the text as it is. */
function decode(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
