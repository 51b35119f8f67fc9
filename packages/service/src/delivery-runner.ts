/**
 * One message through one handler: its turn, its attempts, its time limit, and what becomes of it when all of them have
 * failed. Knows no subscription and no wire format.
 */
import type { Clock } from '@petrel/client';
import type { Control } from './control-format.js';
import { writeDeadLetter } from './dead-letter.js';
import { startDeadline } from './deadline.js';
import { Deduplication } from './deduplication.js';
import type { DeliveryGate } from './delivery-gate.js';
import { Attempt, type DeliveryJob } from './delivery-job.js';
import type { Endpoint } from './endpoint.js';
import { HandlerTimeoutError, RequestCancelledError, ServiceError } from './errors.js';
import type { Incoming } from './exchange.js';
import { failureOf, type Respond } from './handler.js';
import type { Interruptions } from './interruptions.js';
import type { InboundMessage, Link } from './link.js';
import { type Observers, observed } from './observer.js';
import { decodePayload } from './payload-codec.js';
import type { ReplySender } from './reply-sender.js';
import { retryDelayMs } from './retry-policy.js';

/** Hears what no caller can be told: a failed event handler, an unreadable event, a reply that could not be sent. */
export type Report = (error: unknown, message: InboundMessage, topicFilter: string) => void;

/** What all runners of a service share. */
export interface RunnerNeeds {
  readonly link: Link;
  readonly clock: Clock;
  readonly interruptions: Interruptions;
  readonly observers: Observers | undefined;
  readonly report: Report;
  /** Called with 1 when a message comes into work, and with -1 when it leaves. */
  readonly count: (change: 1 | -1) => void;
}

/** The message of a service that has stopped waiting: not acknowledged, so that the server gives it to somebody else. */
const left = new Promise<void>(() => {});

export class DeliveryRunner {
  readonly #endpoint: Endpoint;
  readonly #gate: DeliveryGate;
  readonly #needs: RunnerNeeds;
  readonly #deduplication: Deduplication | undefined;
  /** In work, or waiting for their turn, by what their requesters call them. */
  readonly #requests = new Map<string, DeliveryJob>();
  #isOverloaded = false;

  constructor(endpoint: Endpoint, gate: DeliveryGate, needs: RunnerNeeds) {
    this.#endpoint = endpoint;
    this.#gate = gate;
    this.#needs = needs;
    const { deduplicate } = endpoint.policy;
    this.#deduplication =
      deduplicate === false ? undefined : new Deduplication(deduplicate, endpoint.topicFilter);
  }

  /** Takes a message; settles when the handler's part of its acknowledgement may be given, nothing means at once. */
  run(job: DeliveryJob): Promise<void> | undefined {
    if (this.#gate.refuses(job.message.qos)) {
      this.#refuse(job);
      return undefined;
    }
    this.#isOverloaded = false;
    let key: string | undefined;
    try {
      key = this.#gate.keyOf(job.message);
    } catch (error) {
      this.#needs.report(error, job.message, this.#endpoint.topicFilter);
      return undefined;
    }
    this.#needs.count(1);
    if (job.sender !== undefined) this.#begin(job, job.sender);
    const { acknowledge } = this.#endpoint.policy;
    if (acknowledge === 'manual') {
      return new Promise((resolve) => {
        job.ack = resolve;
        void this.#work(job, key);
      });
    }
    const finished = this.#work(job, key);
    return acknowledge === 'after' ? finished : undefined;
  }

  async #work(job: DeliveryJob, key: string | undefined): Promise<void> {
    const turn = this.#gate.enter(key);
    if (turn !== undefined) await turn;
    try {
      await (this.#deduplication === undefined
        ? this.#tryAll(job)
        : this.#deduplication.once(job.message, () => this.#tryAll(job)));
    } catch (error) {
      await this.#failed(job, error);
    } finally {
      this.#needs.count(-1);
      this.#gate.leave(key);
      if (job.sender !== undefined) this.#end(job, job.sender);
    }
  }

  #begin(job: DeliveryJob, sender: ReplySender): void {
    if (sender.id !== '') this.#requests.set(sender.id, job);
    if (sender.waitsForReader) {
      sender.onReaderGone = () => job.cancel(givenUp(job.message, 'its reader is gone'));
    }
  }

  #end(job: DeliveryJob, { id }: ReplySender): void {
    // Only ours are told apart for certain.
    if (this.#requests.get(id) === job) this.#requests.delete(id);
  }

  /** A word of whoever asked, about a request in work or one that waits for its turn. */
  control({ id, cancel, credit }: Control): void {
    const job = this.#requests.get(id);
    if (job === undefined) return;
    if (cancel) job.cancel(givenUp(job.message, 'its caller does not wait any more'));
    else if (credit !== undefined) job.sender?.allow(credit);
  }

  /** Calls the handler until it succeeds; rejects with what its last call failed with. */
  async #tryAll(job: DeliveryJob): Promise<void> {
    const { retry } = this.#endpoint.policy;
    const { interruptions, observers } = this.#needs;
    job.firstAttemptAt = Date.now();
    while (!job.isCancelled) {
      job.attempts++;
      const attempt = new Attempt(interruptions, job, this.#endpoint.topicFilter);
      job.attempt = attempt;
      try {
        await this.#call(attempt, job.incoming);
        return;
      } catch (error) {
        const isLast = job.attempts >= retry.attempts || job.sender?.hasAnswered || interruptions.isAborted;
        if (isLast || !retry.when(error)) throw error;
        observers?.happened('retried', this.#endpoint, error);
      } finally {
        attempt.end();
      }
      await this.#pause(retryDelayMs(retry, job.attempts, Math.random()));
    }
  }

  async #pause(delayMs: number): Promise<void> {
    const { clock, interruptions } = this.#needs;
    const interruption = interruptions.begin();
    await new Promise<void>((resolve) => {
      const cancel = clock.schedule(delayMs, resolve);
      interruption.signal.addEventListener('abort', () => {
        cancel();
        resolve();
      });
    });
    interruption.end();
  }

  /** One call of the handler, under its observation and its time limit. */
  #call(attempt: Attempt, incoming: Incoming): Promise<void> {
    const { observers } = this.#needs;
    if (observers === undefined) return this.#handle(attempt, incoming);
    const { message, userProperties, respond } = attempt;
    const isRequest = respond !== undefined;
    const observation = observers.handling({ endpoint: this.#endpoint, message, userProperties, isRequest });
    return observation === undefined
      ? this.#handle(attempt, incoming)
      : observed(observation, async () => this.#handle(attempt, incoming));
  }

  /** Throws PayloadError where the message cannot be read. */
  #handle(attempt: Attempt, incoming: Incoming): Promise<void> {
    const { timeoutMs } = this.#endpoint.policy;
    attempt.data = this.#dataOf(attempt.message, incoming);
    if (timeoutMs === 0) return this.#endpoint.handle(attempt);
    return new Promise((resolve, reject) => {
      const cancel = startDeadline(this.#needs.clock, timeoutMs, () => {
        const error = new HandlerTimeoutError(this.#endpoint.topicFilter, timeoutMs);
        attempt.abort(error);
        reject(error);
      });
      this.#endpoint.handle(attempt).finally(cancel).then(resolve, reject);
    });
  }

  #dataOf({ payload, properties }: InboundMessage, { data, unreadable }: Incoming): unknown {
    const { payload: form } = this.#endpoint;
    if (form !== 'auto') return decodePayload(payload, properties.contentType, form);
    if (unreadable !== undefined) throw unreadable;
    return data;
  }

  async #failed(job: DeliveryJob, error: unknown): Promise<void> {
    if (job.isCancelled) {
      job.ack();
      return;
    }
    // Who stopped waiting cannot tell whether the handler failed or gave up; the message is somebody else's now.
    if (this.#needs.interruptions.isAborted) return left;
    if (job.sender !== undefined) await this.#answerFailure(job, job.sender.respond, error);
    else await this.#giveUp(job, error);
    job.ack();
  }

  async #answerFailure({ message }: DeliveryJob, respond: Respond, error: unknown): Promise<void> {
    try {
      await respond({ kind: 'error', error: failureOf(error) });
    } catch (undelivered) {
      this.#needs.report(undelivered, message, this.#endpoint.topicFilter);
    }
  }

  async #giveUp(job: DeliveryJob, error: unknown): Promise<void> {
    const { message, receipt } = job;
    const { onFailure } = this.#endpoint.policy;
    this.#needs.report(error, message, this.#endpoint.topicFilter);
    if (onFailure === 'disconnect') receipt.abandon(this.#unhandled(message, error));
    else if (onFailure !== 'drop') await this.#bury(job, error, onFailure.deadLetter);
  }

  /** Only what the server has as a dead letter may be acknowledged. */
  async #bury(
    job: DeliveryJob,
    error: unknown,
    deadLetter: string | ((message: InboundMessage) => string),
  ): Promise<void> {
    const { message, receipt, attempts, firstAttemptAt } = job;
    const { link, observers, report } = this.#needs;
    try {
      const topicName = typeof deadLetter === 'string' ? deadLetter : deadLetter(message);
      const reason = { error, attempts, firstAttemptAt };
      const { payload, properties } = writeDeadLetter(message, reason, link.protocolVersion === 5);
      await link.publish(topicName, payload, { qos: 1, properties });
      observers?.happened('deadLettered', this.#endpoint, error);
    } catch (cause) {
      const unsaved = this.#unhandled(message, cause);
      report(unsaved, message, this.#endpoint.topicFilter);
      receipt.abandon(unsaved);
    }
  }

  #unhandled({ topicName }: InboundMessage, cause: unknown): ServiceError {
    const why = `the message to "${topicName}" could not be handled and is left to the server`;
    return new ServiceError('PETREL_MESSAGE_UNHANDLED', why, { cause });
  }

  /** Reported once per time of overload: a report per dropped message would make it worse. Who asked is told. */
  #refuse(job: DeliveryJob): void {
    const { message, sender } = job;
    const { topicFilter } = this.#endpoint;
    this.#needs.observers?.happened('dropped', this.#endpoint);
    if (sender !== undefined) {
      const why = `"${topicFilter}" has more requests than it can take`;
      const error = new ServiceError('PETREL_SERVICE_OVERLOADED', why);
      // Never rejects.
      void this.#answerFailure(job, sender.respond, error);
    }
    if (this.#isOverloaded) return;
    this.#isOverloaded = true;
    const why = `"${topicFilter}" has more QoS 0 messages waiting than "maximumWaiting" allows; they are dropped`;
    this.#needs.report(new ServiceError('PETREL_SERVICE_OVERLOADED', why), message, topicFilter);
  }
}

function givenUp({ topicName }: InboundMessage, why: string): RequestCancelledError {
  return new RequestCancelledError(topicName, why);
}
