/** The bridges of a running broker: clients in its own process, known by a secret that nobody else has. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { type Bridge, type BridgeEvent, createBridge } from '@petrel/bridge';
import type { Broker, BrokerHooks, Logger } from '@petrel/broker';
import { principalOf, type RemoteBridge } from './configuration/bridges.js';

const principalPrefix = principalOf('');

/** Made before the broker, started behind it. */
export class RunningBridges {
  readonly #options: readonly RemoteBridge[];
  readonly #secret = randomBytes(32);
  #bridges: readonly Bridge[] = [];
  #isClosing = false;

  constructor(options: readonly RemoteBridge[]) {
    this.#options = options;
  }

  /** The hook for createBroker: lets the bridges in, asks `others` about everybody else, and lends nobody the name of a bridge. */
  authenticate(others: NonNullable<BrokerHooks['authenticate']>): NonNullable<BrokerHooks['authenticate']> {
    return (request) => {
      const { transport, userName, password } = request;
      if (transport === 'memory' && userName?.startsWith(principalPrefix) && password !== undefined)
        return this.#isSecret(password) && { name: userName };
      const answer = others(request);
      return answer instanceof Promise ? answer.then(unlessBridge) : unlessBridge(answer);
    };
  }

  start(broker: Broker, logger: Logger): void {
    this.#bridges = this.#options.map((options) =>
      createBridge({
        ...options,
        local: {
          stream: () => broker.connect(),
          userName: principalOf(options.name),
          password: this.#secret,
        },
        onEvent: (event) => tell(logger, options.name, event),
      }),
    );
    for (const bridge of this.#bridges) {
      bridge.ready().catch((error: Error) => {
        // One whose other side was away until the end has not failed.
        if (!this.#isClosing) logger.error(`bridge "${bridge.name}" cannot work: ${error.message}`);
      });
    }
  }

  /** Before the broker closes: what is on its way may arrive. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all(this.#bridges.map((bridge) => bridge.close()));
  }

  #isSecret(password: Uint8Array): boolean {
    return password.length === this.#secret.length && timingSafeEqual(password, this.#secret);
  }
}

type Known = Awaited<ReturnType<NonNullable<BrokerHooks['authenticate']>>>;

function unlessBridge(answer: Known): Known {
  const isBridge = typeof answer === 'object' && 'name' in answer && answer.name.startsWith(principalPrefix);
  return isBridge ? false : answer;
}

function tell(logger: Logger, name: string, event: BridgeEvent): void {
  const line = `bridge "${name}": ${sentence(event)}`;
  if (event.type === 'connected') logger.info(line);
  else logger.warn(line);
}

function sentence(event: BridgeEvent): string {
  switch (event.type) {
    case 'connected':
      return `the ${event.side} side is connected`;
    case 'disconnected':
      return `the ${event.side} side is gone: ${event.error?.message}`;
    case 'warning':
      return `${event.side} side: ${event.error.message}`;
    case 'dropped': {
      const why = event.error === undefined ? '' : `, ${event.error.message}`;
      return `gave up a message to "${event.topicName}" (${event.direction}): ${event.reason}${why}`;
    }
  }
}
