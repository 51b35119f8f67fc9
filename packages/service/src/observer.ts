/** Whoever watches a service: metrics, traces, a test. It decides nothing about a message, and its failures are its own. */
import type { UserProperties } from '@petrel/protocol';
import type { Outcome } from './call.js';
import type { Endpoint } from './endpoint.js';
import { RemoteError } from './errors.js';
import type { Outgoing } from './exchange.js';
import type { InboundMessage } from './link.js';

/** One message on its way into one handler. */
export interface Handling {
  readonly endpoint: Endpoint;
  readonly message: InboundMessage;
  /** User Properties of the message, and the metadata of a NestJS envelope. */
  readonly userProperties: UserProperties;
  /** The handler answers. */
  readonly isRequest: boolean;
}

/** What became of a message outside its handler. */
export type Happening = 'retried' | 'deadLettered' | 'dropped';

/** The watch over one piece of work. */
export interface Observation {
  /** Goes along with the message: as User Properties, or in the envelope where those do not exist. Only of what goes out. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Runs the work, for whoever needs to be around it; must run it once and hand its result on. */
  run?<Result>(work: () => Result): Result;
  /** The work is over; `error` is what it failed with. Called once. */
  end(error?: unknown): void;
}

/** Watches the messages of a service; each method may be missing, and may answer undefined for what it does not watch. */
export interface Observer {
  /** A handler begins; ends with it, or with the last answer of its stream. */
  handling?(handling: Handling): Observation | undefined;
  /** An event is published; ends when its QoS is complete. */
  publishing?(event: Outgoing): Observation | undefined;
  /** A request is sent; ends with its last answer, or when it is given up. */
  requesting?(request: Outgoing): Observation | undefined;
  /** Something was done with a message of this endpoint besides handling it. */
  happened?(what: Happening, endpoint: Endpoint, error?: unknown): void;
}

/** All observers of a service as one. */
export class Observers {
  readonly #observers: readonly Observer[];

  constructor(observers: readonly Observer[]) {
    this.#observers = observers;
  }

  handling(handling: Handling): Observation | undefined {
    return handling.endpoint.isInternal
      ? undefined
      : this.#begin((observer) => observer.handling?.(handling));
  }

  publishing(event: Outgoing): Observation | undefined {
    return this.#begin((observer) => observer.publishing?.(event));
  }

  requesting(request: Outgoing): Observation | undefined {
    return this.#begin((observer) => observer.requesting?.(request));
  }

  happened(what: Happening, endpoint: Endpoint, error?: unknown): void {
    for (const observer of this.#observers) guarded(() => observer.happened?.(what, endpoint, error));
  }

  #begin(begin: (observer: Observer) => Observation | undefined): Observation | undefined {
    const begun: Observation[] = [];
    for (const observer of this.#observers) {
      const observation = guarded(() => begin(observer));
      if (observation !== undefined) begun.push(observation);
    }
    return begun.length === 0 ? undefined : together(begun);
  }
}

/** The message with what its observer wants to go along. */
export function carrying(outgoing: Outgoing, observation: Observation | undefined): Outgoing {
  if (observation?.metadata === undefined) return outgoing;
  return { ...outgoing, metadata: { ...outgoing.metadata, ...observation.metadata } };
}

/** Runs the work under its observation. */
export async function observed<Result>(
  observation: Observation,
  work: () => Promise<Result>,
): Promise<Result> {
  let result: Result;
  try {
    result = await (observation.run === undefined ? work() : observation.run(work));
  } catch (error) {
    observation.end(error);
    throw error;
  }
  observation.end();
  return result;
}

/** Sends a request under its observation, which ends with the last outcome or when the request is given up. */
export function observedRequest(
  observation: Observation,
  topicName: string,
  listener: (outcome: Outcome) => void,
  send: (listener: (outcome: Outcome) => void) => () => void,
): () => void {
  let isOver = false;
  const end = (error?: unknown): void => {
    if (isOver) return;
    isOver = true;
    observation.end(error);
  };
  const listening = (outcome: Outcome): void => {
    if (outcome.kind !== 'next') end(errorOf(topicName, outcome));
    listener(outcome);
  };
  const cancel = observation.run === undefined ? send(listening) : observation.run(() => send(listening));
  return () => {
    cancel();
    end();
  };
}

function errorOf(topicName: string, outcome: Outcome): unknown {
  if (outcome.kind === 'failed') return outcome.error;
  return outcome.kind === 'error' ? new RemoteError(topicName, outcome.error) : undefined;
}

function together(begun: readonly Observation[]): Observation {
  const metadata = Object.assign({}, ...begun.map((observation) => observation.metadata)) as Record<
    string,
    string
  >;
  return {
    ...(Object.keys(metadata).length > 0 && { metadata }),
    run: <Result>(work: () => Result): Result => {
      let nested = work;
      for (const observation of begun) {
        const inner = nested;
        if (observation.run !== undefined) nested = () => observation.run?.(inner) as Result;
      }
      return nested();
    },
    end: (error) => {
      for (const observation of begun) guarded(() => observation.end(error));
    },
  };
}

/** An observer that throws must not become the message's problem. */
function guarded<Result>(call: () => Result): Result | undefined {
  try {
    return call();
  } catch (error) {
    console.error(error);
    return undefined;
  }
}
