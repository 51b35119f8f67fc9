/**
 * What the options of a section may be, as a table: found by letting the code that checks them run over a reader that only writes down what
 * it is asked for. So a configuration file and its reference have the same rules as createBroker, from one source.
 */
import { type IntegerRule, OptionReader } from './option-reader.js';
import { resolveLimits } from './resolve-limits.js';

/** What a value has to be. */
export type OptionRule =
  | ({ readonly kind: 'integer' } & IntegerRule)
  | { readonly kind: 'boolean' }
  | { readonly kind: 'text' }
  | { readonly kind: 'one-of'; readonly values: readonly (string | number)[] };

/** One option. */
export interface OptionDescription {
  /** Names from the section inwards, such as `['sessionQueue', 'maximumBytes']`. */
  readonly path: readonly string[];
  readonly rule: OptionRule;
  /** Undefined where nothing stands in for an option that is not given. */
  readonly default: unknown;
}

/** The options in `limits`, in the order of their reading; `hasDataFolder`: with the defaults that a data folder brings. */
export function describeLimits(hasDataFolder = false): readonly OptionDescription[] {
  const rows: OptionDescription[] = [];
  resolveLimits(new DescribingReader([], rows), hasDataFolder);
  return rows;
}

class DescribingReader extends OptionReader {
  readonly #names: readonly string[];
  readonly #rows: OptionDescription[];

  constructor(names: readonly string[], rows: OptionDescription[]) {
    super({}, names.join('.'));
    this.#names = names;
    this.#rows = rows;
  }

  override optional<T>(name: string, read: (name: string) => T): T | undefined {
    return read(name);
  }

  override integer(name: string, rule: IntegerRule, fallback?: number): number {
    this.#add(name, { kind: 'integer', ...rule }, fallback);
    return fallback ?? rule.minimum;
  }

  override boolean(name: string, fallback: boolean): boolean {
    this.#add(name, { kind: 'boolean' }, fallback);
    return fallback;
  }

  override string(name: string, fallback?: string): string {
    this.#add(name, { kind: 'text' }, fallback);
    return fallback ?? '';
  }

  override oneOf<T>(name: string, allowed: readonly T[], fallback?: T): T {
    this.#add(name, { kind: 'one-of', values: allowed as readonly (string | number)[] }, fallback);
    return fallback ?? (allowed[0] as T);
  }

  override nested(name: string): OptionReader {
    return new DescribingReader([...this.#names, name], this.#rows);
  }

  #add(name: string, rule: OptionRule, fallback: unknown): void {
    this.#rows.push({ path: [...this.#names, name], rule, default: fallback });
  }
}
