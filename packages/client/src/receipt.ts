/** The acknowledgement of one message, in the hands of whoever handles it. */
import { isReasonCodeOf, UsageError } from '@petrel/protocol';
import { show } from './option-reader.js';

/** What a handler gets besides the message. */
export interface Delivery {
  /**
   * Acknowledges before the handler's promise does; the first word counts. `reasonCode`: 0x00 (default) or one of those that PUBACK knows;
   * 0x80 and above refuse the message on MQTT 5. Does nothing at QoS 0.
   */
  acknowledge(reasonCode?: number): void;
  /** Leaves the message unacknowledged and ends the connection, so that the server sends it again. Does nothing at QoS 0. */
  abandon(cause: Error): void;
  /**
   * Leaves the message unacknowledged and the connection as it is: the server sends it again on the next one. Until then it counts against the Receive
   * Maximum, and what came behind it waits with its acknowledgement. Does nothing at QoS 0.
   */
  leave(): void;
}

/** Takes the outcome of one handler of one message. */
export interface Acknowledger {
  settle(reasonCode: number): void;
  /** Leaves the message unacknowledged and ends the connection, so that the server sends it again. */
  abandon(cause: Error): void;
  /** Leaves the message unacknowledged: a later connection brings it again. */
  leave(): void;
}

/** One handler's part in acknowledging one message; only its first call counts. */
export class Receipt implements Delivery {
  #acknowledger: Acknowledger | undefined;

  /** Without an acknowledger (QoS 0) nothing has to be said. */
  constructor(acknowledger?: Acknowledger) {
    this.#acknowledger = acknowledger;
  }

  acknowledge(reasonCode = 0): void {
    if (reasonCode !== 0 && !isReasonCodeOf('puback', reasonCode, 'client')) {
      throw new UsageError(
        `acknowledge() must get a Reason Code of PUBACK, got ${show(reasonCode)} [MQTT-3.4.2-1] [MQTT-3.5.2-1]`,
      );
    }
    this.#take()?.settle(reasonCode);
  }

  abandon(cause: Error): void {
    this.#take()?.abandon(cause);
  }

  leave(): void {
    this.#take()?.leave();
  }

  #take(): Acknowledger | undefined {
    const acknowledger = this.#acknowledger;
    this.#acknowledger = undefined;
    return acknowledger;
  }
}

/** The receipt of every QoS 0 message. */
export const noReceipt = new Receipt();
