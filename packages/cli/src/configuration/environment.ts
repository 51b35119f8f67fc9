/** Settings from environment variables: `limits.maximumConnections` is `PETREL_LIMITS_MAXIMUM_CONNECTIONS`. They win over the file. */

import { editDistance } from '../edit-distance.js';
import type { ValuePath } from './check-value.js';
import type { Problem } from './problem.js';
import type { ObjectRule, Rule } from './rule.js';
import { nearestName } from './words.js';
import { readYaml } from './yaml-text.js';

/** One variable and the setting it stands for. */
export interface Variable {
  readonly name: string;
  readonly path: readonly string[];
  readonly rule: Rule;
}

/** What the environment says. */
export interface EnvironmentSettings {
  readonly settings: readonly {
    readonly variable: string;
    readonly path: ValuePath;
    readonly value: unknown;
  }[];
  readonly problems: readonly Problem[];
}

/** Every variable that a tree of rules gives; a list or a set of free names is one variable, written in YAML or JSON. */
export function variablesOf(rule: ObjectRule, path: readonly string[] = []): readonly Variable[] {
  return Object.entries(rule.fields).flatMap(([name, field]) => {
    const inner = [...path, name];
    if (field.kind === 'object') return variablesOf(field, inner);
    return [{ name: variableName(inner), path: inner, rule: field }];
  });
}

/** Reads the variables; one that begins like a section, or is all but the name of a setting, and does not exist is a problem; others are none of ours. */
export function readEnvironment(
  rule: ObjectRule,
  environment: Readonly<Record<string, string | undefined>>,
): EnvironmentSettings {
  const variables = new Map(variablesOf(rule).map((variable) => [variable.name, variable]));
  const sections = Object.keys(rule.fields).filter((name) => rule.fields[name]?.kind === 'object');
  const prefixes = sections.map((name) => `${variableName([name])}_`);
  const settings: { variable: string; path: ValuePath; value: unknown }[] = [];
  const problems: Problem[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (text === undefined) continue;
    const variable = variables.get(name);
    if (variable !== undefined) {
      const read = valueIn(variable.rule, text, name);
      problems.push(...read.problems);
      if (read.problems.length === 0)
        settings.push({ variable: name, path: variable.path, value: read.value });
    } else if (name.startsWith('PETREL_')) {
      const nearest = nearestName(name, [...variables.keys()]);
      const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
      if (!prefixes.some((prefix) => name.startsWith(prefix)) && !isSlip(name, nearest)) continue;
      problems.push({ source: name, path: '', message: `there is no such setting${hint}` });
    }
  }
  return { settings, problems };
}

/** Other programs of ours have variables too, so that only what is all but the name of a setting is one that was misspelt. */
function isSlip(name: string, nearest: string | undefined): boolean {
  return nearest !== undefined && editDistance(name, nearest) <= 2;
}

function variableName(path: readonly string[]): string {
  return `PETREL_${path.map(inCapitals).join('_')}`;
}

/** A text stays what it is: "007" is a name, not a number. */
function valueIn(rule: Rule, text: string, source: string): { value: unknown; problems: readonly Problem[] } {
  if (rule.kind === 'text' || rule.kind === 'path') return { value: text, problems: [] };
  return readYaml(text, source);
}

/** `maximumQoS` is MAXIMUM_QOS. */
function inCapitals(name: string): string {
  return name
    .replace('QoS', 'Qos')
    .replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_')
    .toUpperCase();
}
