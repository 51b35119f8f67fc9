/** Runs message handlers: their result decides the acknowledgement, their failure is reported and answered as the options say. */
import { isReasonCodeOf, reasonCode } from '@petrel/protocol';
import { DeliveryError } from './errors.js';
import type { Message } from './message.js';
import type { Delivery, Receipt } from './receipt.js';

/** Handles messages of a subscription. A promise delays the acknowledgement until it settles; other messages do not wait for it. */
export type MessageHandler = (message: Message, delivery: Delivery) => unknown;

/** What a runner needs. */
export interface HandlerRunnerOptions {
  readonly onHandlerError: 'refuse' | 'acknowledge' | 'disconnect';
  readonly report: (error: DeliveryError) => void;
  /** The last running handler has finished. */
  readonly onIdle: () => void;
}

export class HandlerRunner {
  readonly #options: HandlerRunnerOptions;
  #running = 0;

  constructor(options: HandlerRunnerOptions) {
    this.#options = options;
  }

  /** Handlers whose promise is pending. */
  get running(): number {
    return this.#running;
  }

  /** Runs a handler now; never throws. */
  run(handler: MessageHandler, message: Message, receipt: Receipt): void {
    let result: unknown;
    try {
      result = handler(message, receipt);
    } catch (error) {
      this.#failed(error, message, receipt);
      return;
    }
    if (isThenable(result)) this.#await(result, message, receipt);
    else receipt.acknowledge();
  }

  #await(result: PromiseLike<unknown>, message: Message, receipt: Receipt): void {
    this.#running++;
    result.then(
      () => {
        receipt.acknowledge();
        this.#finished();
      },
      (error: unknown) => {
        this.#failed(error, message, receipt);
        this.#finished();
      },
    );
  }

  #finished(): void {
    if (--this.#running === 0) this.#options.onIdle();
  }

  #failed(cause: unknown, message: Message, receipt: Receipt): void {
    const why = cause instanceof Error ? cause.message : String(cause);
    const code = refusalCode(cause);
    const error = new DeliveryError(
      'PETREL_HANDLER_FAILED',
      `the handler of "${message.topicName}" failed: ${why}`,
      {
        reasonCode: code,
        cause,
      },
    );
    switch (this.#options.onHandlerError) {
      case 'refuse':
        receipt.acknowledge(code);
        break;
      case 'acknowledge':
        receipt.acknowledge();
        break;
      case 'disconnect':
        receipt.abandon(error);
    }
    this.#options.report(error);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}

/** The error's own Reason Code where PUBACK can carry it, else 0x80. */
function refusalCode(error: unknown): number {
  const own =
    typeof error === 'object' && error !== null ? (error as { reasonCode?: unknown }).reasonCode : undefined;
  const isUsable = typeof own === 'number' && own >= 0x80 && isReasonCodeOf('puback', own, 'client');
  return isUsable ? own : reasonCode.unspecifiedError;
}
