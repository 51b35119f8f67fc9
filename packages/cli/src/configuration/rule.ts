/**
 * What a setting may be, as data: from one tree of rules come the check with its hints, the environment variables, the JSON Schema and the
 * reference page. The type of the checked value follows from the rule.
 */

/** What every rule has. */
interface Documented {
  /** Full sentences for the reference. */
  readonly description: string;
  /** What stands in for a setting that is not given. */
  readonly default?: unknown;
  readonly required?: boolean;
}

/** A whole number. */
export interface IntegerRule extends Documented {
  readonly kind: 'integer';
  readonly minimum: number;
  readonly maximum: number;
  readonly unit?: string | undefined;
}

/** True or false. */
export interface BooleanRule extends Documented {
  readonly kind: 'boolean';
}

/** Text that is not empty. */
export interface TextRule extends Documented {
  readonly kind: 'text';
  /** What the text must look like, with `form` in words. */
  readonly pattern?: RegExp | undefined;
  readonly form?: string | undefined;
}

/** The path of a file or folder, relative to the configuration file. */
export interface PathRule extends Documented {
  readonly kind: 'path';
}

/** One of some values. */
export interface OneOfRule extends Documented {
  readonly kind: 'one-of';
  readonly values: readonly (string | number)[];
}

/** A list. */
export interface ListRule extends Documented {
  readonly kind: 'list';
  readonly item: Rule;
  readonly maximumItems?: number | undefined;
}

/** Named settings. */
export interface ObjectRule extends Documented {
  readonly kind: 'object';
  readonly fields: Readonly<Record<string, Rule>>;
}

/** Values by names that the operator chooses. */
export interface MapRule extends Documented {
  readonly kind: 'map';
  readonly value: Rule;
}

/** Named settings that depend on the value of one of them. */
export interface ChoiceRule extends Documented {
  readonly kind: 'choice';
  /** The setting that decides, such as `type`. */
  readonly by: string;
  readonly variants: Readonly<Record<string, ObjectRule>>;
}

/** Any rule. */
export type Rule =
  | IntegerRule
  | BooleanRule
  | TextRule
  | PathRule
  | OneOfRule
  | ListRule
  | ObjectRule
  | MapRule
  | ChoiceRule;

declare const valueType: unique symbol;

/** A rule that knows the type of what it lets through. */
export type Typed<T, R extends Rule = Rule> = R & { readonly [valueType]?: T };

/** The type of what a rule lets through. */
export type ValueOf<R> = R extends { readonly [valueType]?: infer T } ? Exclude<T, undefined> : never;

type Fields = Readonly<Record<string, Typed<unknown>>>;

type ObjectOf<F extends Fields> = {
  readonly [Name in keyof F as F[Name] extends { readonly required: true } ? Name : never]: ValueOf<F[Name]>;
} & {
  readonly [Name in keyof F as F[Name] extends { readonly required: true } ? never : Name]?:
    | ValueOf<F[Name]>
    | undefined;
};

type VariantOf<By extends string, V extends Readonly<Record<string, Typed<unknown, ObjectRule>>>> = {
  [Name in keyof V & string]: { readonly [B in By]: Name } & ValueOf<V[Name]>;
}[keyof V & string];

/** What a builder is told besides the sentences. */
type Extras<R extends Rule> = Partial<Omit<R, 'kind' | 'description'>>;

/** A whole number within bounds, both included. */
export function integer(
  description: string,
  bounds: Pick<IntegerRule, 'minimum' | 'maximum'> & Extras<IntegerRule>,
): Typed<number, IntegerRule> {
  return { kind: 'integer', description, ...bounds };
}

/** True or false. */
export function boolean(description: string, fallback: boolean | undefined): Typed<boolean, BooleanRule> {
  return { kind: 'boolean', description, default: fallback };
}

/** Text that is not empty. */
export function text(description: string, extras: Extras<TextRule> = {}): Typed<string, TextRule> {
  return { kind: 'text', description, ...extras };
}

/** The path of a file or folder. */
export function path(description: string, extras: Extras<PathRule> = {}): Typed<string, PathRule> {
  return { kind: 'path', description, ...extras };
}

/** One of some values. */
export function oneOf<const T extends string | number>(
  description: string,
  values: readonly T[],
  fallback?: T,
): Typed<T, OneOfRule> {
  return { kind: 'one-of', description, values, default: fallback };
}

/** A list. */
export function list<R extends Rule>(
  description: string,
  item: R,
  extras: Extras<ListRule> = {},
): Typed<readonly ValueOf<R>[], ListRule> {
  return { kind: 'list', description, item, ...extras };
}

/** Named settings. */
export function object<F extends Fields>(description: string, fields: F): Typed<ObjectOf<F>, ObjectRule> {
  return { kind: 'object', description, fields: fields as Readonly<Record<string, Rule>> };
}

/** Values by names of the operator's choice. */
export function map<R extends Rule>(
  description: string,
  value: R,
): Typed<Readonly<Record<string, ValueOf<R>>>, MapRule> {
  return { kind: 'map', description, value };
}

/** Settings that depend on one of them. */
export function choice<By extends string, V extends Readonly<Record<string, Typed<unknown, ObjectRule>>>>(
  description: string,
  by: By,
  variants: V,
): Typed<VariantOf<By, V>, ChoiceRule> {
  return { kind: 'choice', description, by, variants };
}

/** A setting that must be given. */
export function required<R extends Rule>(rule: R): R & { readonly required: true } {
  return { ...rule, required: true };
}
