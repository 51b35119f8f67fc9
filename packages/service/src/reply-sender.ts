/** Publishes the answers to one request. Knows no handler and no policy. */
import type { Clock } from '@petrel/client';
import type { Dialect } from './dialect.js';
import { decodeText } from './encoded-text.js';
import { describeFailure } from './errors.js';
import type { Reply, ReplyAddress } from './exchange.js';
import type { Respond } from './handler.js';
import type { InboundMessage, Link, PublishOptions } from './link.js';
import { ReplyWindow } from './reply-window.js';

/** What the answers of a service have in common. */
export interface ReplySenderNeeds {
  readonly link: Link;
  readonly dialect: Dialect;
  /** Hears of a last answer that could not be published. */
  readonly lost: (error: unknown, request: InboundMessage) => void;
  readonly clock: Clock;
  /** Errors go out with their stack. */
  readonly errorStacks: boolean;
}

const asTheRequest: PublishOptions = Object.freeze({});

export class ReplySender {
  readonly #needs: ReplySenderNeeds;
  readonly #request: InboundMessage;
  readonly #address: ReplyAddress;
  readonly #window: ReplyWindow | undefined;
  #hasAnswered = false;
  /** Why an answer of a stream could not be published. */
  #failure: Error | undefined;
  #isClosed = false;
  /** What the requester calls its request; empty where it does not say. */
  readonly id: string;
  /** The reader of a stream has not been heard of for long. */
  onReaderGone = nothing;

  /** `credit`: answers that may leave before the reader asks for more; undefined: all of them. */
  constructor(needs: ReplySenderNeeds, request: InboundMessage, address: ReplyAddress, credit?: number) {
    this.#needs = needs;
    this.#request = request;
    this.#address = address;
    this.id = idOf(address);
    if (credit !== undefined) this.#window = new ReplyWindow(needs.clock, credit, () => this.onReaderGone());
  }

  /** Its answers are read one by one. */
  get waitsForReader(): boolean {
    return this.#window !== undefined;
  }

  /** The reader has room for so many answers in all. */
  allow(credit: number): void {
    this.#window?.allow(credit);
  }

  /** Publishes nothing any more, and lets go of who waits to publish. */
  close(): void {
    this.#isClosed = true;
    this.#window?.open();
  }

  /** An answer has left: what comes from another call of the handler would be mixed with it. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /** For handlers, which know no more than this. */
  readonly respond: Respond = (reply, options = asTheRequest) => {
    this.#hasAnswered = true;
    if (this.#isClosed) return undefined;
    if (this.#failure !== undefined && reply.kind !== 'error') throw this.#failure;
    const published = this.#publish(reply, options);
    if (reply.kind === 'next') {
      if (this.#window === undefined) return published.then(nothing);
      // The window is what bounds it: nobody waits for the server to have each answer. One that cannot be published ends the stream.
      published.catch((error: unknown) => this.#fail(error as Error));
      return this.#window.sent();
    }
    // Nobody waits for the server to have the last answer: it leaves before the acknowledgement of the request, in the same
    // write, and whoever gets one gets the other. One that could not leave is followed by the reason.
    published.catch((error: unknown) => this.#onUnpublished(reply, error));
    return undefined;
  };

  #publish(reply: Reply, options: PublishOptions): Promise<unknown> {
    const { link, dialect, errorStacks } = this.#needs;
    const said: Reply =
      reply.kind === 'error' ? { kind: 'error', error: describeFailure(reply.error, errorStacks) } : reply;
    const { topicName, payload, properties } = dialect.writeReply(this.#address, said, options.properties);
    // As reliable as the request was, unless the handler says otherwise.
    const { qos = this.#request.qos, retain, signal } = options;
    return link.publish(topicName, payload, { qos, retain, properties, signal });
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#window?.open();
  }

  #onUnpublished(reply: Reply, error: unknown): void {
    const { lost } = this.#needs;
    if (reply.kind === 'error') {
      lost(error, this.#request);
      return;
    }
    this.#publish({ kind: 'error', error }, asTheRequest).catch((cause: unknown) =>
      lost(cause, this.#request),
    );
  }
}

function idOf(address: ReplyAddress): string {
  if (address.form === 'nest') return address.id;
  return address.correlationData === undefined ? '' : decodeText(address.correlationData);
}

function nothing(): void {}
