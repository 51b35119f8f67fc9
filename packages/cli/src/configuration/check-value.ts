/** Holds a value against its rule, and tells every problem there is: not only the first, so that an operator has them all at once. */
import type { ChoiceRule, ListRule, MapRule, ObjectRule, Rule } from './rule.js';
import { nearestName, show } from './words.js';

/** Names and indices from the outermost value inwards. */
export type ValuePath = readonly (string | number)[];

/** Hears of a problem; the path leads to what is wrong. */
export type Report = (path: ValuePath, message: string) => void;

/** `listeners[0].port`. */
export function pathText(path: ValuePath): string {
  return path.reduce<string>((text, each) => {
    if (typeof each === 'number') return `${text}[${each}]`;
    return text === '' ? each : `${text}.${each}`;
  }, '');
}

/** Reports what is wrong with a value, and what is in it. */
export function checkValue(rule: Rule, value: unknown, path: ValuePath, report: Report): void {
  const refuse = (what: string) => report(path, `"${pathText(path)}" must be ${what}, got ${show(value)}`);
  switch (rule.kind) {
    case 'integer': {
      const { minimum, maximum, unit } = rule;
      const isWithin =
        Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum;
      if (!isWithin) refuse(`an integer ${minimum}–${maximum}${unit === undefined ? '' : ` (${unit})`}`);
      return;
    }
    case 'boolean':
      if (typeof value !== 'boolean') refuse('true or false');
      return;
    case 'text':
      if (typeof value !== 'string' || value === '') refuse('a text that is not empty');
      else if (rule.pattern?.test(value) === false) refuse(rule.form ?? String(rule.pattern));
      return;
    case 'path':
      if (typeof value !== 'string' || value === '' || value.includes('\0')) refuse('the path of a file');
      return;
    case 'one-of':
      if (!rule.values.includes(value as string)) refuse(`one of ${rule.values.join(', ')}`);
      return;
    case 'list':
      if (Array.isArray(value)) checkList(rule, value, path, report);
      else refuse('a list');
      return;
    case 'object':
      if (isRecord(value)) checkObject(rule, value, path, report);
      else refuse('a set of named values');
      return;
    case 'map':
      if (isRecord(value)) checkMap(rule, value, path, report);
      else refuse('a set of named values');
      return;
    case 'choice':
      if (isRecord(value)) checkChoice(rule, value, path, report);
      else refuse('a set of named values');
  }
}

function checkList(
  { item, maximumItems = 10_000 }: ListRule,
  value: unknown[],
  path: ValuePath,
  report: Report,
): void {
  if (value.length > maximumItems)
    report(path, `"${pathText(path)}" must have at most ${maximumItems} entries, got ${value.length}`);
  for (const [index, each] of value.entries()) checkValue(item, each, [...path, index], report);
}

function checkMap({ value: rule }: MapRule, value: object, path: ValuePath, report: Report): void {
  for (const [name, each] of Object.entries(value)) checkValue(rule, each, [...path, name], report);
}

function checkObject({ fields }: ObjectRule, value: object, path: ValuePath, report: Report): void {
  for (const [name, each] of Object.entries(value)) {
    const rule = Object.hasOwn(fields, name) ? fields[name] : undefined;
    // `name:` with nothing behind it is a slip of the hand, and must not look like the default.
    if (rule !== undefined) checkValue(rule, each, [...path, name], report);
    else report([...path, name], unknownSetting([...path, name], name, Object.keys(fields)));
  }
  for (const [name, rule] of Object.entries(fields)) {
    if (rule.required === true && !Object.hasOwn(value, name))
      report(path, `"${pathText([...path, name])}" is missing`);
  }
}

function checkChoice({ by, variants }: ChoiceRule, value: object, path: ValuePath, report: Report): void {
  const { [by]: chosen, ...rest } = value as Record<string, unknown>;
  const variant =
    typeof chosen === 'string' && Object.hasOwn(variants, chosen) ? variants[chosen] : undefined;
  if (variant !== undefined) {
    checkObject(variant, rest, path, report);
    return;
  }
  const names = Object.keys(variants);
  if (chosen === undefined)
    report(path, `"${pathText([...path, by])}" is missing: one of ${names.join(', ')}`);
  else
    report(
      [...path, by],
      `"${pathText([...path, by])}" must be one of ${names.join(', ')}, got ${show(chosen)}`,
    );
}

function unknownSetting(path: ValuePath, name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? `there are ${known.join(', ')}` : `did you mean "${nearest}"?`;
  return `"${pathText(path)}" does not exist; ${hint}`;
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
