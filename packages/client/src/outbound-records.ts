/** Keeps the session store informed of QoS 1 and 2 messages; does nothing until there is a store. */
import { OutboundMessage } from './outbound-message.js';
import type { StoredMessage, StoredSession } from './session-store.js';

/** How far a message has come. */
export type OutboundState = 'waiting' | 'sent' | 'released';

/** A message that an earlier client left. */
export interface RestoredMessage {
  readonly message: OutboundMessage;
  readonly packetIdentifier: number;
  readonly released: boolean;
}

export class OutboundRecords {
  #stored: StoredSession | undefined;
  #lastSequence = 0;

  /** Takes over a store; returns what is in it, in order. Nobody waits for those messages any more. */
  open(stored: StoredSession): readonly RestoredMessage[] {
    this.#stored = stored;
    this.#lastSequence = stored.messages.at(-1)?.sequence ?? 0;
    return stored.messages.map(fromStored);
  }

  /** Stores the state a message has come to. */
  put(message: OutboundMessage, state: OutboundState): void {
    if (this.#stored === undefined) return;
    if (message.sequence === 0) message.sequence = ++this.#lastSequence;
    this.#stored.put(toStored(message, state));
  }

  /** The message has ended. */
  remove(message: OutboundMessage): void {
    if (message.sequence > 0) this.#stored?.remove(message.sequence);
  }
}

function toStored(message: OutboundMessage, state: OutboundState): StoredMessage {
  const { sequence, topicName, payload, qos, retain, properties, packetIdentifier } = message;
  return {
    sequence,
    topicName,
    payload,
    qos: qos as 1 | 2,
    retain,
    properties,
    packetIdentifier: state === 'waiting' ? 0 : packetIdentifier,
    released: state === 'released',
  };
}

function fromStored(stored: StoredMessage): RestoredMessage {
  const { sequence, topicName, payload, qos, retain, properties, packetIdentifier, released } = stored;
  const message = new OutboundMessage(topicName, payload, qos, retain, properties);
  message.sequence = sequence;
  return { message, packetIdentifier, released };
}
