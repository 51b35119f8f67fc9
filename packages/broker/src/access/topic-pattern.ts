/** The Topic Filter of a rule, with placeholders for names that a client brings along and that must not become part of its structure. */
import { parseTopicFilter, UsageError } from '@petrel/protocol';

/** What fills placeholders; undefined for an anonymous client. */
export interface PatternNames {
  readonly user: string | undefined;
  readonly clientIdentifier: string;
}

/** A name that is exactly one level, or part of one: no separator, no wildcard, nothing that ends a string. */
const oneLevel = /^[^/+#\0]+$/;

/** One filter of a rule. */
export class TopicPattern {
  readonly source: string;
  /** Whether every client sees the same filter. */
  readonly isFixed: boolean;

  /** Throws UsageError for what is no Topic Filter, and for a placeholder that does not exist. */
  constructor(source: string, where: string) {
    this.source = source;
    const unknown = /%(?![uc%])./u.exec(source)?.[0] ?? (/(^|[^%])(%%)*%$/.test(source) ? '%' : undefined);
    if (unknown !== undefined)
      throw new UsageError(`${where}: "${source}" has "${unknown}"; there are %u, %c and %%`);
    this.isFixed = !/%[uc]/.test(source.replaceAll('%%', ''));
    const example = this.#fill(() => 'x');
    try {
      const { shareName } = parseTopicFilter(example);
      if (shareName !== undefined)
        throw new UsageError(`${where}: "${source}" must be written without $share/ShareName/`);
    } catch (cause) {
      if (cause instanceof UsageError) throw cause;
      throw new UsageError(`${where}: ${(cause as Error).message}`, { cause });
    }
  }

  /** The filter for a client; undefined where a name fills no placeholder, unless `closed`: then any level stands in its place. */
  bind({ user, clientIdentifier }: PatternNames, closed: boolean): string | undefined {
    let isFilled = true;
    const fill = (placeholder: string): string => {
      const name = placeholder === '%u' ? user : clientIdentifier;
      if (name !== undefined && oneLevel.test(name)) return name;
      isFilled = false;
      return unfilled;
    };
    const bound = this.#fill(fill);
    // Topics that begin with $ belong to those whom a rule names them for: a client that calls itself $SYS has named them itself.
    const claims = bound.startsWith('$') && !this.source.startsWith('$');
    if (isFilled && !(claims && !closed)) return bound;
    if (!closed) return undefined;
    return bound
      .split('/')
      .map((level) => (level.includes(unfilled) ? '+' : level))
      .join('/');
  }

  #fill(fill: (placeholder: string) => string): string {
    return this.source.replace(/%[uc%]/g, (found) => (found === '%%' ? '%' : fill(found)));
  }
}

/** In no Topic Filter, and so in no other part of a pattern. */
const unfilled = '\0';
