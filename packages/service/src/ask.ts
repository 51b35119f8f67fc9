/** The ways to read the answers to a request: one, a stream, many. Each sends it once, by what it is given for that. */
import { UsageError } from '@petrel/protocol';
import { AnswerCollector, type AnswerObserver } from './answer-collector.js';
import { assertCount } from './assert-option.js';
import type { Outcome } from './call.js';
import { RemoteError } from './errors.js';
import type { Outgoing } from './exchange.js';
import type { ResolvedServiceSettings } from './options.js';
import { ReaderCredit } from './reader-credit.js';
import { ReplyStream } from './reply-stream.js';
import type { Reading, RequestOptions, ScatterOptions, StreamOptions } from './send-options.js';

/** Sends a request; returns how to give it up. */
export type SendRequest = (
  request: Outgoing,
  options: RequestOptions,
  listener: (outcome: Outcome) => void,
  reading?: Reading,
) => () => void;

const defaultScatterMs = 1_000;

/** Resolves with the answer; of a stream with its first. */
export function askOnce<Result>(
  send: SendRequest,
  request: Outgoing,
  options: RequestOptions,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const cancel = send(request, options, (outcome) => {
      if (outcome.kind === 'failed') return reject(outcome.error);
      if (outcome.kind === 'error') return reject(new RemoteError(request.topicName, outcome.error));
      if (outcome.kind === 'next') cancel();
      resolve((outcome.kind === 'end' ? undefined : outcome.data) as Result);
    });
  });
}

/** Gives the answers as they come, and asks for more as they are read. */
export function askForStream<Item>(
  send: SendRequest,
  request: Outgoing,
  options: StreamOptions,
  { clock, streamWindow, controlPrefix }: ResolvedServiceSettings,
): AsyncIterableIterator<Item> {
  const { window = streamWindow } = options;
  assertCount('window', window, 1);
  const credit = new ReaderCredit(clock, window);
  const stream = new ReplyStream<Item>(request.topicName, () => credit.read());
  // Where nobody could hear it, a responder must not wait for more.
  const asking =
    controlPrefix === undefined || window === Infinity ? request : { ...request, credit: window };
  stream.cancel = send(asking, options, (outcome) => stream.push(outcome), { credit });
  return stream;
}

/** Tells the answers of many, until there are enough or the time is over. */
export function askMany<Result>(
  send: SendRequest,
  request: Outgoing,
  options: ScatterOptions,
  observer: AnswerObserver<Result>,
): () => void {
  const { timeoutMs = defaultScatterMs, answers = Infinity } = options;
  assertCount('answers', answers, 1);
  if (timeoutMs === 0 && answers === Infinity) {
    throw new UsageError('scatter() needs "answers" or a "timeoutMs" above 0, or it would never end');
  }
  const collector = new AnswerCollector(request.topicName, answers, observer);
  const listener = (outcome: Outcome) => collector.take(outcome);
  return collector.begin(send(request, { ...options, timeoutMs }, listener, { collects: true }));
}

/** The answers of many, together. */
export function gather<Result>(
  send: SendRequest,
  request: Outgoing,
  options: ScatterOptions,
): Promise<PromiseSettledResult<Result>[]> {
  return new Promise((resolve, reject) => {
    const results: PromiseSettledResult<Result>[] = [];
    askMany<Result>(send, request, options, {
      next: (result) => results.push(result),
      error: reject,
      complete: () => resolve(results),
    });
  });
}
