/** What a client tells observers. */
import type { Packet, PetrelError } from '@petrel/protocol';
import type { Message } from './message.js';
import type { ServerInfo } from './server-info.js';

/**
 * `connecting` until the first connection; `offline` while waiting to try again and `reconnecting` while trying; `closed` for ever.
 */
export type ClientStatus = 'connecting' | 'connected' | 'reconnecting' | 'offline' | 'closed';

/** Events and what their listeners get. */
export type ClientEvents = {
  /** Every change; a new listener gets the current one at once. */
  status: [status: ClientStatus];
  /** A connection was accepted; subscriptions and messages in flight are being renewed. */
  connect: [server: ServerInfo];
  /** A connection that was accepted is gone. Not after `close` and `destroy`. */
  disconnect: [error: PetrelError];
  /** Every message, before its handlers, with or without one. */
  message: [message: Message];
  /** The drop policy of the offline queue gave a message up. */
  drop: [message: { readonly topicName: string; readonly qos: number }];
  /** Every packet as it came, before it is acted on. */
  packetReceive: [packet: Packet];
  /** Every packet as it is written. */
  packetSend: [packet: Packet];
  /** What failed with nobody awaiting it: an attempt to reconnect, a handler, a renewed subscription. */
  error: [error: PetrelError];
};
