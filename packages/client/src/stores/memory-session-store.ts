/** Sessions in the memory of this process: they outlive a client object, not the process. */
import type { SessionStore, StoredMessage, StoredSession } from '../session-store.js';

interface State {
  readonly messages: Map<number, StoredMessage>;
  readonly received: Set<number>;
}

/** A session store for tests and for clients that are replaced within one process. */
export class MemorySessionStore implements SessionStore {
  readonly #sessions = new Map<string, State>();

  open(clientIdentifier: string): StoredSession {
    let state = this.#sessions.get(clientIdentifier);
    if (state === undefined) {
      state = { messages: new Map(), received: new Set() };
      this.#sessions.set(clientIdentifier, state);
    }
    const { messages, received } = state;
    return {
      messages: [...messages.values()].sort((left, right) => left.sequence - right.sequence),
      received: [...received],
      put: (message) => {
        messages.set(message.sequence, message);
      },
      remove: (sequence) => {
        messages.delete(sequence);
      },
      putReceived: (packetIdentifier) => {
        received.add(packetIdentifier);
      },
      removeReceived: (packetIdentifier) => {
        received.delete(packetIdentifier);
      },
      commit: () => undefined,
      close: () => undefined,
    };
  }
}
