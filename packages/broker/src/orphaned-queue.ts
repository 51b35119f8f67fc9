/** What waited in the store for a session that ended and came through Shared Subscriptions: it goes to the members that are left. */
import { randomUUID } from 'node:crypto';
import type { BrokerContext } from './broker-context.js';
import { restoreDelivery } from './queue-tail.js';
import type { QueueReader } from './stores/store.js';

/** No Client Identifier holds this character [MQTT-1.5.4-2]. */
export const orphanPrefix = '\u0000';

const readMessages = 128;
const readBytes = 262_144;

/** A name for the queue of a session that is no more. */
export function orphanName(): string {
  return `${orphanPrefix}${randomUUID()}`;
}

/** Begins to hand over the queue of this name, and deletes it at the end; after a crash the next broker goes on. */
export function redeliverQueue(context: BrokerContext, name: string): void {
  const { store, logger } = context;
  const { queueReader } = store;
  const done = queueReader === undefined ? Promise.resolve() : redeliver(context, queueReader, name);
  done.then(() => store.deleteSession(name)).catch((cause: unknown) => logger.error(cause));
}

async function redeliver(context: BrokerContext, reader: QueueReader, name: string): Promise<void> {
  for (;;) {
    const found = await reader.read(name, -1, readMessages, readBytes);
    if (found.length === 0) return;
    for (const stored of found) {
      // In one turn, and so in one batch of the store: it is never nobody's, nor two members'.
      context.store.deleteDelivery(name, stored.sequence);
      if (stored.sharedGroup === undefined) continue;
      context.router.redeliver(restoreDelivery(context, stored).message, stored.sharedGroup);
    }
  }
}
