/** The middle of a message's path, the same for clients, Wills and the broker itself: hook, retained store, router. */
import { reasonCode } from '@petrel/protocol';
import type { Backpressured } from './backpressure.js';
import type { BrokerContext } from './broker-context.js';
import { changeMessage } from './create-message.js';
import { HookError } from './errors.js';
import { isPending, isRefusal } from './hook-runner.js';
import type { Client, MessageChange, Refusal } from './hooks.js';
import type { Message } from './message.js';

/** What became of a message: 0x00, 0x10 or why the broker did not take it, or the refusal of a hook. */
export type Accepted = number | Refusal;

/**
 * Lets a hook have its say, stores what is retained, and routes. Gives back the Reason Code for the publisher, or the refusal of the hook; a promise only where the hook gave one.
 */
export function acceptMessage(
  context: BrokerContext,
  message: Message,
  client: Client | undefined,
  publisher: Backpressured | undefined,
): Accepted | Promise<Accepted> {
  if (!context.hooks.has.publish) return storeAndRoute(context, message, client, publisher);
  const go = (answer: Refusal | MessageChange | undefined): Accepted => {
    if (answer === undefined) return storeAndRoute(context, message, client, publisher);
    if (isRefusal(answer)) return answer;
    const changed = change(context, message, answer);
    return changed === undefined
      ? reasonCode.implementationSpecificError
      : storeAndRoute(context, changed, client, publisher);
  };
  const answer = context.hooks.publish(client, message);
  return isPending(answer) ? answer.then(go) : go(answer);
}

/** A replacement that no rule allows is a failure of the hook, and so a refusal. */
function change(
  { topics, clock, logger }: BrokerContext,
  message: Message,
  change: MessageChange,
): Message | undefined {
  try {
    return changeMessage(message, change, topics, clock);
  } catch (cause) {
    logger.error(new HookError('hook "publish" failed', cause));
    return undefined;
  }
}

/** Nobody can own the message: a publisher that cannot be told so must not be acknowledged. */
export class NotOwned implements Refusal {
  constructor(
    readonly reasonCode: number,
    readonly reasonString: string,
  ) {}
}

function storeAndRoute(
  context: BrokerContext,
  message: Message,
  client: Client | undefined,
  publisher: Backpressured | undefined,
): Accepted {
  if (message.qos > 0 || message.retain) {
    const refusal = whyNotOwned(context, message);
    if (refusal !== undefined) return refusal;
  }
  if (
    message.retain &&
    !storeRetained(context, message) &&
    message.qos > 0 &&
    client?.protocolVersion === 5
  ) {
    // Only this publisher can be told; for everybody else the message at least reaches who is there.
    return reasonCode.quotaExceeded;
  }
  const { hooks } = context;
  if (hooks.has.routing) hooks.tell('routing', client, message);
  const matched = context.router.publish(message, publisher);
  if (hooks.has.published) hooks.tell('published', client, message, { hasReceivers: matched });
  return matched ? reasonCode.success : reasonCode.noMatchingSubscribers;
}

/** The store cannot own what it would have to, or a queue is full whose policy is to refuse. QoS 0 goes on: nobody waits for its owner. */
function whyNotOwned(context: BrokerContext, message: Message): NotOwned | undefined {
  const storeRefusal = context.store.refusal;
  const refusesWhenFull = context.options.limits.sessionQueue.overflow === 'refuse';
  if (message.qos === 0 || (storeRefusal === undefined && !refusesWhenFull)) return undefined;
  if (storeRefusal !== undefined && (message.retain || context.router.needsStore(message)))
    return new NotOwned(storeRefusal, 'the broker cannot store the message at the moment');
  return refusesWhenFull && context.router.isFullFor(message)
    ? new NotOwned(reasonCode.quotaExceeded, 'the queue of a receiver is full')
    : undefined;
}

/** False when the bounds of the retained store leave no room. */
function storeRetained(context: BrokerContext, message: Message): boolean {
  const { retainedMessages, store, logger } = context;
  if (store.refusal !== undefined) {
    // At QoS 0 nobody is told: who is there gets it, and what is retained stays as it is.
    logger.warn(`retained message of ${JSON.stringify(message.topicName)} not stored: the store refuses it`);
    return true;
  }
  if (message.payloadBytes === 0) {
    // [MQTT-3.3.1-6] [MQTT-3.3.1-7]
    retainedMessages.delete(message.topicName);
    return true;
  }
  const isRefused = context.memory.isSpent && !retainedMessages.has(message.topicName);
  const refused = isRefused
    ? 'maximumMemoryBytes'
    : retainedMessages.set(message.detach(), context.clock.now());
  if (refused === undefined) return true;
  logger.warn(
    `retained message of ${JSON.stringify(message.topicName)} not stored: limit ${isRefused ? '' : 'retained.'}${refused} is reached`,
  );
  return false;
}
