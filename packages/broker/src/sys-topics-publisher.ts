/** Publishes the broker's figures under `$SYS/broker/` now and then, as retained messages. */

import { noProperties } from '@petrel/protocol';
import type { BrokerContext } from './broker-context.js';
import { createOwnMessage } from './create-message.js';
import { LoadAverages } from './load-averages.js';
import { sysTopicsOf } from './sys-topics.js';
import type { Timer } from './timer-queue.js';
import { version } from './version.js';

/** One per broker; silent when the interval is 0. */
export class SysTopicsPublisher {
  readonly #context: BrokerContext;
  readonly #load = new LoadAverages();
  #maximumHeapBytes = 0;
  #timer: Timer | undefined;

  constructor(context: BrokerContext) {
    this.#context = context;
  }

  start(): void {
    if (this.#context.options.sysTopicsIntervalMs > 0) this.#publish();
  }

  stop(): void {
    this.#context.timers.cancel(this.#timer);
  }

  #publish(): void {
    const { metrics, clock, topics, retainedMessages, router, timers, options } = this.#context;
    const now = clock.now();
    const snapshot = metrics.snapshot(this.#context.gauges(), now);
    const heapBytes = process.memoryUsage().heapUsed;
    this.#maximumHeapBytes = Math.max(this.#maximumHeapBytes, heapBytes);
    const figures = {
      load: this.#load.observe(snapshot),
      heapBytes,
      maximumHeapBytes: this.#maximumHeapBytes,
    };
    for (const [topicName, text] of sysTopicsOf(snapshot, figures, version)) {
      const content = {
        topicName,
        payload: Buffer.from(text),
        qos: 0,
        retain: true,
        properties: noProperties,
      } as const;
      const message = createOwnMessage(content, undefined, topics, clock);
      // Past the hooks and the store: these are no messages of anybody, and the next run has figures of its own.
      retainedMessages.setHere(message, now);
      router.publish(message, undefined);
    }
    this.#timer = timers.add(now + options.sysTopicsIntervalMs, () => this.#publish());
  }
}
