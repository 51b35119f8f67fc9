/** The files of this repository as the workspace tests see them: their text, their syntax tree, their imports. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ParseResult, parseSync } from 'vite';

/** The folder of the repository. */
export const root = fileURLToPath(new URL('..', import.meta.url));

const foreignFolders = new Set(['node_modules', 'dist', 'coverage', '.git', '.petrel', 'test-results']);

/** Path inside the repository, with `/`, and what is in the file. */
export interface RepositoryFile {
  readonly path: string;
  readonly text: string;
}

/** A module of ours. */
export interface SourceFile extends RepositoryFile {
  readonly syntax: ParseResult;
  /** A test, or what only tests use: suites they share, vectors they run. */
  readonly isTest: boolean;
  /** The folder of its package, such as `packages/client`; undefined outside the workspaces. */
  readonly packageFolder: string | undefined;
}

/** One import of a module; type imports leave no trace in JavaScript. */
export interface ModuleImport {
  readonly specifier: string;
  readonly start: number;
  readonly kind: 'value' | 'type' | 'dynamic';
}

/** All files whose name ends in one of `endings`, in the order of their paths. */
export function repositoryFiles(...endings: readonly string[]): RepositoryFile[] {
  return walk(root)
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/** All TypeScript modules of the repository; each is parsed once, when somebody asks. */
export function sourceFiles(): readonly SourceFile[] {
  const workspaces = manifestOf('.').workspaces ?? [];
  cached ??= repositoryFiles('.ts', '.tsx').map(({ path, text }) => ({
    path,
    text,
    get syntax() {
      let parsed = syntaxTrees.get(path);
      if (parsed === undefined) syntaxTrees.set(path, (parsed = parseSync(path, text)));
      return parsed;
    },
    isTest: /\.(test|suite)\.tsx?$|\/vectors\/|^tests\//.test(path),
    packageFolder: workspaces.find((folder) => path.startsWith(`${folder}/`)),
  }));
  return cached;
}

let cached: readonly SourceFile[] | undefined;
const syntaxTrees = new Map<string, ParseResult>();

/** What a module imports or exports again from elsewhere. */
export function importsOf({ text, syntax }: SourceFile): ModuleImport[] {
  const { staticImports, staticExports, dynamicImports } = syntax.module;
  return [
    ...staticImports.map(({ moduleRequest, entries, start }) => ({
      specifier: moduleRequest.value,
      start,
      kind:
        entries.length > 0 && entries.every((entry) => entry.isType) ? ('type' as const) : ('value' as const),
    })),
    ...staticExports
      .flatMap(({ entries }) => entries)
      .flatMap(({ moduleRequest, isType, start }) =>
        moduleRequest
          ? [{ specifier: moduleRequest.value, start, kind: isType ? ('type' as const) : ('value' as const) }]
          : [],
      ),
    ...dynamicImports.flatMap(({ moduleRequest, start }) => {
      const literal = /^(['"])(.*)\1$/.exec(text.slice(moduleRequest.start, moduleRequest.end));
      return literal?.[2] === undefined ? [] : [{ specifier: literal[2], start, kind: 'dynamic' as const }];
    }),
  ];
}

/** `path:line`, as terminals and editors open it. */
export function placeOf({ path, text }: RepositoryFile, offset: number): string {
  return `${path}:${text.slice(0, offset).split('\n').length}`;
}

/** A package.json, as far as the tests look at it. */
export interface PackageManifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly private?: boolean;
  readonly engines?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly publishConfig?: { readonly access?: string };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly workspaces?: readonly string[];
  readonly exports?: Readonly<Record<string, unknown>>;
}

/** The package.json in a folder of the repository. */
export function manifestOf(folder: string): PackageManifest {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as PackageManifest;
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !foreignFolders.has(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? walk(path) : [relative(root, path).split(sep).join('/')];
    });
}
