/** Dead peers that no Keep Alive of MQTT finds. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

const firstProbeAfterMs = 60_000;

/** Lets the system find out that the peer is gone; for one that asked for no Keep Alive, since it costs several system calls. */
export function watchPeer(stream: Duplex): void {
  if (stream instanceof Socket) stream.setKeepAlive(true, firstProbeAfterMs);
}
