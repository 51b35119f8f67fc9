/** Changes what may change while clients stay: rules, limits, methods of authentication. Everything is checked before anything is changed. */
import { UsageError } from '@petrel/protocol';
import { AccessPolicy } from './access/access-policy.js';
import type { BrokerContext } from './broker-context.js';
import type { Listener } from './listeners/listener.js';
import type { ResolvedListener } from './listeners/listener-options.js';
import { resolveListener } from './listeners/resolve-listener.js';
import { OptionReader } from './option-reader.js';
import type { BrokerOptions } from './options.js';
import { resolveLimits } from './resolve-limits.js';
import { resolveMethods } from './resolve-options.js';
import type { Session } from './session.js';

/**
 * What broker.update() takes; what is not named stays. `limits` takes the place of all former limits, and holds for what begins from now on:
 * new packets, connections and sessions. Those that a restart alone can change keep their value: those of topics, of lag, of what all
 * clients cost together, `retained` and `dataFolder`. `listeners` are those of createBroker, each at the same address as before: their certificates and origins are taken, for those
 * who connect from now on.
 */
export interface BrokerUpdate extends Pick<BrokerOptions, 'listeners' | 'limits' | 'authenticationMethods'> {
  /** `null`: no rules any more. */
  readonly access?: BrokerOptions['access'] | null;
}

/** Throws UsageError, and has changed nothing then. */
export function updateBroker(
  context: BrokerContext,
  listeners: readonly Listener[],
  update: BrokerUpdate,
): void {
  const reader = new OptionReader(update);
  const { options } = context;
  const hasRules = reader.raw('access') !== undefined;
  const rules = reader.raw('access');
  const policy =
    rules === null
      ? undefined
      : rules === undefined
        ? context.accessControl.policy
        : new AccessPolicy(rules as object);
  const hasDataFolder = options.dataFolder !== undefined;
  const limits =
    reader.raw('limits') === undefined
      ? options.limits
      : resolveLimits(reader.nested('limits'), hasDataFolder);
  const methods =
    reader.raw('authenticationMethods') === undefined
      ? options.authenticationMethods
      : resolveMethods(reader);
  if (
    methods.size === 0 &&
    options.authenticationMethods.size > 0 &&
    options.hooks.authenticate === undefined
  )
    throw new UsageError('option "authenticationMethods" must not become empty: nothing else authenticates');
  const renew = reader.raw('listeners') === undefined ? [] : prepareListeners(context, listeners, reader);
  reader.end();
  for (const apply of renew) apply();
  context.options = Object.freeze({ ...options, limits, authenticationMethods: methods });
  if (hasRules) applyRules(context, policy);
  context.revalidation.start();
}

function applyRules(context: BrokerContext, policy: AccessPolicy | undefined): void {
  context.accessControl.policy = policy;
  for (const session of [...context.sessions.values()]) revoke(context, session);
}

/**
 * Takes from a session what its client may not have any more. One without connection is looked at when its client is back, and known as a
 * whole; nothing is sent to it before.
 */
function revoke(context: BrokerContext, session: Session): void {
  const { client, will } = session;
  if (will !== undefined && context.accessControl.refusesWill(client, will.topicName)) {
    session.will = undefined;
    context.timers.cancel(session.willTimer);
    context.sessions.persist(session);
  }
  if (session.connection === undefined) return;
  for (const filter of context.accessControl.refusedByRules(client, session.subscriptions.values())) {
    const ended = context.sessions.unsubscribe(session, filter);
    if (ended !== undefined) context.hooks.tell('unsubscribed', client, ended);
  }
}

/** Nothing that listens moves: the same kinds in the same order at the same places. */
function prepareListeners(
  { options }: BrokerContext,
  listeners: readonly Listener[],
  reader: OptionReader,
): (() => void)[] {
  const isOpen =
    options.allowAnonymous ||
    options.hooks.authenticate !== undefined ||
    options.authenticationMethods.size > 0;
  const wanted = reader.list('listeners').map((each) => resolveListener(each, isOpen));
  const isSame =
    wanted.length === options.listeners.length &&
    wanted.every((each, index) => placeOf(each) === placeOf(options.listeners[index] as ResolvedListener));
  if (!isSame)
    throw new UsageError(
      'option "listeners" must have the same types, addresses and proxies as before: those need a restart',
    );
  return wanted.flatMap((each, index) => listeners[index]?.prepare?.(each) ?? []);
}

/** What cannot change. */
function placeOf(listener: ResolvedListener): string {
  if (listener.type === 'unix') return `unix ${listener.path}`;
  const { type, host, port, proxies } = listener;
  const path = 'path' in listener ? listener.path : undefined;
  const isSecure = 'tls' in listener && listener.tls !== undefined;
  const requestCert = 'tls' in listener && listener.tls?.requestCert === true;
  return JSON.stringify([type, host, port, path, isSecure, requestCert, proxies?.source]);
}
