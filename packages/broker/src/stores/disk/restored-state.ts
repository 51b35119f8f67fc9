/** What the broker is given of a data folder that was read: sessions with what is in flight. Queues and retained messages stay where they are. */
import type { RestoredSession, RestoredState, StoredDelivery } from '../store.js';
import type { FolderContent } from './data-folder.js';
import { objectBytes, storedDelivery } from './disk-queue-reader.js';
import { segmentHeaderBytes } from './frame.js';
import { listSegments, segmentName, snapshotName } from './manifest.js';
import type { MessageReader } from './message-reader.js';
import type { KeptMessage } from './record-reader.js';
import type { StoreFiles } from './store-files.js';
import type { SessionState, StoreState } from './store-state.js';

/** Reads the messages that the broker holds itself. */
export async function restoredState(state: StoreState, reader: MessageReader): Promise<RestoredState> {
  const sent = new Set<number>();
  for (const session of state.sessions.values()) {
    if (!session.hasDeliveries) continue;
    for (const { packetIdentifier, messageNumber } of session.deliveries.after(-1))
      if (packetIdentifier !== 0) sent.add(messageNumber);
  }
  const messages = await reader.read(sent);
  const sessions = { [Symbol.iterator]: () => restoredSessions(state, messages) };
  return { sessions, retained: [], retainedInStore: reader.readRetained() };
}

/** One at a time: together they would be as much again as what the broker makes of them. */
function* restoredSessions(
  state: StoreState,
  messages: ReadonlyMap<number, KeptMessage>,
): Generator<RestoredSession> {
  for (const session of [...state.sessions.values()]) yield restoredSession(session, state, messages);
}

function restoredSession(
  session: SessionState,
  state: StoreState,
  messages: ReadonlyMap<number, KeptMessage>,
): RestoredSession {
  const deliveries: StoredDelivery[] = [];
  let queued = 0;
  let bytes = 0;
  for (const delivery of session.hasDeliveries ? session.deliveries.after(-1) : []) {
    if (delivery.packetIdentifier !== 0) {
      deliveries.push(storedDelivery(delivery, messages.get(delivery.messageNumber) as KeptMessage));
      continue;
    }
    queued += 1;
    bytes += state.messages.lengthOf(delivery.messageNumber) + objectBytes;
  }
  return {
    session: session.session,
    subscriptions: [...session.subscriptions.values()],
    deliveries,
    queued: queued === 0 ? undefined : { messages: queued, bytes },
    lastSequence: session.lastSequence,
    receivedIdentifiers: session.hasReceived ? [...session.received] : [],
  };
}

/** Removes what a crash left unfinished; gives back the segments that stay, with their sizes. */
export async function removeLeftovers(
  files: StoreFiles,
  { manifest, segments, state }: FolderContent,
): Promise<Map<number, number>> {
  const kept = new Map(segments);
  for (const name of await files.list()) {
    const isOtherSnapshot = name.endsWith('.snapshot') && name !== snapshotName(manifest.snapshot);
    if (isOtherSnapshot || name.endsWith('.new')) await files.remove(name);
  }
  for (const segment of await listSegments(files)) {
    const isOld = segment < manifest.logFrom && state.messages.bytesIn(segment) === 0;
    // A segment without a header can only be the last one, in which nothing was written.
    if (!isOld && (kept.get(segment) ?? 0) >= segmentHeaderBytes) continue;
    await files.remove(segmentName(segment));
    kept.delete(segment);
  }
  return kept;
}
