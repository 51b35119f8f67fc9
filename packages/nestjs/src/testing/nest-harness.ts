/** A harness that every MqttServer and MqttClient of this process connects to, whatever their options say. */
import { type Harness, type HarnessOptions, type SeenMessage, startHarness } from '@petrel/service/testing';
import { replaceConnections } from '../connection-source.js';
import type { ResolvedOptions } from '../options.js';

/** Made by `startNestHarness`. */
export class NestHarness {
  /** The harness of `@petrel/service/testing`, for services and brokers beside the application. */
  readonly services: Harness;
  readonly #release: () => void;

  constructor(services: Harness) {
    this.services = services;
    this.#release = replaceConnections((options, connection) => {
      services.closesWith(connection);
      return onto(services, options);
    });
  }

  /** What time it is, milliseconds since 1970. */
  get now(): number {
    return this.services.now;
  }

  /** All messages so far whose topic matches, oldest first. */
  messages(topicFilter = '#'): SeenMessage[] {
    return this.services.messages(topicFilter);
  }

  /** The next message whose topic matches; rejects, naming what came instead, as soon as nothing is on its way any more. */
  published(topicFilter: string): Promise<SeenMessage> {
    return this.services.published(topicFilter);
  }

  /** Resolves when no handler is at work and nothing is on its way; what waits for time may wait on. */
  settled(): Promise<void> {
    return this.services.settled();
  }

  /** Moves time by `ms` and lets happen what happens then, such as retries and timeouts, one after the other. */
  advance(ms: number): Promise<void> {
    return this.services.advance(ms);
  }

  /**
   * Closes all connections, giving time to handlers that need it, and ends the harness: connections that are opened later are real ones
   * again. The application itself is closed by the test, behind this.
   */
  async close(): Promise<void> {
    this.#release();
    await this.services.close();
  }
}

/**
 * Starts a broker in this process and sends all servers and clients of NestJS to it that connect from now on: an application is started as it is.
 *
 * One at a time in a process; throws UsageError while another one is in force.
 */
export async function startNestHarness(options: HarnessOptions = {}): Promise<NestHarness> {
  const services = await startHarness(options);
  try {
    return new NestHarness(services);
  } catch (error) {
    await services.close();
    throw error;
  }
}

/** The same options, with another way to the server and another time. */
function onto(harness: Harness, { connection, service, nest }: ResolvedOptions): ResolvedOptions {
  const { stream, clock, observers } = harness.connection;
  const { url: _, urls: __, tls: ___, webSocket: ____, ...kept } = connection;
  return {
    connection: { ...kept, stream, clock },
    service: { ...service, clock, observers: [...(service.observers ?? []), ...observers] },
    nest,
  };
}
