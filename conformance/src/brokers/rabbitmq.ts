/** RabbitMQ with its MQTT plugin, which up to 3.11 speaks MQTT 3.1.1 and treats QoS 2 as QoS 1. */
import { startRabbitMq } from '@petrel/testing';
import { localTimeoutMs, type RunningTarget } from './running-target.js';

/** Starts it on free loopback ports. */
export async function startRabbitMqTarget(): Promise<RunningTarget> {
  const broker = await startRabbitMq();
  return {
    name: `RabbitMQ ${/Starting RabbitMQ (\S+)/.exec(broker.process.output)?.[1] ?? 'of unknown version'}`,
    target: {
      url: new URL(broker.url),
      webSocketUrl: new URL(broker.webSocketUrl),
      timeoutMs: localTimeoutMs,
    },
    stop: () => broker.stop(),
  };
}
