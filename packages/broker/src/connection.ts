/**
 * One network connection: reads bytes, hands each packet to its handler, and writes what handlers and sessions give it. Decides
 * nothing: what a packet means is the handlers' business, what an error means connection-error's.
 */
import { type Packet, PacketReader, type ProtocolVersion } from '@petrel/protocol';
import { writeAcknowledgement } from './acknowledgement-writer.js';
import { Acknowledgements, type AnswerOwner } from './acknowledgements.js';
import type { Authentication } from './authentication/authentication.js';
import type { AuthenticationSuccess } from './authentication/authentication-method.js';
import { Backpressure, type Backpressured } from './backpressure.js';
import { CountedTopicAliases } from './bounds/counted-topic-aliases.js';
import type { OutboundTotal } from './bounds/outbound-total.js';
import { PublishThrottle } from './bounds/publish-throttle.js';
import type { BrokerContext } from './broker-context.js';
import { ConnectionDeadline } from './connection-deadline.js';
import { endWithError } from './connection-error.js';
import type { ConnectionEnd, ConnectionTerms } from './connection-terms.js';
import { encodeFitting } from './encode-fitting.js';
import { handleFrame } from './handlers/index.js';
import type { Client } from './hooks.js';
import { Intake } from './intake.js';
import { Output, type OutputOwner } from './output.js';
import { PublishFrame } from './publish-frame.js';
import { PublishSender } from './publish-sender.js';
import type { Session } from './session.js';
import { connectionLost } from './session-takeover.js';
import type { Transport, TransportReceiver } from './transport.js';

/** Messages stop at twice the mark; what passes this many times the mark are answers. */
const chokeFactor = 4;

/** A connection, from accept to close. */
export class Connection implements TransportReceiver, OutputOwner, AnswerOwner, Backpressured {
  readonly context: BrokerContext;
  readonly transport: Transport;
  readonly output: Output;
  reader: PacketReader;
  /** Set by a CONNECT with an Authentication Method, and what to do with the client once it is known. */
  authentication: Authentication | undefined;
  acceptAuthenticated: ((success: AuthenticationSuccess) => Promise<void> | undefined) | undefined;
  /** Set by an accepted CONNECT. */
  session: Session | undefined;
  client: Client | undefined;
  terms: ConnectionTerms | undefined;
  inboundAliases: CountedTopicAliases | undefined;
  /** What CONNECT asks for, in force before the client is accepted: a refusal has to fit too. */
  maximumAnswerSize: number | undefined;
  /** Why it is ending; the first reason stays. */
  end: ConnectionEnd | undefined;
  /** CONNACK was sent. */
  isReady = false;
  /** Where the broker has rates for clients. */
  readonly throttle: PublishThrottle | undefined;
  /** The network connection is gone. */
  #lost: ConnectionEnd | undefined;
  readonly #outbound: OutboundTotal;
  #unfinished = 0;
  readonly #onClosed: (connection: Connection) => void;
  readonly #deadline: ConnectionDeadline;
  readonly #intake: Intake;
  // Made when they are first needed: most of ten thousand connections do nothing, or one thing only.
  #publishFrame: PublishFrame | undefined;
  #acknowledgements: Acknowledgements | undefined;
  #sender: PublishSender | undefined;
  #backpressure: Backpressure | undefined;

  /** `onClosed` is told once, when the network connection is gone. */
  constructor(transport: Transport, context: BrokerContext, onClosed: (connection: Connection) => void) {
    const { limits } = context.options;
    this.context = context;
    this.transport = transport;
    this.#onClosed = onClosed;
    this.#outbound = context.outbound;
    this.output = new Output(transport, context.flushQueue, this, context.outbound);
    this.throttle = PublishThrottle.of(limits, this, context.clock, context.timers);
    this.reader = new PacketReader({
      sender: 'client',
      maximumPacketSize: limits.maximumPacketSizeBeforeConnectBytes,
      topicNames: context.topics,
    });
    this.#intake = new Intake(transport);
    this.#deadline = new ConnectionDeadline(this, context);
  }

  /** The PUBLISH that is being handled. */
  get publishFrame(): PublishFrame {
    return (this.#publishFrame ??= new PublishFrame());
  }

  /** Answers that wait for the store. */
  get acknowledgements(): Acknowledgements {
    return (this.#acknowledgements ??= new Acknowledgements(this));
  }

  /** Sends messages under the terms of the accepted CONNECT. */
  get sender(): PublishSender {
    return (this.#sender ??= new PublishSender(this.output, this.terms as ConnectionTerms));
  }

  get protocolVersion(): ProtocolVersion | undefined {
    return this.terms?.protocolVersion ?? this.reader.protocolVersion;
  }

  get isEnding(): boolean {
    return this.end !== undefined;
  }

  /** Not read at the moment, for reasons that are not its own. */
  get isBlocked(): boolean {
    return this.#intake.isBlocked;
  }

  /** Below the mark: sending on is good for everybody. */
  get hasRoom(): boolean {
    return this.output.pendingBytes < this.#outbound.mark;
  }

  /** Publishers that cannot be slowed down any more may go this far over the mark. */
  get mayTakeMore(): boolean {
    return this.output.pendingBytes < 2 * this.#outbound.mark;
  }

  onBytes(chunk: Uint8Array): void {
    if (this.isEnding) return;
    this.context.metrics.bytesReceived += chunk.length;
    this.throttle?.bytesCame(chunk.length);
    this.reader.push(chunk);
    if (this.#intake.isOpen) this.#read();
    else this.#intake.pause();
  }

  onDrain(): void {
    this.output.drained();
  }

  onClose(cause?: Error): void {
    this.#lost = { reasonCode: undefined, byClient: true, cause };
    this.output.end();
    if (this.isEnding) this.#onClosed(this);
    // What came before the end still counts, above all a DISCONNECT behind a packet that is being decided [MQTT-3.14.4-3].
    else if (!this.isBlocked || this.session === undefined) this.#finish(this.#lost);
  }

  /** Takes the terms of an accepted CONNECT into force. */
  accept(client: Client, terms: ConnectionTerms): void {
    const { limits } = this.context.options;
    this.client = client;
    this.terms = terms;
    this.inboundAliases =
      terms.protocolVersion === 5 && limits.topicAliasMaximum > 0
        ? new CountedTopicAliases(limits.topicAliasMaximum)
        : undefined;
    this.reader.maximumPacketSize = limits.maximumPacketSizeBytes;
    this.transport.admit(terms.keepAlive > 0);
    this.context.door.decided(this);
    this.#deadline.connected(terms.keepAlive);
  }

  /** Sends any packet but PUBLISH; one the client cannot take at all is not sent [MQTT-3.1.2-24], and false tells so. */
  send(packet: Packet): boolean {
    const bytes = encodeFitting(packet, this.protocolVersion ?? 5, this.maximumAnswerSize);
    if (bytes === undefined) return false;
    this.context.metrics.packetsSent += 1;
    this.output.append(bytes, 0, bytes.length);
    return true;
  }

  /** Sends PUBACK, PUBREC, PUBREL or PUBCOMP without properties; `firstByte` says which. */
  sendAcknowledgement(firstByte: number, packetIdentifier: number, reasonCode: number): void {
    this.context.metrics.packetsSent += 1;
    writeAcknowledgement(
      this.output,
      firstByte,
      packetIdentifier,
      this.terms?.protocolVersion === 5 ? reasonCode : 0,
    );
  }

  sendPubrel(packetIdentifier: number, reasonCode: number): void {
    this.sendAcknowledgement(0x62, packetIdentifier, reasonCode);
  }

  /** Holds a publisher that feeds this connection while it is above its mark, unless that owes acknowledgements. */
  slowDown(publisher: Backpressured): void {
    if (this.hasRoom && !(this.session as Session).deliveries.isHalfFull) return;
    if (!publisher.mayBeHeld) return;
    this.#backpressure ??= new Backpressure(this.context);
    this.#backpressure.hold(publisher);
  }

  /** A client that is itself receiving with acknowledgements must be read, or two such clients could wait for each other. */
  get mayBeHeld(): boolean {
    return this.session === undefined || this.session.deliveries.inFlight === 0;
  }

  block(): void {
    this.#intake.block();
  }

  unblock(): void {
    if (this.#intake.unblock()) this.#goOn();
  }

  /** Asks for a look at the session's deliveries in the next turn. */
  wake(): void {
    this.context.flushQueue.add({ flush: () => this.onFlushed(0) });
  }

  /** Ends the connection for an error, as connection-error says. */
  fail(error: unknown): void {
    endWithError(this, error);
  }

  /** Sends what is queued and closes. */
  close(end: ConnectionEnd): void {
    if (this.isEnding) return;
    this.output.flush();
    this.#finish(end);
    this.transport.end();
  }

  /** Closes now. */
  destroy(end: ConnectionEnd): void {
    this.#finish(end);
    this.transport.destroy();
  }

  /** From here on the session has no connection, however long the socket takes to close. */
  #finish(end: ConnectionEnd): void {
    if (this.isEnding) return;
    this.end = end;
    this.context.metrics.connectionOver(this.isReady, end);
    this.#deadline.cancel();
    this.throttle?.end();
    this.context.unfinished.changed(this, 0, true);
    this.reader = new PacketReader({ sender: 'client' }); // The socket may take its time to close.
    this.authentication?.end();
    this.#acknowledgements?.clear();
    this.#backpressure?.recovered();
    connectionLost(this, end);
    if (this.#lost !== undefined) this.#onClosed(this);
  }

  #read(): void {
    let handled = false;
    try {
      while (this.#intake.isOpen && this.end === undefined && this.reader.nextFrame()) {
        handled = true;
        this.context.metrics.packetsReceived += 1;
        const pending = handleFrame(this);
        if (pending !== undefined) this.#waitFor(pending);
        if (this.output.pendingBytes >= chokeFactor * this.#outbound.mark) this.#intake.choke();
      }
    } catch (error) {
      this.fail(error);
    }
    if (this.#intake.isOpen) this.#publishFrame?.release();
    if (this.end !== undefined) return;
    if (handled) this.#deadline.packetCame();
    const unfinished = this.reader.bufferedBytes;
    if (unfinished === this.#unfinished || !this.#intake.isOpen) return;
    this.#unfinished = unfinished;
    this.context.unfinished.changed(this, unfinished, handled);
  }

  /** Reads what waited while the connection was blocked. */
  #goOn(): void {
    if (this.isEnding) return;
    this.#read();
    if (this.#lost !== undefined && !this.isBlocked) this.#finish(this.#lost);
  }

  /** Packets behind this one wait until it is decided. */
  #waitFor(pending: Promise<void>): void {
    this.block();
    pending.then(
      () => this.unblock(),
      (error: unknown) => {
        this.fail(error);
        this.unblock();
      },
    );
  }

  /** There may be room for more. */
  onFlushed(bytes: number): void {
    this.context.metrics.bytesSent += bytes;
    const deliveries = this.session?.deliveries;
    if (this.isEnding || deliveries === undefined || !this.hasRoom) return;
    if (this.#intake.unchoke()) this.#goOn();
    try {
      deliveries.pump();
    } catch (error) {
      // A fault in what one client gets ends that client; the others of this turn still get theirs.
      this.fail(error);
      return;
    }
    if (this.hasRoom && !deliveries.isHalfFull) this.#backpressure?.recovered();
  }
}
