/**
 * The receiver's half of QoS 1 and QoS 2 (section 4.3): receive quota, and which QoS 2 messages were taken already.
 * Owns no socket, timer or promise. The client and the broker use the same one.
 */
import { ProtocolError } from '../errors.js';
import { reasonCode } from '../reason-code.js';

/** `duplicate` is a QoS 2 PUBLISH whose message was taken before: answer PUBREC, do not deliver again [MQTT-4.3.3-10]. */
export type InboundOutcome = 'new' | 'duplicate';

/** The state of all QoS 1 and QoS 2 messages that one session is receiving. */
export class InboundDelivery {
  #receiveMaximum: number;
  /** Packet Identifiers of QoS 2 between PUBLISH and PUBREL; true where the PUBLISH came on this connection and so counts. */
  readonly #unreleased = new Map<number, boolean>();
  /** PUBLISH packets of this connection whose exchange is not over: QoS 1 and QoS 2 share one quota [MQTT-4.9.0-1]. */
  #open = 0;

  /** `receiveMaximum` is what this end announced, 1–65,535. */
  constructor(receiveMaximum: number) {
    this.#receiveMaximum = receiveMaximum;
  }

  /** PUBLISH packets of this connection not yet answered to the end. */
  get open(): number {
    return this.#open;
  }

  /** Packet Identifiers of QoS 2 messages that wait for PUBREL, for a store. */
  get unreleased(): IterableIterator<number> {
    return this.#unreleased.keys();
  }

  /** Takes a PUBLISH of QoS 1 or 2; throws ProtocolError 0x93 when the sender passes the Receive Maximum [MQTT-3.3.4-7] [MQTT-3.3.4-9]. */
  begin(packetIdentifier: number, qos: 1 | 2): InboundOutcome {
    const known = qos === 2 ? this.#unreleased.get(packetIdentifier) : undefined;
    if (known === true) return 'duplicate';
    if (this.#open >= this.#receiveMaximum) {
      throw new ProtocolError(
        `more than ${this.#receiveMaximum} PUBLISH packets are unacknowledged [MQTT-3.3.4-7]`,
        {
          reasonCode: reasonCode.receiveMaximumExceeded,
        },
      );
    }
    this.#open++;
    if (qos === 2) this.#unreleased.set(packetIdentifier, true);
    return known === undefined ? 'new' : 'duplicate';
  }

  /**
   * PUBACK was sent: the identifier means a new message from now on [MQTT-4.3.2-5].
   *
   * Not to be called for a PUBLISH of an earlier connection, which `resume` forgot.
   */
  acknowledged(): void {
    if (this.#open > 0) this.#open--;
  }

  /** PUBREC of 0x80 or more was sent: the exchange is over [MQTT-4.3.3-9]. */
  refused(packetIdentifier: number): void {
    this.release(packetIdentifier);
  }

  /** Takes PUBREL; false for an unknown identifier, to be answered with PUBCOMP 0x92 [MQTT-4.3.3-11] [MQTT-4.3.3-12]. */
  release(packetIdentifier: number): boolean {
    const counted = this.#unreleased.get(packetIdentifier);
    if (counted === undefined) return false;
    if (counted) this.#open--;
    return this.#unreleased.delete(packetIdentifier);
  }

  /**
   * Begins a new connection of the same session: QoS 1 is forgotten, QoS 2 identifiers stay known, the quota is fresh.
   * `receiveMaximum` is what this end announced this time; default: as before.
   */
  resume(receiveMaximum = this.#receiveMaximum): void {
    this.#receiveMaximum = receiveMaximum;
    this.#open = 0;
    for (const packetIdentifier of this.#unreleased.keys()) this.#unreleased.set(packetIdentifier, false);
  }

  /** Puts an identifier back that a store kept. */
  restore(packetIdentifier: number): void {
    this.#unreleased.set(packetIdentifier, false);
  }
}
