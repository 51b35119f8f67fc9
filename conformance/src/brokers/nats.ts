/** NATS server with JetStream: MQTT 3.1.1. It has no way to deny a topic to everybody without accounts, so nothing is arranged. */
import { startNats } from '@petrel/testing';
import { localTimeoutMs, type RunningTarget } from './running-target.js';

/** Starts it on free loopback ports. */
export async function startNatsTarget(): Promise<RunningTarget> {
  const broker = await startNats();
  return {
    name: `NATS ${/Version:\s+(\S+)/.exec(broker.process.output)?.[1] ?? 'of unknown version'}`,
    target: {
      url: new URL(broker.url),
      webSocketUrl: new URL(broker.webSocketUrl),
      timeoutMs: localTimeoutMs,
    },
    stop: () => broker.stop(),
  };
}
