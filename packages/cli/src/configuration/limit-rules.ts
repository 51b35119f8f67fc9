/** The rules of the section `limits`: those of createBroker. Their sentences stand at LimitOptions, and the reference takes them from there. */
import { describeLimits, type LimitOptions, type OptionDescription } from '@petrel/broker';
import type { ObjectRule, Rule, Typed } from './rule.js';

/** Builds the rules from what the broker itself checks. */
export function limitRules(): Typed<LimitOptions, ObjectRule> {
  const fields: Record<string, Rule> = {};
  for (const option of describeLimits()) {
    const [name = '', inner] = option.path;
    if (inner === undefined) {
      fields[name] = toRule(option);
      continue;
    }
    const section = fields[name] as ObjectRule | undefined;
    fields[name] = {
      kind: 'object',
      description: '',
      fields: { ...section?.fields, [inner]: toRule(option) },
    };
  }
  return { kind: 'object', description: 'Bounds on what clients may ask for and cost.', fields };
}

function toRule({ rule, default: fallback }: OptionDescription): Rule {
  const common = { description: '', default: fallback };
  switch (rule.kind) {
    case 'integer':
      return { ...rule, ...common };
    case 'boolean':
      return { kind: 'boolean', ...common };
    case 'text':
      return { kind: 'text', ...common };
    case 'one-of':
      return { kind: 'one-of', values: rule.values, ...common };
  }
}
