/** Reads an options object field by field: every value is checked, every unknown name refused, nothing written to it. */
import { UsageError } from '@petrel/protocol';

/** Bounds of an integer, both included. */
export interface IntegerRule {
  readonly minimum: number;
  readonly maximum: number;
  /** For messages, such as "seconds". */
  readonly unit?: string;
}

/** One pass over one options object; end() comes last. */
export class OptionReader {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #known = new Set<string>();

  /** `path` leads to the object, such as `listeners[0]`; empty for the outermost. */
  constructor(values: unknown, path = '') {
    if (typeof values !== 'object' || values === null || Array.isArray(values)) {
      throw new UsageError(
        `${path === '' ? 'options' : `option "${path}"`} must be an object, got ${show(values)}`,
      );
    }
    this.#values = values as Record<string, unknown>;
    this.#path = path;
  }

  /** How messages call an option of this object. */
  pathOf(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }

  /** The value as it is. */
  raw(name: string): unknown {
    this.#known.add(name);
    return this.#values[name];
  }

  /** Undefined where the option is not given, else what `read` makes of it. */
  optional<T>(name: string, read: (name: string) => T): T | undefined {
    return this.raw(name) === undefined ? undefined : read(name);
  }

  /** A value under any rule; `rule` completes "must be …". */
  check<T>(name: string, rule: string, accepts: (value: unknown) => boolean, fallback?: T): T {
    const value = this.raw(name);
    if (value === undefined && fallback !== undefined) return fallback;
    if (!accepts(value))
      throw new UsageError(`option "${this.pathOf(name)}" must be ${rule}, got ${show(value)}`);
    return value as T;
  }

  /** Without a fallback the option must be given. */
  integer(name: string, { minimum, maximum, unit }: IntegerRule, fallback?: number): number {
    const range = `${minimum}–${maximum}${unit === undefined ? '' : ` (${unit})`}`;
    const accepts = (value: unknown) =>
      Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum;
    return this.check(name, `an integer ${range}`, accepts, fallback);
  }

  boolean(name: string, fallback: boolean): boolean {
    return this.check(name, 'true or false', (value) => typeof value === 'boolean', fallback);
  }

  /** A string that is not empty. */
  string(name: string, fallback?: string): string {
    return this.check(name, 'a string that is not empty', isNonEmptyString, fallback);
  }

  oneOf<T>(name: string, allowed: readonly T[], fallback?: T): T {
    const rule = allowed.length === 1 ? show(allowed[0]) : `one of ${allowed.map(show).join(', ')}`;
    return this.check(name, rule, (value) => allowed.includes(value as T), fallback);
  }

  /** An object with methods, such as a store; undefined where it is not given. */
  object<T extends object>(name: string, ...methods: readonly (keyof T & string)[]): T | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    const lacking = methods.filter((method) => typeof (value as T | null)?.[method] !== 'function');
    if (typeof value === 'object' && value !== null && lacking.length === 0) return value as T;
    const rule = methods.length === 0 ? 'an object' : `an object with the methods ${methods.join(', ')}`;
    throw new UsageError(`option "${this.pathOf(name)}" must be ${rule}, got ${show(value)}`);
  }

  /** The options inside an option; absent ones read as empty. */
  nested(name: string): OptionReader {
    return new OptionReader(this.raw(name) ?? {}, this.pathOf(name));
  }

  /** The options objects inside a list; an absent list is an empty one. */
  list(name: string): readonly OptionReader[] {
    const values = this.check<readonly unknown[]>(name, 'an array', Array.isArray, []);
    return values.map((value, index) => new OptionReader(value, `${this.pathOf(name)}[${index}]`));
  }

  /** Refuses every name that was not asked for. */
  end(): void {
    for (const name of Object.keys(this.#values)) {
      if (!this.#known.has(name)) throw unknownName(this.pathOf(name), name, [...this.#known]);
    }
  }
}

/** The error for a name that does not exist, with the known one that is nearest to it. */
export function unknownName(path: string, name: string, known: readonly string[]): UsageError {
  const distances = known.map((candidate) => ({ candidate, distance: editDistance(name, candidate) }));
  const nearest = distances.sort((a, b) => a.distance - b.distance)[0];
  const isNear = nearest !== undefined && nearest.distance <= Math.max(2, Math.floor(name.length / 3));
  const hint = isNear ? `did you mean "${nearest.candidate}"?` : `there are ${known.join(', ')}`;
  return new UsageError(`option "${path}" does not exist; ${hint}`);
}

/** Shows a value in a message, shortened. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 79)}…` : value);
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

function isNonEmptyString(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

/** Levenshtein distance without regard to case. */
function editDistance(left: string, right: string): number {
  const a = left.toLowerCase();
  const b = right.toLowerCase();
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, substitution));
    }
    row = next;
  }
  return row[b.length]!;
}
