/** Counts what a service does, per handler and in all. Knows no format: prometheus-text.ts and discovery write it down. */
import type { Endpoint } from '../endpoint.js';
import type { Handling, Happening, Observation, Observer } from '../observer.js';
import { Histogram } from './histogram.js';

/** What was counted of one handler, or of all handlers of one pattern. */
export interface HandlerCounts {
  /** The pattern as it was declared, or the Topic Filter. */
  readonly topic: string;
  readonly kind: 'event' | 'request';
  handled: number;
  failed: number;
  retried: number;
  deadLettered: number;
  /** QoS 0 messages that found too many others waiting. */
  dropped: number;
  /** In the handler now. */
  inFlight: number;
  readonly durations: Histogram;
  /** Code, or name, of the error of the last failure; never its message, which may say what was in the payload. */
  lastError: string | undefined;
}

/** What was counted of one direction of sending. */
export interface SentCounts {
  succeeded: number;
  /** By error code. */
  readonly failed: Map<string, number>;
  readonly durations: Histogram;
}

/** Options of the counters. */
export interface MetricsOptions {
  /** Patterns that are counted by themselves; handlers of more are counted together as `(others)`. Default 1,000. */
  readonly maximumTopics?: number;
  /** Milliseconds of any origin, for durations. Default `performance.now()`. */
  readonly now?: () => number;
}

const others = '(others)';
const mostCodes = 50;

/** Counters of one service, or of several that are looked at as one: `createService({ observers: [metrics] })`. */
export class ServiceMetrics implements Observer {
  readonly published: SentCounts = sentCounts();
  readonly requests: SentCounts = sentCounts();
  readonly #handlers = new Map<string, HandlerCounts>();
  readonly #maximumTopics: number;
  readonly #now: () => number;

  constructor({ maximumTopics = 1000, now = () => performance.now() }: MetricsOptions = {}) {
    this.#maximumTopics = maximumTopics;
    this.#now = now;
  }

  /** Counters by handler, in the order in which they were first met. */
  get handlers(): readonly HandlerCounts[] {
    return [...this.#handlers.values()];
  }

  /** The counters of an endpoint, which exist from the first time they are asked for. */
  of({
    pattern,
    topicFilter,
    responds,
  }: Pick<Endpoint, 'pattern' | 'topicFilter' | 'responds'>): HandlerCounts {
    const kind = responds ? 'request' : 'event';
    const topic = pattern?.pattern ?? topicFilter;
    return this.#handlers.get(`${kind} ${topic}`) ?? this.#add(topic, kind);
  }

  handling({ endpoint }: Handling): Observation {
    const counts = this.of(endpoint);
    const begun = this.#now();
    counts.inFlight++;
    return {
      end: (error) => {
        counts.inFlight--;
        counts.durations.observe((this.#now() - begun) / 1000);
        if (error === undefined) counts.handled++;
        else {
          counts.failed++;
          counts.lastError = codeOf(error);
        }
      },
    };
  }

  publishing(): Observation {
    return this.#sending(this.published);
  }

  requesting(): Observation {
    return this.#sending(this.requests);
  }

  happened(what: Happening, endpoint: Endpoint): void {
    this.of(endpoint)[what]++;
  }

  #add(topic: string, kind: HandlerCounts['kind']): HandlerCounts {
    if (this.#handlers.size >= this.#maximumTopics && topic !== others) {
      return this.of({ topicFilter: others, responds: kind === 'request' });
    }
    const counters = { handled: 0, failed: 0, retried: 0, deadLettered: 0, dropped: 0, inFlight: 0 };
    const counts = { topic, kind, ...counters, durations: new Histogram(), lastError: undefined };
    this.#handlers.set(`${kind} ${topic}`, counts);
    return counts;
  }

  #sending(counts: SentCounts): Observation {
    const begun = this.#now();
    return {
      end: (error) => {
        counts.durations.observe((this.#now() - begun) / 1000);
        if (error === undefined) counts.succeeded++;
        else count(counts.failed, codeOf(error));
      },
    };
  }
}

function sentCounts(): SentCounts {
  return { succeeded: 0, failed: new Map(), durations: new Histogram() };
}

/** Codes come from errors of anybody, so the map has a bound. */
function count(failed: Map<string, number>, code: string): void {
  const key = failed.has(code) || failed.size < mostCodes ? code : others;
  failed.set(key, (failed.get(key) ?? 0) + 1);
}

function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  if (typeof code === 'string') return code;
  return typeof name === 'string' ? name : 'unknown';
}
