/**
 * Sends requests and brings their answers back: one private inbox for the life of the connection, answers found by
 * Correlation Data (section 4.10), a deadline each. Knows no property name (wire-format does) and no NestJS.
 */
import { type Clock, systemClock } from '@petrel/client';
import { type QoS, reasonCode } from '@petrel/protocol';
import { Call, expiringRequest, type Outcome, type RequestSettings } from './call.js';
import { type Control, controlTopic, writeControl } from './control-format.js';
import { startDeadline } from './deadline.js';
import type { Dialect } from './dialect.js';
import {
  NoResponderError,
  RequestCancelledError,
  RequestError,
  RequestLostError,
  RequestTimeoutError,
} from './errors.js';
import type { IncomingReply, Outgoing, RequestForm } from './exchange.js';
import type { InboundMessage, Link } from './link.js';
import { NestReplyTopics } from './nest-reply-topics.js';
import { PeerForms } from './peer-forms.js';
import { randomToken } from './random-token.js';
import { ReplyInbox } from './reply-inbox.js';
import { inboxTopic } from './wire-format.js';

/** The private inbox of a requester. */
export interface InboxSettings {
  /** First levels of the topics of control messages; undefined: responders are told nothing. */
  readonly controlPrefix?: string | undefined;
  /** First levels of the inbox topic; the client identifier and one level more follow. */
  readonly prefix: string;
  /**
   * QoS of answers, 0–2. Above 0 they count against Receive Maximum: on a connection that also runs handlers it must
   * be 0, or handlers that wait for answers could use up the quota that their answers need.
   */
  readonly qos: QoS;
}

/** Sends requests over one connection. */
export class Requester {
  readonly #link: Link;
  readonly #dialect: Dialect;
  readonly #inboxSettings: InboxSettings;
  readonly #clock: Clock;
  readonly #calls = new ReplyInbox<Call>(`${randomToken()}.`);
  readonly #peers = new PeerForms();
  readonly #replyTopics: NestReplyTopics;
  #inbox: Promise<string> | undefined;
  /** Known once the inbox is open. */
  #inboxTopic: string | undefined;

  constructor(link: Link, dialect: Dialect, inbox: InboxSettings, clock: Clock = systemClock) {
    this.#link = link;
    this.#dialect = dialect;
    this.#inboxSettings = inbox;
    this.#clock = clock;
    link.watch({ onConnected: () => this.#onConnected(), onLost: (cause) => this.#onLost(cause) });
    this.#replyTopics = new NestReplyTopics(link, inbox.qos, (message, topicName) => {
      // Whoever's answer it is: a stock server serves this topic.
      this.#peers.answered(topicName, 'nest');
      return this.#receive(message);
    });
  }

  /** Requests that wait for an answer. */
  get waiting(): number {
    return this.#calls.size;
  }

  /** Answers that nobody waited for. */
  get unclaimed(): number {
    return this.#calls.unclaimed;
  }

  /** Sends a request; `listener` hears every outcome, the last of them exactly once. Returns how to give it up. */
  send(request: Outgoing, settings: RequestSettings, listener: (outcome: Outcome) => void): () => void {
    const { signal, timeoutMs } = settings;
    const call = new Call(request, settings, listener);
    call.id = this.#calls.register(call);
    call.startedAt = this.#clock.now();
    call.cancelDeadline = startDeadline(this.#clock, timeoutMs, () => {
      this.#peers.unanswered(request.topicName);
      this.#giveUp(call);
      this.#fail(call, new RequestTimeoutError(request.topicName, timeoutMs));
    });
    if (signal !== undefined) this.#watch(call, signal);
    if (!signal?.aborted) this.#dispatch(call);
    return () => {
      this.#giveUp(call);
      this.#forget(call);
    };
  }

  #watch(call: Call, signal: AbortSignal): void {
    const { topicName } = call.request;
    const abort = (): void => {
      this.#giveUp(call);
      this.#fail(call, new RequestCancelledError(topicName, 'its signal was aborted', signal.reason));
    };
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    call.stopWatching = () => signal.removeEventListener('abort', abort);
  }

  /** Fails all that still wait. */
  close(): void {
    for (const call of this.#calls.drain()) {
      this.#end(call);
      const error = new RequestCancelledError(call.request.topicName, 'the service was closed');
      call.listener({ kind: 'failed', error });
    }
  }

  #dispatch(call: Call): void {
    const published = this.#canPublishNow(call) ? this.#publish(call, this.#inboxTopic) : this.#prepare(call);
    published.then(
      (result) => {
        call.isUnacknowledged = false;
        if (result?.reasonCode === reasonCode.noMatchingSubscribers) this.#onNoResponder(call);
      },
      (cause: unknown) => this.#onNotSent(call, cause as Error),
    );
  }

  /** All that a request needs to be answered is there: nearly always, so that nearly no request waits for a promise. */
  #canPublishNow(call: Call): boolean {
    if (this.#inboxTopic === undefined) return false;
    call.form ??= this.#formFor(call);
    return call.form === 'native';
  }

  /** Waits for the connection and for the subscriptions that answers arrive by. */
  async #prepare(call: Call): Promise<{ readonly reasonCode: number } | undefined> {
    await this.#link.ready();
    call.form ??= this.#formFor(call);
    const responseTopic = call.form === 'nest' ? undefined : await this.#openInbox();
    if (call.form !== 'native' && !call.usesReplyTopic) await this.#openReplyTopic(call);
    // Given up while it waited.
    if (this.#calls.find(call.id) !== call) return undefined;
    return this.#publish(call, responseTopic);
  }

  /** Never throws: what cannot be written rejects, like what cannot be sent. */
  #publish(call: Call, responseTopic: string | undefined): Promise<{ readonly reasonCode: number }> {
    const { request, settings, form = 'native', id } = call;
    try {
      const expiring = expiringRequest(request, this.#timeLeft(call));
      const wire = this.#dialect.writeRequest(expiring, form, id, responseTopic);
      const { topicName, payload, properties } = wire;
      const { qos, retain, signal } = settings;
      call.state = this.#link.isConnected ? 'sent' : 'queued';
      call.isUnacknowledged = qos > 0;
      return this.#link.publish(topicName, payload, { qos, retain, properties, signal });
    } catch (cause) {
      return Promise.reject(cause as Error);
    }
  }

  /** Milliseconds; 0 = no limit. */
  #timeLeft({ state, startedAt, settings: { timeoutMs } }: Call): number {
    if (state !== 'lost' || timeoutMs === 0) return timeoutMs;
    return Math.max(1, timeoutMs - (this.#clock.now() - startedAt));
  }

  #onConnected(): void {
    for (const call of this.#calls.values()) {
      if (call.state === 'lost' && !call.isUnacknowledged) this.#dispatch(call);
      if (call.state !== 'preparing') call.state = 'sent';
    }
  }

  #onLost(cause: Error): void {
    for (const call of this.#calls.values()) {
      if (call.state !== 'sent') continue;
      if (call.settings.onConnectionLost === 'resend' && !call.isAnswered) call.state = 'lost';
      else this.#fail(call, new RequestLostError(call.request.topicName, cause));
    }
  }

  #onNoResponder(call: Call): void {
    const { topicName } = call.request;
    this.#peers.unanswered(topicName);
    this.#fail(call, new NoResponderError(topicName));
  }

  #onNotSent(call: Call, cause: Error): void {
    const { topicName } = call.request;
    const why = `request to "${topicName}" was not sent: ${cause.message}`;
    this.#fail(call, new RequestError('PETREL_REQUEST_NOT_SENT', topicName, why, { cause }));
  }

  #formFor({ request, settings }: Call): RequestForm {
    // Nothing but the envelope can name a request where no properties exist.
    if (this.#link.protocolVersion !== 5) return 'nest';
    if (settings.envelope !== 'auto') return settings.envelope;
    // Bytes fit into no envelope.
    return request.data instanceof Uint8Array ? 'native' : this.#peers.formFor(request.topicName);
  }

  #openInbox(): Promise<string> {
    this.#inbox ??= this.#subscribeInbox().catch((error: unknown) => {
      this.#inbox = undefined;
      throw error;
    });
    return this.#inbox;
  }

  async #subscribeInbox(): Promise<string> {
    const { prefix, qos } = this.#inboxSettings;
    const topic = inboxTopic(prefix, this.#link.clientIdentifier);
    await this.#link.subscribe(topic, { qos }, (message) => this.#receive(message));
    this.#inboxTopic = topic;
    return topic;
  }

  async #openReplyTopic(call: Call): Promise<void> {
    call.usesReplyTopic = true;
    try {
      await this.#replyTopics.open(call.request.topicName);
    } catch (refusal) {
      call.usesReplyTopic = false;
      // An access rule may leave the inbox as the only way back.
      if (call.form === 'nest') throw refusal;
    }
  }

  #receive(message: InboundMessage): void | Promise<void> {
    const answer = this.#dialect.readReply(message);
    return answer instanceof Promise ? answer.then((read) => this.#settle(read)) : this.#settle(answer);
  }

  #settle(answer: IncomingReply | undefined): void {
    if (answer === undefined) return;
    const call = this.#calls.find(answer.id);
    if (call !== undefined && call.settings.envelope === 'auto') {
      this.#peers.answered(call.request.topicName, answer.form);
      if (answer.foreign && call.form === 'both' && !call.settings.collects) {
        // A plain MQTT 5 program took the envelope for data: it gets the data, and this answer does not count.
        call.form = 'native';
        this.#dispatch(call);
        return;
      }
    }
    if (call?.settings.collects) {
      call.isAnswered = true;
      call.listener(answer.reply);
      return;
    }
    if (this.#calls.settle(answer.id, answer.reply) === undefined || call === undefined) return;
    call.isAnswered = true;
    const { credit } = call.settings;
    if (answer.form === 'native' && !answer.foreign)
      credit?.begin((count) => this.#tell(call, { credit: count }));
    if (answer.reply.kind === 'next') call.cancelDeadline();
    else this.#end(call);
    call.listener(answer.reply);
  }

  /** Tells the responder, where it may be at work, that nobody waits. */
  #giveUp(call: Call): void {
    if (this.#calls.find(call.id) === call) this.#tell(call, { cancel: true });
  }

  #tell(call: Call, what: Omit<Control, 'id'>): void {
    const { controlPrefix } = this.#inboxSettings;
    if (controlPrefix === undefined || call.state !== 'sent' || !this.#link.isConnected) return;
    const topicName = controlTopic(controlPrefix, call.request.topicName);
    const payload = writeControl({ id: call.id, ...what });
    // Nothing depends on it: a responder that does not hear it works for nobody, or waits for the next word.
    this.#link.publish(topicName, payload, { qos: 0 }).catch(nothing);
  }

  #fail(call: Call, error: RequestError): void {
    if (this.#forget(call)) call.listener({ kind: 'failed', error });
  }

  #forget(call: Call): boolean {
    if (!this.#calls.forget(call.id)) return false;
    this.#end(call);
    return true;
  }

  #end(call: Call): void {
    call.cancelDeadline();
    call.stopWatching();
    call.settings.credit?.end();
    if (!call.usesReplyTopic) return;
    call.usesReplyTopic = false;
    const { topicName } = call.request;
    this.#replyTopics.release(topicName, call.form === 'nest' || this.#peers.formFor(topicName) !== 'native');
  }
}

function nothing(): void {}
