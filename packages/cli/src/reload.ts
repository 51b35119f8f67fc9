/** Takes a changed configuration into a running broker, as a whole or not at all. */
import type { Broker, BrokerHooks } from '@petrel/broker';
import { PetrelError } from '@petrel/protocol';
import { type LoadedConfiguration, type LoadRequest, loadConfiguration } from './configuration/load.js';
import type { Problem } from './configuration/problem.js';
import type { Configuration } from './configuration/schema.js';
import { ConfigurationError } from './errors.js';

/** What changes with a reload; everything else needs a restart. */
const live: ReadonlySet<string> = new Set(['listeners', 'authentication', 'access', 'limits', 'log']);
/** Of the log, only the level is asked for again. */
const fixedLog = ['format', 'auditFile'] as const;
/** Limits that are built into what runs. */
const fixedLimits = [
  'maximumTopicBytes',
  'maximumTopicLevels',
  'admissionLagMs',
  'sheddingLagMs',
  'retained',
  'dataFolder',
  'outboundHighWaterMarkBytes',
  'slowReceiverGraceMs',
  'maximumOutboundBytes',
  'maximumUnfinishedBytes',
  'maximumInFlightBytes',
  'maximumMemoryBytes',
] as const;

/** A running broker and the configuration that it has. */
export class RunningConfiguration {
  readonly #request: LoadRequest;
  #loaded: LoadedConfiguration;
  /** One after the other: the last one that was asked for is the one that stays. */
  #reloading: Promise<unknown> = Promise.resolve();

  constructor(request: LoadRequest, loaded: LoadedConfiguration) {
    this.#request = request;
    this.#loaded = loaded;
  }

  /** The hook for createBroker: asks the chain that is in force. Undefined where nobody is asked. */
  get authenticate(): BrokerHooks['authenticate'] {
    if (this.#loaded.options.hooks?.authenticate === undefined) return undefined;
    return (request) => this.#loaded.options.hooks?.authenticate?.(request) ?? false;
  }

  /** The hook for createBroker that goes with it. */
  get stillValid(): BrokerHooks['stillValid'] {
    if (this.authenticate === undefined) return undefined;
    return (client) => this.#loaded.options.hooks?.stillValid?.(client) ?? true;
  }

  /** Settings as they are now. */
  get current(): Configuration {
    return this.#loaded.configuration;
  }

  /** What the file of the token for the admin API says now. */
  get adminToken(): string | undefined {
    return this.#loaded.admin?.token;
  }

  /** Loads again; rejects with ConfigurationError, and nothing has changed then. */
  reload(broker: Broker): Promise<void> {
    const reloaded = this.#reloading.then(() => this.#reload(broker));
    this.#reloading = reloaded.catch(() => {});
    return reloaded;
  }

  async #reload(broker: Broker): Promise<void> {
    const next = await loadConfiguration(this.#request);
    const problems = changesThatNeedARestart(this.#loaded.configuration, next.configuration);
    if (problems.length > 0) {
      const source = this.#request.file ?? 'configuration';
      throw new ConfigurationError(problems.map((each) => ({ ...each, source })));
    }
    const { listeners, access, limits, authenticationMethods } = next.options;
    const former = this.#loaded;
    // The broker asks again about those who are there, and the new chain has to answer.
    this.#loaded = next;
    try {
      broker.update({
        ...(listeners && { listeners }),
        access: access ?? null,
        limits: limits ?? {},
        ...(authenticationMethods && { authenticationMethods }),
      });
    } catch (error) {
      this.#loaded = former;
      if (!(error instanceof PetrelError)) throw error;
      const source = this.#request.file ?? 'configuration';
      throw new ConfigurationError([{ source, path: '', message: error.message }]);
    }
  }
}

function changesThatNeedARestart(former: Configuration, next: Configuration): Omit<Problem, 'source'>[] {
  const paths: string[] = [];
  const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  for (const name of new Set([...Object.keys(former), ...Object.keys(next)])) {
    const key = name as keyof Configuration;
    if (!live.has(name) && !isSame(former[key], next[key])) paths.push(name);
  }
  if ((former.authentication === undefined) !== (next.authentication === undefined))
    paths.push('authentication');
  for (const name of fixedLog) {
    if (!isSame(former.log?.[name], next.log?.[name])) paths.push(`log.${name}`);
  }
  for (const name of fixedLimits) {
    if (!isSame(former.limits?.[name], next.limits?.[name])) paths.push(`limits.${name}`);
  }
  return paths.map((path) => ({ path, message: `"${path}" changes with a restart only` }));
}
