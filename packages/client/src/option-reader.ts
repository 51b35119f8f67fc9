/** Reads an options object field by field: every rule is checked, every unknown name is refused, nothing is written to it. */
import { UsageError } from '@petrel/protocol';

/** Bounds of a number, both included, and its unit for messages. */
export interface NumberRule {
  readonly minimum: number;
  readonly maximum: number;
  readonly unit?: string;
  /** Accepts Infinity besides the integers. Default false. */
  readonly infinity?: boolean;
}

/** One pass over one options object; `end` must be called last. */
export class OptionReader {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #prefix: string;
  readonly #names = new Set<string>();

  /** `name` is the option that holds this object; empty for the outermost one. */
  constructor(values: unknown, name = '') {
    if (typeof values !== 'object' || values === null || Array.isArray(values)) {
      throw new UsageError(
        `${name === '' ? 'options' : `option "${name}"`} must be an object, got ${show(values)}`,
      );
    }
    this.#values = values as Record<string, unknown>;
    this.#prefix = name === '' ? '' : `${name}.`;
  }

  integer(name: string, { minimum, maximum, unit, infinity = false }: NumberRule): number | undefined {
    const value = this.raw(name);
    if (value === undefined || (infinity && value === Number.POSITIVE_INFINITY)) return value;
    if (!Number.isInteger(value) || (value as number) < minimum || (value as number) > maximum) {
      const range = maximum >= Number.MAX_SAFE_INTEGER ? ` of at least ${minimum}` : ` ${minimum}–${maximum}`;
      throw this.#bad(name, `an integer${range}${unit ? ` (${unit})` : ''}${infinity ? ' or Infinity' : ''}`);
    }
    return value as number;
  }

  boolean(name: string): boolean | undefined {
    return this.of(name, 'true or false', (value) => typeof value === 'boolean');
  }

  string(name: string): string | undefined {
    return this.of(name, 'a string', (value) => typeof value === 'string');
  }

  function<F>(name: string): F | undefined {
    return this.of<F>(name, 'a function', (value) => typeof value === 'function');
  }

  oneOf<T>(name: string, allowed: readonly T[]): T | undefined {
    return this.of(name, `one of ${allowed.map(show).join(', ')}`, (value) => allowed.includes(value as T));
  }

  /** Any other rule; `rule` completes "must be …". */
  of<T>(name: string, rule: string, accepts: (value: unknown) => boolean): T | undefined {
    const value = this.raw(name);
    if (value !== undefined && !accepts(value)) throw this.#bad(name, rule);
    return value as T | undefined;
  }

  /** A value that must not show up in messages. */
  secret<T>(name: string, rule: string, accepts: (value: unknown) => boolean): T | undefined {
    const value = this.raw(name);
    if (value !== undefined && !accepts(value)) {
      throw new UsageError(`option "${this.#prefix}${name}" must be ${rule}, got a ${typeof value}`);
    }
    return value as T | undefined;
  }

  /** A reader for an object inside this one; an absent object reads as an empty one. */
  object(name: string): OptionReader {
    return new OptionReader(this.raw(name) ?? {}, `${this.#prefix}${name}`);
  }

  /** The value as it is; null counts as absent, since configuration files know no undefined. */
  raw(name: string): unknown {
    this.#names.add(name);
    return this.#values[name] ?? undefined;
  }

  /** Refuses every name that nobody asked for. */
  end(): void {
    for (const name of Object.keys(this.#values)) {
      if (this.#names.has(name) || this.#values[name] === undefined) continue;
      const near = [...this.#names].find((known) => known.toLowerCase() === name.toLowerCase());
      const hint =
        near === undefined ? `known are ${[...this.#names].join(', ')}` : `did you mean "${near}"?`;
      throw new UsageError(`option "${this.#prefix}${name}" is unknown; ${hint}`);
    }
  }

  #bad(name: string, rule: string): UsageError {
    return new UsageError(`option "${this.#prefix}${name}" must be ${rule}, got ${show(this.#values[name])}`);
  }
}

/** Shows a value in a message, shortened, by its kind where its content says nothing. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}…` : value);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return value.constructor?.name ?? 'an object';
  return String(value);
}
