/** Checks the options of createBroker once and completes them; nothing behind this looks at the originals again. */
import { UsageError } from '@petrel/protocol';
import { AccessPolicy } from './access/access-policy.js';
import type { AuthenticationMethod } from './authentication/authentication-method.js';
import { systemClock } from './clock.js';
import type { BrokerHooks, BrokerObserver, ObservingHook } from './hooks.js';
import { resolveListener } from './listeners/resolve-listener.js';
import { silentLogger } from './logger.js';
import { OptionReader, show, unknownName } from './option-reader.js';
import type { BrokerOptions, ResolvedBrokerOptions } from './options.js';
import { resolveLimits } from './resolve-limits.js';

const observingNames: { readonly [Name in ObservingHook]: true } = {
  connected: true,
  routing: true,
  published: true,
  subscribed: true,
  unsubscribed: true,
  delivered: true,
  acknowledged: true,
  undelivered: true,
  disconnected: true,
  refused: true,
};

const hookNames: { readonly [Name in keyof Required<BrokerHooks>]: true } = {
  ...observingNames,
  authenticate: true,
  stillValid: true,
  authorizePublish: true,
  authorizeSubscribe: true,
  connect: true,
  responseInformation: true,
  publish: true,
  subscribe: true,
  deliver: true,
};

/**
 * Completes the options. Throws UsageError for a value that no rule allows or a name that does not exist, and
 * ListenError (PETREL_LISTEN_EXPOSED) for a listener that would let anybody in from outside this machine.
 */
export function resolveBrokerOptions(options: BrokerOptions = {}): ResolvedBrokerOptions {
  const reader = new OptionReader(options);
  const hooks = resolveHooks(reader);
  const allowAnonymous = reader.boolean('allowAnonymous', false);
  const authenticationMethods = resolveMethods(reader);
  const dataFolder = reader.optional('dataFolder', (name) => reader.string(name));
  const isOpen = allowAnonymous || hooks.authenticate !== undefined || authenticationMethods.size > 0;
  const resolved: ResolvedBrokerOptions = {
    hooks,
    observers: resolveObservers(reader),
    allowAnonymous,
    authenticationMethods,
    listeners: Object.freeze(reader.list('listeners').map((listener) => resolveListener(listener, isOpen))),
    access: reader.optional('access', () => new AccessPolicy(reader.raw('access') as object)),
    limits: resolveLimits(reader.nested('limits'), dataFolder !== undefined),
    dataFolder,
    durability: reader.oneOf('durability', ['sync', 'os'] as const, 'sync'),
    store: reader.object('store', 'open', 'commit', 'close'),
    sysTopicsIntervalMs: reader.integer(
      'sysTopicsIntervalMs',
      { minimum: 0, maximum: 0x7fffffff, unit: 'milliseconds' },
      10_000,
    ),
    logger: reader.object('logger', 'debug', 'info', 'warn', 'error') ?? silentLogger,
    clock: reader.object('clock', 'now', 'schedule') ?? systemClock,
  };
  reader.end();
  if (dataFolder !== undefined && resolved.store !== undefined)
    throw new UsageError('option "store" takes the place of "dataFolder": give one of them');
  if (dataFolder === undefined && options.durability !== undefined)
    throw new UsageError('option "durability" needs the option "dataFolder"');
  return Object.freeze(resolved);
}

/** Checks the options as createBroker would, and opens nothing. Throws UsageError, ListenError. */
export function checkBrokerOptions(options: BrokerOptions): void {
  resolveBrokerOptions(options);
}

/** A misspelt hook would decide nothing, and so leave open what it was to close: it is refused. */
function resolveHooks(reader: OptionReader): BrokerHooks {
  const hooks = reader.object<BrokerHooks>('hooks') ?? {};
  assertFunctions(hooks, 'hooks', hookNames);
  return hooks;
}

/** A misspelt one would be told nothing. */
function resolveObservers(reader: OptionReader): readonly BrokerObserver[] {
  const observers = reader.check<readonly unknown[]>('observers', 'an array', Array.isArray, []);
  for (const [index, observer] of observers.entries()) {
    const path = `observers[${index}]`;
    if (typeof observer !== 'object' || observer === null)
      throw new UsageError(`option "${path}" must be an object, got ${show(observer)}`);
    assertFunctions(observer, path, observingNames);
  }
  return Object.freeze([...(observers as readonly BrokerObserver[])]);
}

function assertFunctions(object: object, path: string, names: Readonly<Record<string, true>>): void {
  const known = Object.keys(names);
  for (const name of known) {
    const hook: unknown = (object as Record<string, unknown>)[name];
    if (hook === undefined || typeof hook === 'function') continue;
    throw new UsageError(`option "${path}.${name}" must be a function, got ${show(hook)}`);
  }
  const prototype = Object.getPrototypeOf(object);
  // An object of a class of its own may have other members for its own use.
  if (prototype !== Object.prototype && prototype !== null) return;
  const unknown = Object.keys(object).find((name) => !Object.hasOwn(names, name));
  if (unknown !== undefined) throw unknownName(`${path}.${unknown}`, unknown, known);
}

/** Reads `authenticationMethods`; throws UsageError. */
export function resolveMethods(reader: OptionReader): ReadonlyMap<string, AuthenticationMethod> {
  const methods = reader.check<readonly unknown[]>('authenticationMethods', 'an array', Array.isArray, []);
  const byName = new Map<string, AuthenticationMethod>();
  for (const [index, value] of methods.entries()) {
    const path = `authenticationMethods[${index}]`;
    const { name, begin } = (value ?? {}) as Partial<AuthenticationMethod>;
    if (typeof name !== 'string' || name === '' || typeof begin !== 'function') {
      throw new UsageError(`option "${path}" must be an object with name and begin, got ${show(value)}`);
    }
    if (byName.has(name)) throw new UsageError(`option "${path}" has the name ${show(name)} once more`);
    byName.set(name, value as AuthenticationMethod);
  }
  return byName;
}
