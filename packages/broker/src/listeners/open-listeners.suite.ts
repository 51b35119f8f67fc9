/** What the listener tests share: listeners, and the sockets that use them, that close with the test. */
import { afterEach } from 'vitest';
import type { BrokerOptions } from '../options.js';
import { resolveBrokerOptions } from '../resolve-options.js';
import type { Transport } from '../transport.js';
import { RecordingReceiver } from '../transports/recording-receiver.suite.js';
import type { Listener } from './listener.js';
import type { ListenerOptions } from './listener-options.js';
import { openListener } from './open-listener.js';

/** Small enough to be reached. */
export const limits = {
  highWaterMarkBytes: 65_536,
  maximumMessageBeforeConnectBytes: 1_000,
  maximumMessageBytes: 100_000,
  handshakeTimeoutMs: 5_000,
  maximumConnections: 100,
};

/** Undone after each test, the last one first. */
export const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Accepted {
  readonly transport: Transport;
  readonly receiver: RecordingReceiver;
}

/** An open listener whose accepted transports are started; `next` waits for the next one. */
export async function open(
  options: ListenerOptions,
  more: Partial<typeof limits> & { broker?: BrokerOptions } = {},
) {
  const { broker, ...otherLimits } = more;
  const accepted: Accepted[] = [];
  let wake = () => {};
  const [resolved] = resolveBrokerOptions({ ...broker, listeners: [options] }).listeners;
  const listener: Listener = await openListener(resolved!, {
    limits: { ...limits, ...otherLimits },
    accept: (transport) => {
      const receiver = new RecordingReceiver();
      transport.start(receiver);
      cleanups.push(() => transport.destroy());
      accepted.push({ transport, receiver });
      wake();
    },
    knock: (handshake) => handshake.begin(),
    gone: () => {},
    onError: (error) => {
      throw error;
    },
  });
  cleanups.push(() => listener.close());
  const next = async (): Promise<Accepted> => {
    while (accepted.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return accepted.shift()!;
  };
  return { listener, accepted, next };
}

/** A socket that the test's end destroys. */
export function tracked<S extends { destroy(): unknown }>(socket: S): S {
  cleanups.push(() => socket.destroy());
  return socket;
}
