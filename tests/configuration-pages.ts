/** Writes what is published of the configuration: its JSON Schema and its reference page, from the rules that `petrel config check` has. */
import { variablesOf } from '../packages/cli/src/configuration/environment.js';
import type { ObjectRule, Rule } from '../packages/cli/src/configuration/rule.js';
import { sourceFiles } from './source-files.js';
import { nodesOf, type SyntaxNode } from './syntax.js';

const dialect = 'https://json-schema.org/draft/2020-12/schema';

/** The rules with a sentence for each limit, taken from where createBroker documents it. */
export function withSentences(rule: ObjectRule): ObjectRule {
  const interfaces = documentedInterfaces('packages/broker/src/options.ts');
  const limits = rule.fields.limits as ObjectRule;
  return { ...rule, fields: { ...rule.fields, limits: fill(limits, 'LimitOptions', interfaces) } };
}

/** The JSON Schema of the file. */
export function toJsonSchema(rule: ObjectRule): object {
  return { $schema: dialect, title: 'petrel.yaml', ...schemaOf(rule) };
}

function schemaOf(rule: Rule): Record<string, unknown> {
  const { description, default: fallback } = rule;
  const common = {
    ...(description === '' ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
  };
  switch (rule.kind) {
    case 'integer':
      return { type: 'integer', minimum: rule.minimum, maximum: rule.maximum, ...common };
    case 'boolean':
      return { type: 'boolean', ...common };
    case 'text':
      return {
        type: 'string',
        minLength: 1,
        ...(rule.pattern && { pattern: rule.pattern.source }),
        ...common,
      };
    case 'path':
      return { type: 'string', minLength: 1, ...common };
    case 'one-of':
      return { enum: rule.values, ...common };
    case 'list':
      return {
        type: 'array',
        items: schemaOf(rule.item),
        ...(rule.maximumItems && { maxItems: rule.maximumItems }),
        ...common,
      };
    case 'map':
      return { type: 'object', additionalProperties: schemaOf(rule.value), ...common };
    case 'object':
      return { ...objectSchema(rule, {}), ...common };
    case 'choice':
      return {
        oneOf: Object.entries(rule.variants).map(([name, variant]) => ({
          ...objectSchema(variant, { [rule.by]: { const: name } }),
          description: variant.description,
        })),
        ...common,
      };
  }
}

function objectSchema({ fields }: ObjectRule, fixed: Record<string, object>): Record<string, unknown> {
  const entries = Object.entries(fields);
  const needed = [
    ...Object.keys(fixed),
    ...entries.filter(([, field]) => field.required).map(([name]) => name),
  ];
  return {
    type: 'object',
    properties: { ...fixed, ...Object.fromEntries(entries.map(([name, field]) => [name, schemaOf(field)])) },
    ...(needed.length === 0 ? {} : { required: needed }),
    additionalProperties: false,
  };
}

/** The table of every setting, for the reference page. */
export function toMarkdown(rule: ObjectRule): string {
  const variables = new Map(variablesOf(rule).map(({ name, path }) => [path.join('.'), name]));
  const lines: string[] = [];
  const section = (title: string, each: ObjectRule, path: readonly string[], depth: string) => {
    lines.push(`${depth} ${title}`, '', each.description, '');
    lines.push('| setting | value | default | |', '|---|---|---|---|');
    const inner: [string, Rule][] = [];
    for (const [name, field] of Object.entries(each.fields)) {
      if (nestedRule(field) !== undefined) inner.push([name, field]);
      if (field.kind !== 'object') lines.push(row(name, field, variables.get([...path, name].join('.'))));
    }
    lines.push('');
    for (const [name, field] of inner) nested(field, [...path, name], `${depth}#`);
  };
  const nested = (field: Rule, path: readonly string[], depth: string) => {
    const found = nestedRule(field);
    const place = path.join('.').replace(/\[]$/, '');
    if (found?.kind === 'object') section(`\`${place}\``, found, path, depth);
    if (found?.kind !== 'choice') return;
    for (const [variant, each] of Object.entries(found.variants))
      section(`\`${place}\` with \`${found.by}: ${variant}\``, each, path, depth);
  };
  section('The file', rule, [], '##');
  return lines.join('\n').trimEnd();
}

/** What has settings of its own inside: itself, or the entries of a list or map. */
function nestedRule(rule: Rule): Rule | undefined {
  if (rule.kind === 'object' || rule.kind === 'choice') return rule;
  if (rule.kind === 'list') return nestedRule(rule.item);
  return rule.kind === 'map' ? nestedRule(rule.value) : undefined;
}

function row(name: string, rule: Rule, variable: string | undefined): string {
  const setting = variable === undefined ? `\`${name}\`` : `\`${name}\`<br>\`${variable}\``;
  return `| ${setting} | ${valueText(rule)} | ${fallbackText(rule)} | ${rule.description.replaceAll('|', '\\|')} |`;
}

function fallbackText({ required, default: fallback }: Rule): string {
  if (required === true) return 'must be given';
  if (fallback === undefined) return '';
  return `\`${typeof fallback === 'number' ? fallback.toLocaleString('en') : String(fallback)}\``;
}

function valueText(rule: Rule): string {
  switch (rule.kind) {
    case 'integer': {
      const range = `${rule.minimum.toLocaleString('en')}–${rule.maximum.toLocaleString('en')}`;
      return rule.unit === undefined ? range : `${range} ${rule.unit}`;
    }
    case 'boolean':
      return '`true`, `false`';
    case 'text':
      return 'text';
    case 'path':
      return 'path';
    case 'one-of':
      return rule.values.map((value) => `\`${value}\``).join(', ');
    case 'list':
      return nestedRule(rule.item) === undefined ? `list of: ${valueText(rule.item)}` : 'list, see below';
    case 'map':
      return nestedRule(rule.value) === undefined
        ? `by name: ${valueText(rule.value)}`
        : 'by name, see below';
    case 'object':
    case 'choice':
      return 'see below';
  }
}

type Interfaces = ReadonlyMap<string, ReadonlyMap<string, { sentence: string; type: string }>>;

function fill(rule: ObjectRule, name: string, interfaces: Interfaces): ObjectRule {
  const documented = interfaces.get(name);
  const fields = Object.entries(rule.fields).map(([option, field]) => {
    const found = documented?.get(option);
    if (found === undefined) throw new Error(`${name}.${option} is not documented`);
    const described = { ...field, description: found.sentence || field.description };
    return [option, described.kind === 'object' ? fill(described, found.type, interfaces) : described];
  });
  return { ...rule, fields: Object.fromEntries(fields) };
}

/** The comments of the properties of every interface in a file. */
function documentedInterfaces(path: string): Interfaces {
  const file = sourceFiles().find((each) => each.path === path);
  if (file === undefined) throw new Error(`there is no ${path}`);
  const comments = file.syntax.comments.filter(({ value }) => value.startsWith('*'));
  const sentenceBefore = (start: number) => {
    const comment = comments.find(({ end }) => end < start && file.text.slice(end, start).trim() === '');
    return comment === undefined
      ? ''
      : comment.value
          .replace(/^\*|\n\s*\*/g, ' ')
          .replace(/\s+/g, ' ')
          .trim();
  };
  const interfaces = nodesOf(file).filter(({ type }) => type === 'TSInterfaceDeclaration') as (SyntaxNode & {
    id: { name: string };
    body: { body: (SyntaxNode & { key?: { name: string } })[] };
  })[];
  return new Map(
    interfaces.map(({ id, body }) => [
      id.name,
      new Map(
        body.body.map((property) => {
          const type = /:\s*(\w+)/.exec(file.text.slice(property.start, property.end))?.[1] ?? '';
          return [
            property.key?.name ?? '',
            { sentence: withoutDefault(sentenceBefore(property.start)), type },
          ];
        }),
      ),
    ]),
  );
}

/** The columns say it already, but for a default that needs words. */
function withoutDefault(sentence: string): string {
  return sentence.replace(/\s*Default '?[\d,.a-z-]+'?\.$/, '').replace(/;? ?\d[\d,]*–[\d,]+( \w+)?\.$/, '.');
}
