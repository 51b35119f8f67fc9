/**
 * Sends requests and brings their answers back: one private inbox for the life of the connection, answers found by
 * Correlation Data (section 4.10), a deadline each. Knows no property name (wire-format does) and no NestJS.
 */
import { type Clock, systemClock } from '@petrel/client';
import { type QoS, reasonCode } from '@petrel/protocol';
import { expiryInterval, startDeadline } from './deadline.js';
import type { Dialect } from './dialect.js';
import { NoResponderError, RequestCancelledError, RequestError, RequestTimeoutError } from './errors.js';
import type { Envelope, IncomingReply, Outgoing, Reply, RequestForm } from './exchange.js';
import type { InboundMessage, Link } from './link.js';
import { NestReplyTopics } from './nest-reply-topics.js';
import { PeerForms } from './peer-forms.js';
import { randomToken } from './random-token.js';
import { ReplyInbox } from './reply-inbox.js';
import { inboxTopic } from './wire-format.js';

/** What a request can end with: answers of the responder, or a failure on this side. */
export type Outcome = Reply | { readonly kind: 'failed'; readonly error: RequestError };

/** One request and its limits. */
export interface RequestSettings {
  /** QoS of the request, 0–2; the server tells that nobody serves a topic only from 1 on. */
  readonly qos: QoS;
  readonly retain?: boolean;
  /** Milliseconds to wait for the first answer; 0 = for ever. */
  readonly timeoutMs: number;
  readonly envelope: Envelope;
  readonly signal?: AbortSignal;
}

/** The private inbox of a requester. */
export interface InboxSettings {
  /** First levels of the inbox topic; the client identifier and a random level follow. */
  readonly prefix: string;
  /**
   * QoS of answers, 0–2. Above 0 they count against Receive Maximum: on a connection that also runs handlers it must
   * be 0, or handlers that wait for answers could use up the quota that their answers need.
   */
  readonly qos: QoS;
}

interface Call {
  readonly request: Outgoing;
  readonly settings: RequestSettings;
  readonly listener: (outcome: Outcome) => void;
  id: string;
  form: RequestForm | undefined;
  usesReplyTopic: boolean;
  stop: () => void;
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

  constructor(link: Link, dialect: Dialect, inbox: InboxSettings, clock: Clock = systemClock) {
    this.#link = link;
    this.#dialect = dialect;
    this.#inboxSettings = inbox;
    this.#clock = clock;
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
    const call: Call = {
      request,
      settings,
      listener,
      id: '',
      form: undefined,
      usesReplyTopic: false,
      stop: nothing,
    };
    call.id = this.#calls.register(call);
    const cancelDeadline = startDeadline(this.#clock, timeoutMs, () => {
      this.#peers.unanswered(request.topicName);
      this.#fail(call, new RequestTimeoutError(request.topicName, timeoutMs));
    });
    const abort = (): void => {
      this.#fail(
        call,
        new RequestCancelledError(request.topicName, 'its signal was aborted', signal?.reason),
      );
    };
    signal?.addEventListener('abort', abort, { once: true });
    call.stop = () => {
      cancelDeadline();
      signal?.removeEventListener('abort', abort);
    };
    if (signal?.aborted) abort();
    else void this.#dispatch(call);
    return () => this.#forget(call);
  }

  /** Fails all that still wait. */
  close(): void {
    for (const call of this.#calls.drain()) {
      this.#end(call);
      const error = new RequestCancelledError(call.request.topicName, 'the service was closed');
      call.listener({ kind: 'failed', error });
    }
  }

  async #dispatch(call: Call): Promise<void> {
    const { topicName } = call.request;
    try {
      await this.#link.ready();
      call.form ??= this.#formFor(call);
      const responseTopic = call.form === 'nest' ? undefined : await this.#openInbox();
      if (call.form !== 'native') await this.#openReplyTopic(call);
      await this.#publish(call, responseTopic);
    } catch (cause) {
      const why = `request to "${topicName}" was not sent: ${(cause as Error).message}`;
      this.#fail(call, new RequestError('PETREL_REQUEST_NOT_SENT', topicName, why, { cause }));
    }
  }

  async #publish(call: Call, responseTopic: string | undefined): Promise<void> {
    const { request, settings, form, id } = call;
    // Given up while it waited for its subscriptions.
    if (form === undefined || this.#calls.find(id) !== call) return;
    const messageExpiryInterval = expiryInterval(settings.timeoutMs);
    const properties =
      messageExpiryInterval === undefined
        ? request.properties
        : { messageExpiryInterval, ...request.properties };
    const wire = this.#dialect.writeRequest(
      { ...request, ...(properties && { properties }) },
      form,
      id,
      responseTopic,
    );
    const result = await this.#link.publish(wire.topicName, wire.payload, {
      qos: settings.qos,
      properties: wire.properties,
      ...(settings.retain === undefined ? {} : { retain: settings.retain }),
      ...(settings.signal && { signal: settings.signal }),
    });
    if (result.reasonCode === reasonCode.noMatchingSubscribers) {
      this.#peers.unanswered(request.topicName);
      this.#fail(call, new NoResponderError(request.topicName));
    }
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
    const topic = inboxTopic(prefix, this.#link.clientIdentifier, randomToken());
    await this.#link.subscribe(topic, { qos }, (message) => this.#receive(message));
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
      if (answer.foreign && call.form === 'both') {
        // A plain MQTT 5 program took the envelope for data: it gets the data, and this answer does not count.
        call.form = 'native';
        void this.#dispatch(call);
        return;
      }
    }
    if (this.#calls.settle(answer.id, answer.reply) === undefined || call === undefined) return;
    call.stop();
    if (answer.reply.kind !== 'next') this.#end(call);
    call.listener(answer.reply);
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
    call.stop();
    if (!call.usesReplyTopic) return;
    call.usesReplyTopic = false;
    const { topicName } = call.request;
    this.#replyTopics.release(topicName, call.form === 'nest' || this.#peers.formFor(topicName) !== 'native');
  }
}

function nothing(): void {}
