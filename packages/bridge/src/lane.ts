/** One direction of a bridge: messages of one server on their way to the other, each acknowledged only once the other has it. */
import type { Client, Delivery, Message, PublishResult, Subscription } from '@petrel/client';
import { PetrelError, reasonCode } from '@petrel/protocol';
import { BridgeError } from './errors.js';
import { isLoop, withHop } from './hops.js';
import type { DropReason, LaneCounters } from './options.js';
import { type TopicRule, targetTopicOf } from './topic-rule.js';

/** Before a server without room is asked again. */
const retryDelayMs = 1_000;

/** What a lane needs. */
export interface LaneParts {
  readonly name: string;
  readonly source: Client;
  readonly target: Client;
  readonly rules: readonly TopicRule[];
  readonly maximumHops: number;
  readonly onDropped: (topicName: string, reason: DropReason, error: PetrelError | undefined) => void;
  readonly onWarning: (error: PetrelError) => void;
  /** Aborted when the bridge goes down. */
  readonly signal: AbortSignal;
}

export class Lane {
  readonly #parts: LaneParts;
  readonly #counters = { forwarded: 0, refused: 0, loop: 0, offline: 0 };

  constructor(parts: LaneParts) {
    this.#parts = parts;
  }

  get counters(): LaneCounters {
    return { ...this.#counters };
  }

  /** Subscribes at once, or as soon as there is a connection; resolves when the server has granted everything. */
  subscribe(): Promise<readonly Subscription[]> {
    const { source, rules } = this.#parts;
    return Promise.all(
      rules.map((rule) =>
        source.subscribe(
          rule.topicFilter,
          // What this bridge brought here stays here. A session that goes on has had its retained messages.
          { qos: rule.qos, noLocal: true, retainAsPublished: true, retainHandling: 1 },
          (message, delivery) => this.#carry(rule, message, delivery),
        ),
      ),
    );
  }

  /** The promise is what the acknowledgement waits for; QoS 0 has none, and needs none. */
  #carry(rule: TopicRule, message: Message, delivery: Delivery): Promise<void> | undefined {
    const { name, maximumHops } = this.#parts;
    if (isLoop(message.properties.userProperties, name, maximumHops)) {
      this.#drop(message, 'loop');
      return undefined;
    }
    const sent = this.#send(rule, message, delivery);
    return message.qos === 0 ? undefined : sent;
  }

  async #send(rule: TopicRule, message: Message, delivery: Delivery): Promise<void> {
    for (;;) {
      try {
        await this.#publish(rule, message);
        this.#counters.forwarded++;
        return;
      } catch (error) {
        switch (fateOf(error)) {
          case 'offline':
            this.#drop(message, 'offline');
            return;
          case 'refused':
            this.#drop(message, 'refused', error as PetrelError);
            return;
          case 'again':
            this.#parts.onWarning(error as PetrelError);
            await this.#pause();
            break;
          case 'unknown':
            if (message.qos === 0) this.#drop(message, 'offline');
            // Left to the source, which sends it again to whoever continues its session.
            delivery.abandon(error as Error);
            return;
        }
      }
    }
  }

  #publish(
    rule: TopicRule,
    { topicName, payload, qos, retain, properties }: Message,
  ): Promise<PublishResult> {
    const { name, target } = this.#parts;
    const { subscriptionIdentifiers: _, topicAlias: __, userProperties, ...carried } = properties;
    const { maximumQoS = 2, retainAvailable = true } = target.server ?? {};
    return target.publish(targetTopicOf(rule, topicName), payload, {
      qos: qos > maximumQoS ? maximumQoS : qos,
      retain: retain && retainAvailable,
      properties: { ...carried, userProperties: withHop(userProperties, name) },
    });
  }

  #drop({ topicName }: Message, reason: DropReason, error?: PetrelError): void {
    this.#counters[reason]++;
    this.#parts.onDropped(topicName, reason, error);
  }

  #pause(): Promise<void> {
    const { signal } = this.#parts;
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, retryDelayMs);
      signal.addEventListener('abort', wake);
      if (signal.aborted) wake();
    });
  }
}

/** The one decision what becomes of a message that the other server did not take. */
function fateOf(error: unknown): 'again' | 'offline' | 'refused' | 'unknown' {
  if (!(error instanceof PetrelError)) return 'unknown';
  switch (error.code) {
    case 'PETREL_NOT_CONNECTED':
      return 'offline';
    case 'PETREL_PUBLISH_REFUSED':
      return error.reasonCode === reasonCode.quotaExceeded ? 'again' : 'refused';
    case 'PETREL_SERVER_LIMIT':
    case 'PETREL_MESSAGE_EXPIRED':
    case 'PETREL_TOPIC_INVALID':
    case 'PETREL_INVALID_ARGUMENT':
    case 'PETREL_PACKET_TOO_LARGE':
      return 'refused';
    default:
      return 'unknown';
  }
}

/** What a message fails with that was on its way when the bridge went down. */
export function bridgeClosed(): BridgeError {
  return new BridgeError('PETREL_BRIDGE_CLOSED', 'the bridge was closed');
}
