/** What a program or an operator writes down about who may do what. */

/** `subscribe` means asking for topics and getting their messages; `receive` only the latter. */
export type AccessAction = 'publish' | 'subscribe' | 'receive';

/**
 * One rule: what it allows or denies, on which topics, to whom. Every condition that is given has to hold, each by one of its values;
 * a rule without conditions is for everybody.
 */
export interface AccessRule {
  /** What is allowed; a rule has either this or `deny`. */
  readonly allow?: readonly AccessAction[] | undefined;
  /** What is denied, whatever other rules allow. */
  readonly deny?: readonly AccessAction[] | undefined;
  /**
   * Topic Filters. `%u` stands for the name of the principal, `%c` for the Client Identifier, `%%` for a percent sign. A name with a
   * wildcard or a slash in it fills no placeholder: an allowing rule is not for that client, a denying one takes any level in its place.
   * Topics that begin with `$` need a filter that names them so.
   */
  readonly topics: readonly string[];
  /** Names of principals. */
  readonly users?: readonly string[] | undefined;
  /** Groups of principals, from `groups` or from who authenticated them. */
  readonly groups?: readonly string[] | undefined;
  /** True: only clients without principal; false: only those with one. */
  readonly anonymous?: boolean | undefined;
  /** Client Identifiers; a `*` at the end stands for any rest. */
  readonly clientIdentifiers?: readonly string[] | undefined;
  /** Addresses or networks such as `10.0.0.0/8`; a client without address, in the same process or on a Unix domain socket, is in none. */
  readonly addresses?: readonly string[] | undefined;
  /** Names in the verified certificate of the client: its common name and its alternative names, compared as they are. */
  readonly certificates?: readonly string[] | undefined;
}

/** All rules of a broker. */
export interface AccessOptions {
  /** What holds where no rule speaks. Default 'deny'. */
  readonly default?: 'allow' | 'deny' | undefined;
  /** Names of principals by group. */
  readonly groups?: Readonly<Record<string, readonly string[]>> | undefined;
  /** In any order: a rule that denies always wins. */
  readonly rules?: readonly AccessRule[] | undefined;
}

/** Why something is allowed or denied. */
export interface AccessExplanation {
  readonly allowed: boolean;
  /** Index of the rule that decided; undefined where the default did, or the broker itself. */
  readonly rule: number | undefined;
  /** One sentence. */
  readonly reason: string;
}
