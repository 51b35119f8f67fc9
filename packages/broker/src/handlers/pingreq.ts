/** PINGREQ (section 3.12). */
import { pingresp } from '@petrel/protocol';
import type { Connection } from '../connection.js';

/** Answers PINGRESP [MQTT-3.12.4-1]. */
export function handlePingreq(connection: Connection): void {
  connection.send(pingresp);
}
