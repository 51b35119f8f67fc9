/**
 * The sender's half of QoS 1 and QoS 2 (section 4.3): send quota, Packet Identifiers, what is unacknowledged, what to resend.
 * Owns no socket, timer or promise; the caller writes packets and reports answers. The client and the broker use the same one.
 */
import { ProtocolError, UsageError } from '../errors.js';
import { PacketIdentifiers } from './packet-identifiers.js';

/** One message between its first PUBLISH and the end of its exchange. */
export interface OutboundEntry<M> {
  readonly packetIdentifier: number;
  readonly qos: 1 | 2;
  readonly message: M;
  /** True once PUBREC was accepted: from then on only PUBREL is sent [MQTT-4.3.3-6]. */
  readonly released: boolean;
}

interface Entry<M> extends OutboundEntry<M> {
  released: boolean;
  /** Rank of the first PUBLISH, which the resent ones keep [MQTT-4.6.0-1]. */
  readonly sequence: number;
  /** Rank of its PUBREC, which the PUBRELs keep [MQTT-4.6.0-4]; 0 before it. */
  releaseSequence: number;
  /** Whether a PUBLISH of this connection holds send quota. */
  holdsQuota: boolean;
}

/** What PUBREC leads to: PUBREL, the end of the exchange, or PUBREL with 0x92 for an identifier nobody knows. */
export type PubrecOutcome = 'release' | 'ended' | 'unknown';

/** The state of all QoS 1 and QoS 2 messages that one session is sending. `M` is whatever the caller calls a message. */
export class OutboundDelivery<M> {
  readonly #identifiers: PacketIdentifiers;
  /** Indexed by Packet Identifier. */
  readonly #entries: (Entry<M> | undefined)[] = [];
  /** Entries of an earlier connection that are still to be resent, in order. */
  #resends: Entry<M>[] = [];
  #quota: number;
  #sequence = 0;
  #size = 0;

  /** `receiveMaximum` is the receiver's (1–65,535); `identifiers` may be shared with SUBSCRIBE and UNSUBSCRIBE. */
  constructor(receiveMaximum: number, identifiers: PacketIdentifiers = new PacketIdentifiers()) {
    this.#quota = receiveMaximum;
    this.#identifiers = identifiers;
  }

  /** Messages whose exchange is not over. */
  get size(): number {
    return this.#size;
  }

  /** True when a new message may be sent now: quota is left and nothing older waits to be resent [MQTT-3.3.4-7] [MQTT-3.3.4-9] [MQTT-4.9.0-2]. */
  get canBegin(): boolean {
    return this.#quota > 0 && this.#resends.length === 0 && this.#identifiers.inUse < 0xffff;
  }

  /** Starts an exchange and returns the Packet Identifier for its PUBLISH [MQTT-4.3.2-1] [MQTT-4.3.3-1]; throws UsageError unless `canBegin`. */
  begin(message: M, qos: 1 | 2): number {
    const packetIdentifier = this.canBegin ? this.#identifiers.allocate() : undefined;
    if (packetIdentifier === undefined) throw new UsageError('begin() needs send quota: ask canBegin first');
    this.#quota--;
    this.#add({
      packetIdentifier,
      qos,
      message,
      released: false,
      sequence: this.#sequence++,
      releaseSequence: 0,
      holdsQuota: true,
    });
    return packetIdentifier;
  }

  /** Takes PUBACK; returns what it ends, undefined for an unknown identifier [MQTT-4.3.2-3]. */
  puback(packetIdentifier: number): OutboundEntry<M> | undefined {
    const entry = this.#entries[packetIdentifier];
    if (entry === undefined) return undefined;
    if (entry.qos !== 1)
      throw new ProtocolError(`PUBACK ${packetIdentifier} answers a PUBLISH of QoS 2 [MQTT-3.3.4-1]`);
    return this.#end(entry);
  }

  /** Takes PUBREC; a Reason Code of 0x80 or more ends the exchange without PUBREL [MQTT-4.3.3-4] [MQTT-4.4.0-2]. */
  pubrec(packetIdentifier: number, reasonCode: number): PubrecOutcome {
    const entry = this.#entries[packetIdentifier];
    if (entry === undefined) return 'unknown';
    if (entry.qos !== 2)
      throw new ProtocolError(`PUBREC ${packetIdentifier} answers a PUBLISH of QoS 1 [MQTT-3.3.4-1]`);
    if (reasonCode >= 0x80) {
      this.#end(entry);
      return 'ended';
    }
    if (!entry.released) entry.releaseSequence = this.#sequence++;
    entry.released = true;
    return 'release';
  }

  /** Takes PUBCOMP; returns what it ends, undefined for an unknown identifier or one that was never released [MQTT-4.3.3-5]. */
  pubcomp(packetIdentifier: number): OutboundEntry<M> | undefined {
    const entry = this.#entries[packetIdentifier];
    if (entry === undefined) return undefined;
    if (!entry.released)
      throw new ProtocolError(`PUBCOMP ${packetIdentifier} came before PUBREC [MQTT-4.3.3-5]`);
    return this.#end(entry);
  }

  /** Looks an open exchange up. */
  get(packetIdentifier: number): OutboundEntry<M> | undefined {
    return this.#entries[packetIdentifier];
  }

  /**
   * Begins a new connection of the same session: a fresh quota, and all open exchanges are due again [MQTT-4.4.0-1].
   *
   * PUBRELs come first, in the order of their PUBRECs, so that no PUBLISH that lacks quota holds one back [MQTT-3.3.4-8] [MQTT-3.3.4-10];
   * then the PUBLISHes in their order [MQTT-4.6.0-1].
   */
  resume(receiveMaximum: number): void {
    this.#quota = receiveMaximum;
    const open = this.entries() as readonly Entry<M>[];
    const released = open.filter((entry) => entry.released);
    released.sort((left, right) => left.releaseSequence - right.releaseSequence);
    this.#resends = [...released, ...open.filter((entry) => !entry.released)];
    for (const entry of this.#resends) entry.holdsQuota = false;
  }

  /**
   * The next exchange to resend: as PUBREL when `released`, else as PUBLISH with DUP 1 and its old identifier.
   *
   * Undefined when nothing is left or a PUBLISH lacks quota; ask again after each answer.
   */
  nextResend(): OutboundEntry<M> | undefined {
    for (;;) {
      const entry = this.#resends[0];
      if (entry === undefined) return undefined;
      if (this.#entries[entry.packetIdentifier] !== entry) {
        // Answered meanwhile: nothing to resend.
        this.#resends.shift();
        continue;
      }
      if (!entry.released) {
        if (this.#quota === 0) return undefined;
        this.#quota--;
        entry.holdsQuota = true;
      }
      this.#resends.shift();
      return entry;
    }
  }

  /** Puts an exchange back that a store kept; call in the original order, then `resume`. */
  restore(packetIdentifier: number, qos: 1 | 2, message: M, released: boolean): void {
    this.#identifiers.claim(packetIdentifier);
    const sequence = this.#sequence++;
    this.#add({
      packetIdentifier,
      qos,
      message,
      released,
      sequence,
      releaseSequence: sequence,
      holdsQuota: false,
    });
  }

  /** Forgets one exchange and frees its identifier: for a message that will never be sent again. */
  drop(packetIdentifier: number): OutboundEntry<M> | undefined {
    const entry = this.#entries[packetIdentifier];
    return entry && this.#end(entry);
  }

  /** Forgets everything, as a session that ended does; returns what was open, in order. */
  clear(): OutboundEntry<M>[] {
    const open = [...this.entries()] as Entry<M>[];
    for (const entry of open) this.#end(entry);
    this.#resends = [];
    return open;
  }

  /** All open exchanges in the order of their first PUBLISH. */
  entries(): readonly OutboundEntry<M>[] {
    const open = this.#entries.filter((entry): entry is Entry<M> => entry !== undefined);
    return open.sort((left, right) => left.sequence - right.sequence);
  }

  #add(entry: Entry<M>): void {
    // Holes would turn the array into a dictionary.
    while (this.#entries.length <= entry.packetIdentifier) this.#entries.push(undefined);
    this.#entries[entry.packetIdentifier] = entry;
    this.#size++;
  }

  #end(entry: Entry<M>): Entry<M> {
    this.#entries[entry.packetIdentifier] = undefined;
    this.#identifiers.release(entry.packetIdentifier);
    this.#size--;
    // What took no quota on this connection gives none back, so that it never passes the Receive Maximum [MQTT-4.9.0-1].
    if (entry.holdsQuota) this.#quota++;
    return entry;
  }
}
