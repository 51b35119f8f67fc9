/** NATS server with JetStream: MQTT 3.1.1. Denying a topic to everybody would need accounts, so that is not arranged. */
import { startNats } from '@petrel/testing';
import { localTimeoutMs, type RunningTarget } from './running-target.js';

/** Starts it on free loopback ports. */
export async function startNatsTarget(): Promise<RunningTarget> {
  // Sends again after this time, not when a client comes back; its default of 30 s is longer than the tests wait.
  const broker = await startNats({ mqtt: 'ack_wait: "1s"' });
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
