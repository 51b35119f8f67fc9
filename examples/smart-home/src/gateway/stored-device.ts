/**
 * A device whose readings a killed process leaves to the next: they belong to a store of its client before they count as taken. What is left in it is
 * sent first, and only then the service is asked what it has; so the next number is behind all that were ever given.
 */
import { DiskSessionStore, type SessionStore } from '@petrel/client';
import type { NumberedReading, Receipt, Receipts } from '../house/messages.js';
import { parseSensorTopic } from '../house/topics.js';
import { clientIdentifierOf, Device } from './device.js';
import type { Link } from './link.js';

export interface StoredDeviceOptions {
  room: string;
  link: Link;
  /** Outlives the process. */
  memoryFolder: string;
}

/** Opens the device, and gives back what the service had received then. */
export async function openStoredDevice(
  { room, link, memoryFolder }: StoredDeviceOptions,
  askReceipts: () => Promise<Receipts>,
): Promise<{ device: Device; receipts: Receipts }> {
  const store = new DiskSessionStore({ path: memoryFolder });
  const left = await numbersLeft(store, clientIdentifierOf(room));
  const device = new Device({ room, link, receivedUpTo: {}, store });
  await device.sendLeft();
  const receipts = await askReceipts();
  device.continueBehind(furthest(left, receipts[room]));
  return { device, receipts };
}

/** The highest number in each stream that an earlier process has left. */
async function numbersLeft(store: SessionStore, clientIdentifier: string): Promise<Receipt['receivedUpTo']> {
  const session = await store.open(clientIdentifier);
  const highest: Receipt['receivedUpTo'] = {};
  for (const { topicName, payload } of session.messages) {
    const stream = parseSensorTopic(topicName)?.stream;
    if (stream === undefined) continue;
    const { sequence } = JSON.parse(Buffer.from(payload).toString()) as NumberedReading;
    highest[stream] = Math.max(highest[stream] ?? 0, sequence);
  }
  await session.close();
  return highest;
}

function furthest(
  left: Receipt['receivedUpTo'],
  received: Receipt['receivedUpTo'] = {},
): Receipt['receivedUpTo'] {
  const streams = [...new Set([...Object.keys(left), ...Object.keys(received)])];
  return Object.fromEntries(
    streams.map((stream) => [stream, Math.max(left[stream] ?? 0, received[stream] ?? 0)]),
  );
}
