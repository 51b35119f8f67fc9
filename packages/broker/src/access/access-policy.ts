/** The rules of a broker, checked once: which of them are for a client. What they say to it is the business of its view. */
import { UsageError } from '@petrel/protocol';
import type { Client } from '../hooks.js';
import { OptionReader, show } from '../option-reader.js';
import type { AccessAction, AccessOptions } from './access-rules.js';
import { AccessView, type BoundRule } from './access-view.js';
import { AddressList } from './address-list.js';
import { allCertificateNames } from './certificate-names.js';
import { TopicPattern } from './topic-pattern.js';

const actions = ['publish', 'subscribe', 'receive'] as const;

interface CompiledRule {
  readonly index: number;
  readonly denies: boolean;
  readonly actions: ReadonlySet<AccessAction>;
  readonly patterns: readonly TopicPattern[];
  isFor(client: Client, groups: ReadonlySet<string>): boolean;
}

/** What a client may do; immutable. New rules are a new policy. */
export class AccessPolicy {
  readonly #allowsByDefault: boolean;
  /** Groups by principal. */
  readonly #groups = new Map<string, Set<string>>();
  /** Those for named users are found by their name: there may be thousands. */
  readonly #rulesOfUser = new Map<string, CompiledRule[]>();
  readonly #otherRules: CompiledRule[] = [];
  readonly #views = new WeakMap<Client, AccessView>();

  /** Throws UsageError for a rule that is none; `path` is how messages call the options. */
  constructor(options: AccessOptions, path = 'access') {
    const reader = new OptionReader(options, path);
    this.#allowsByDefault = reader.oneOf('default', ['deny', 'allow'] as const, 'deny') === 'allow';
    const groups = reader.object<Readonly<Record<string, readonly string[]>>>('groups') ?? {};
    const rules = reader.list('rules');
    reader.end();
    for (const [group, users] of Object.entries(groups)) {
      for (const user of texts(users, `${path}.groups.${group}`)) {
        const of = this.#groups.get(user) ?? new Set();
        this.#groups.set(user, of.add(group));
      }
    }
    for (const [index, rule] of rules.entries()) this.#add(rule, index);
  }

  /** What the rules say to this client. */
  viewOf(client: Client): AccessView {
    let view = this.#views.get(client);
    if (view === undefined) this.#views.set(client, (view = this.#makeView(client)));
    return view;
  }

  #makeView(client: Client): AccessView {
    const { principal, clientIdentifier } = client;
    const user = principal?.name;
    const groups = new Set([
      ...((user === undefined ? undefined : this.#groups.get(user)) ?? []),
      ...(principal?.groups ?? []),
    ]);
    const named = user === undefined ? undefined : this.#rulesOfUser.get(user);
    const bound: BoundRule[] = [];
    for (const rule of [...this.#otherRules, ...(named ?? [])]) {
      if (!rule.isFor(client, groups)) continue;
      const filters = rule.patterns
        .map((pattern) => pattern.bind({ user, clientIdentifier }, rule.denies))
        .filter((filter) => filter !== undefined);
      const { index, denies, actions: about } = rule;
      if (filters.length > 0) bound.push({ index, denies, actions: about, filters });
    }
    return new AccessView(client, bound, this.#allowsByDefault);
  }

  #add(reader: OptionReader, index: number): void {
    const where = (name: string) => `option "${reader.pathOf(name)}"`;
    const optional = (name: string) =>
      reader.optional(name, () => texts(reader.raw(name), reader.pathOf(name)));
    const allow = reader.optional('allow', (name) => readActions(reader, name));
    const deny = reader.optional('deny', (name) => readActions(reader, name));
    if ((allow === undefined) === (deny === undefined))
      throw new UsageError(`option "${reader.pathOf('allow')}" or "deny": a rule has one of them`);
    const topics = texts(reader.raw('topics'), reader.pathOf('topics'));
    const users = optional('users');
    const groups = optional('groups');
    const anonymous = reader.optional('anonymous', (name) => reader.boolean(name, false));
    const identifiers = optional('clientIdentifiers');
    const addresses = optional('addresses');
    const certificates = optional('certificates');
    reader.end();
    const networks = addresses && new AddressList(addresses, where('addresses'));
    const rule: CompiledRule = {
      index,
      denies: deny !== undefined,
      actions: new Set(allow ?? deny),
      patterns: topics.map((topic) => new TopicPattern(topic, where('topics'))),
      isFor: (client, groupsOfClient) =>
        (users === undefined || users.includes(client.principal?.name as string)) &&
        (groups === undefined || groups.some((group) => groupsOfClient.has(group))) &&
        (anonymous === undefined || anonymous === (client.principal === undefined)) &&
        (identifiers === undefined ||
          identifiers.some((each) => isIdentifier(each, client.clientIdentifier))) &&
        (networks === undefined || networks.has(client.remoteAddress)) &&
        (certificates === undefined || hasName(client, certificates)),
    };
    if (users === undefined) this.#otherRules.push(rule);
    for (const user of new Set(users)) {
      const rules = this.#rulesOfUser.get(user) ?? [];
      rules.push(rule);
      this.#rulesOfUser.set(user, rules);
    }
  }
}

function readActions(reader: OptionReader, name: string): readonly AccessAction[] {
  const accepts = (value: unknown) =>
    Array.isArray(value) && value.length > 0 && value.every((each) => actions.includes(each as AccessAction));
  return reader.check(name, `an array of ${actions.join(', ')}`, accepts);
}

/** A list that is empty would be a condition that nobody fulfils, and hides a slip. */
function texts(value: unknown, path: string): readonly string[] {
  const isList =
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((each) => typeof each === 'string' && each !== '');
  if (isList) return value as readonly string[];
  throw new UsageError(`option "${path}" must be an array of texts, and not empty, got ${show(value)}`);
}

function isIdentifier(pattern: string, clientIdentifier: string): boolean {
  return pattern.endsWith('*')
    ? clientIdentifier.startsWith(pattern.slice(0, -1))
    : clientIdentifier === pattern;
}

function hasName({ peerCertificate }: Client, names: readonly string[]): boolean {
  return (
    peerCertificate !== undefined && allCertificateNames(peerCertificate).some((name) => names.includes(name))
  );
}
