/**
 * Answers those who look for services: ping, info and stats, on plain topics that any MQTT client can ask and read.
 *
 * `<prefix>/ping` asks all, `<prefix>/ping/<name>` the replicas of one service, `<prefix>/ping/<name>/<id>` one of them; the same with
 * `info` and `stats`. The answer goes to the Response Topic; who can name none, as on MQTT 3.1.1, reads `<prefix>/answer/#`.
 */
import type { Delivery, Endpoint } from './endpoint.js';
import type { Link } from './link.js';
import { ServiceMetrics } from './metrics/service-metrics.js';
import type { Observer } from './observer.js';
import type { ResolvedServiceSettings } from './options.js';
import { randomToken } from './random-token.js';

/** What can be asked of a service. */
export type DiscoveryVerb = 'ping' | 'info' | 'stats';

/** Answer to `ping`, and the beginning of the others. */
export interface ServiceIdentity {
  /** `petrel.service.` and the verb. */
  readonly type: string;
  readonly name: string;
  /** Of this replica, as long as it lives; where it continues a session, as long as that does. */
  readonly id: string;
  readonly version: string;
  readonly clientIdentifier: string;
}

/** Answer to `info`. */
export interface ServiceInfo extends ServiceIdentity {
  readonly description: string;
  readonly endpoints: readonly {
    /** The pattern as it was declared. */
    readonly topic: string;
    readonly topicFilter: string;
    readonly kind: 'event' | 'request';
    readonly summary?: string;
  }[];
}

/** Answer to `stats`. */
export interface ServiceStats extends ServiceIdentity {
  /** When the service came up, as RFC 3339. */
  readonly started: string;
  readonly endpoints: readonly {
    readonly topic: string;
    readonly kind: 'event' | 'request';
    readonly handled: number;
    readonly failed: number;
    readonly retried: number;
    readonly deadLettered: number;
    readonly dropped: number;
    readonly inFlight: number;
    /** Milliseconds in the handler, on average; 0 before the first message. */
    readonly averageMs: number;
    /** Code or name of the last error. */
    readonly lastError?: string;
  }[];
}

/** What discovery tells of. */
export interface DiscoveredService {
  readonly endpoints: readonly Endpoint[];
  publish(topicName: string, data: unknown): Promise<void>;
}

/** What discovery has to know of a service's settings. */
export type DiscoverySettings = Pick<
  ResolvedServiceSettings,
  | 'name'
  | 'version'
  | 'description'
  | 'discoveryPrefix'
  | 'observers'
  | 'clock'
  | 'policy'
  | 'keepSubscriptions'
>;

/** The answers of one service. */
export class Discovery {
  /** What counts for the statistics, where nobody counts already. */
  readonly observers: readonly Observer[];
  readonly #service: DiscoveredService;
  readonly #link: Pick<Link, 'clientIdentifier'>;
  readonly #settings: DiscoverySettings;
  readonly #name: string;
  readonly #prefix: string;
  readonly #metrics: ServiceMetrics;
  readonly #started = new Date();
  readonly #token = randomToken().slice(0, 12);

  constructor(service: DiscoveredService, link: Pick<Link, 'clientIdentifier'>, settings: DiscoverySettings) {
    const { name = '', discoveryPrefix = '', observers, clock } = settings;
    const counting = observers.find((observer) => observer instanceof ServiceMetrics);
    this.#service = service;
    this.#link = link;
    this.#settings = settings;
    this.#name = name;
    this.#prefix = discoveryPrefix;
    this.#metrics = counting ?? new ServiceMetrics({ now: () => clock.now() });
    this.observers = counting === undefined ? [this.#metrics] : [];
  }

  /** A session that goes on would keep a subscription for the name of each of its processes: there, they share one. */
  get #id(): string {
    return this.#settings.keepSubscriptions ? encodeURIComponent(this.#link.clientIdentifier) : this.#token;
  }

  /** What to serve: one endpoint for all services, one for those of this name, one for this replica. */
  endpoints(): Endpoint[] {
    const own = `${this.#prefix}/+/${this.#name}`;
    return [`${this.#prefix}/+`, own, `${own}/${this.#id}`].map((topicFilter) => ({
      topicFilter,
      responds: true,
      isInternal: true,
      payload: 'bytes',
      subscribe: { qos: 1 },
      policy: this.#settings.policy,
      handle: (delivery) => this.#answer(delivery),
    }));
  }

  async #answer({ message, respond }: Delivery): Promise<void> {
    const verb = message.topicName.slice(this.#prefix.length + 1).split('/', 1)[0] ?? '';
    const answer = this.#answerTo(verb);
    // Somebody else's topic below ours.
    if (answer === undefined) return;
    if (respond !== undefined) await respond({ kind: 'last', data: answer });
    else await this.#service.publish(`${this.#prefix}/answer/${verb}/${this.#name}/${this.#id}`, answer);
  }

  #answerTo(verb: string): ServiceIdentity | ServiceInfo | ServiceStats | undefined {
    switch (verb) {
      case 'ping':
        return this.#identity(verb);
      case 'info':
        return this.#info();
      case 'stats':
        return this.#stats();
      default:
        return undefined;
    }
  }

  #identity(verb: DiscoveryVerb): ServiceIdentity {
    const { clientIdentifier } = this.#link;
    const { version } = this.#settings;
    return { type: `petrel.service.${verb}`, name: this.#name, id: this.#id, version, clientIdentifier };
  }

  #info(): ServiceInfo {
    const endpoints = this.#visible().map(({ pattern, topicFilter, responds, operation }) => {
      const summary = operation?.operation.summary;
      return {
        topic: pattern?.pattern ?? topicFilter,
        topicFilter,
        kind: responds ? ('request' as const) : ('event' as const),
        ...(summary !== undefined && { summary }),
      };
    });
    return { ...this.#identity('info'), description: this.#settings.description, endpoints };
  }

  #stats(): ServiceStats {
    const endpoints = this.#visible().map((endpoint) => {
      const { durations, lastError, ...counts } = this.#metrics.of(endpoint);
      const averageMs = durations.count === 0 ? 0 : (durations.sum / durations.count) * 1000;
      return { ...counts, averageMs, ...(lastError !== undefined && { lastError }) };
    });
    return { ...this.#identity('stats'), started: this.#started.toISOString(), endpoints };
  }

  #visible(): Endpoint[] {
    return this.#service.endpoints.filter(({ isInternal }) => !isInternal);
  }
}
