/** The statuses and events that users of the stock transport know. */
import type { Packet } from '@petrel/protocol';

/** `disconnected` until the first attempt to come back, `closed` when nobody tries any more. */
export type MqttStatus = 'connected' | 'disconnected' | 'reconnecting' | 'closed';

/** Events of `MqttServer.on` and `MqttClient.on`. Packets have Petrel's names, see `@petrel/protocol`. */
export interface MqttEvents extends Record<string, (...args: never[]) => void> {
  /** The connection is up, for the first time or again. */
  connect: () => void;
  /** An attempt to come back begins. */
  reconnect: () => void;
  /** The server said goodbye with a DISCONNECT. */
  disconnect: (packet: Packet) => void;
  /** The connection is gone. */
  close: () => void;
  /** There is no connection, and none can be made at the moment. */
  offline: () => void;
  /** The client was closed and does not come back. */
  end: () => void;
  error: (error: Error) => void;
  packetreceive: (packet: Packet) => void;
  packetsend: (packet: Packet) => void;
}
