/** Publishes the answers to one request. Knows no handler and no policy. */
import type { Dialect } from './dialect.js';
import type { Reply, ReplyAddress } from './exchange.js';
import type { Respond } from './handler.js';
import type { InboundMessage, Link, PublishOptions } from './link.js';

/** What the answers of a service have in common. */
export interface ReplySenderNeeds {
  readonly link: Link;
  readonly dialect: Dialect;
  /** Hears of a last answer that could not be published. */
  readonly lost: (error: unknown, request: InboundMessage) => void;
}

const asTheRequest: PublishOptions = Object.freeze({});

export class ReplySender {
  readonly #needs: ReplySenderNeeds;
  readonly #request: InboundMessage;
  readonly #address: ReplyAddress;
  #hasAnswered = false;

  constructor(needs: ReplySenderNeeds, request: InboundMessage, address: ReplyAddress) {
    this.#needs = needs;
    this.#request = request;
    this.#address = address;
  }

  /** An answer has left: what comes from another call of the handler would be mixed with it. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /** For handlers, which know no more than this. */
  readonly respond: Respond = (reply, options = asTheRequest) => {
    this.#hasAnswered = true;
    const published = this.#publish(reply, options);
    if (reply.kind === 'next') return published.then(nothing);
    // Nobody waits for the server to have the last answer: it leaves before the acknowledgement of the request, in the same
    // write, and whoever gets one gets the other. One that could not leave is followed by the reason.
    published.catch((error: unknown) => this.#onUnpublished(reply, error));
    return undefined;
  };

  #publish(reply: Reply, options: PublishOptions): Promise<unknown> {
    const { link, dialect } = this.#needs;
    const { topicName, payload, properties } = dialect.writeReply(this.#address, reply, options.properties);
    // As reliable as the request was, unless the handler says otherwise.
    const { qos = this.#request.qos, retain, signal } = options;
    return link.publish(topicName, payload, { qos, retain, properties, signal });
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

function nothing(): void {}
