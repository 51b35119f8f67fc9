/** Questions about the syntax tree of a module. */
import type { SourceFile } from './source-files.js';

/** What all nodes of a tree have. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** A declaration that other modules can import. */
export interface ExportedDeclaration {
  readonly name: string;
  readonly start: number;
  readonly documented: boolean;
}

/** Every node of a module, parents before children. */
export function nodesOf({ syntax }: SourceFile): SyntaxNode[] {
  const nodes: SyntaxNode[] = [];
  const visit = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return;
    if (isNode(value)) nodes.push(value);
    for (const child of Object.values(value)) visit(child);
  };
  visit(syntax.program);
  return nodes;
}

/**
 * What a module declares and exports in one statement; overloads count once. The comment at the head of a file also
 * speaks for the export that the file is named after.
 */
export function exportedDeclarations({ path, text, syntax }: SourceFile): ExportedDeclaration[] {
  const documentedAt = new Set(
    syntax.comments
      .filter(({ type, value }) => type === 'Block' && value.startsWith('*'))
      .map(({ end }) => end + (/^(\s|\/\/.*)*/.exec(text.slice(end))?.[0].length ?? 0)),
  );
  const namesake = path.replace(/^.*\//, '').replace(/[-.]|ts$/g, '');
  const found = new Map<string, ExportedDeclaration>();
  for (const statement of syntax.program.body) {
    if (statement.type !== 'ExportNamedDeclaration' && statement.type !== 'ExportDefaultDeclaration')
      continue;
    const declaration = statement.declaration as unknown;
    if (typeof declaration !== 'object' || declaration === null) continue;
    const isDocumented = documentedAt.has(startWithDecorators(statement, declaration));
    for (const name of namesOf(declaration)) {
      const documented =
        isDocumented || name.toLowerCase() === namesake || found.get(name)?.documented === true;
      found.set(name, { name, start: statement.start, documented });
    }
  }
  return [...found.values()];
}

function namesOf(declaration: object): string[] {
  const { id, declarations } = declaration as {
    id?: { name?: string } | null;
    declarations?: readonly { id: { name?: string } }[];
  };
  if (declarations !== undefined) return declarations.map((each) => each.id.name ?? 'a pattern');
  return [id?.name ?? 'default'];
}

/** Decorators stand before `export`, the comment before the decorators. */
function startWithDecorators(statement: SyntaxNode, declaration: object): number {
  const { decorators = [] } = declaration as { decorators?: readonly SyntaxNode[] };
  return Math.min(statement.start, ...decorators.map(({ start }) => start));
}

function isNode(value: object): value is SyntaxNode {
  return (
    'type' in value && typeof value.type === 'string' && 'start' in value && typeof value.start === 'number'
  );
}
