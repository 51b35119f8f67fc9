/** Changes what may change while clients stay: rules, limits, methods of authentication. Everything is checked before anything is changed. */
import { UsageError } from '@petrel/protocol';
import { AccessPolicy } from './access/access-policy.js';
import type { BrokerContext } from './broker-context.js';
import { OptionReader } from './option-reader.js';
import type { BrokerOptions } from './options.js';
import { resolveLimits } from './resolve-limits.js';
import { resolveMethods } from './resolve-options.js';
import type { Session } from './session.js';

/**
 * What broker.update() takes; what is not named stays. `limits` takes the place of all former limits, and holds for what begins from now on:
 * new packets, connections and sessions. Those that a restart alone can change keep their value: `maximumTopicLevels`, `retained` and
 * `dataFolder`.
 */
export interface BrokerUpdate extends Pick<BrokerOptions, 'limits' | 'authenticationMethods'> {
  /** `null`: no rules any more. */
  readonly access?: BrokerOptions['access'] | null;
}

/** Throws UsageError, and has changed nothing then. */
export function updateBroker(context: BrokerContext, update: BrokerUpdate): void {
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
  reader.end();
  context.options = Object.freeze({ ...options, limits, authenticationMethods: methods });
  if (!hasRules) return;
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
