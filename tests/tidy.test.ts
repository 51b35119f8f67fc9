/** The house rules that a machine can hold and no linter does. Each failure lists places and what is wrong there. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { markdownAnchors, markdownLinks, namedSources } from './markdown.js';
import { importsOf, manifestOf, placeOf, repositoryFiles, root, sourceFiles } from './source-files.js';
import { exportedDeclarations, nodesOf } from './syntax.js';

/** Who may import whom; the picture is in ARCHITECTURE.md. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  '@petrel/protocol': [],
  '@petrel/client': ['@petrel/protocol'],
  '@petrel/broker': ['@petrel/protocol'],
  '@petrel/service': ['@petrel/protocol', '@petrel/client'],
  '@petrel/bridge': ['@petrel/protocol', '@petrel/client'],
  '@petrel/nestjs': ['@petrel/protocol', '@petrel/client', '@petrel/service'],
  petrel: ['@petrel/protocol', '@petrel/client', '@petrel/service', '@petrel/bridge', '@petrel/broker'],
  '@petrel/testing': ['@petrel/protocol'],
};

/** Who may be known by one folder of a package only, as an optional peer: what runs a whole application in a test. */
const arrowsOfFolders: Readonly<
  Record<string, { readonly folder: string; readonly knows: readonly string[] }>
> = {
  '@petrel/service': { folder: 'packages/service/src/testing/', knows: ['@petrel/broker'] },
};

const sources = sourceFiles();
const shipped = sources.filter((file) => file.packageFolder?.startsWith('packages/') && !file.isTest);

/** The package of a bare specifier: `@a/b/c` → `@a/b`. */
function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

function isBare(specifier: string): boolean {
  return !specifier.startsWith('.') && !specifier.startsWith('node:');
}

describe('arrows between packages', () => {
  test('every package has its place in the picture, and its package.json keeps to it', () => {
    const folders = manifestOf('.').workspaces?.filter((folder) => folder.startsWith('packages/')) ?? [];
    const wrong = folders.flatMap((folder) => {
      const {
        name,
        dependencies = {},
        peerDependencies = {},
        peerDependenciesMeta = {},
      } = manifestOf(folder);
      const allowed = [...(arrows[name] ?? []), ...optionalPeersOf(name, peerDependenciesMeta)];
      if (arrows[name] === undefined) return [`${folder}: ${name} has no arrows`];
      return Object.keys({ ...dependencies, ...peerDependencies })
        .filter((dependency) => dependency in arrows && !allowed.includes(dependency))
        .map((dependency) => `${folder}/package.json: ${name} must not depend on ${dependency}`);
    });
    expect(folders.length).toBeGreaterThan(0);
    expect(wrong).toEqual([]);
  });

  test('what only the testing folder of a package may know, the rest of it does not import', () => {
    const wrong = shipped.flatMap((file) => {
      const rule = arrowsOfFolders[manifestOf(file.packageFolder ?? '').name];
      if (rule === undefined || file.path.startsWith(rule.folder)) return [];
      return importsOf(file)
        .filter(({ specifier }) => rule.knows.includes(packageOf(specifier)))
        .map(({ specifier, start }) => `${placeOf(file, start)}: ${specifier}`);
    });
    expect(wrong).toEqual([]);
  });

  test('sources import only what their package declares', () => {
    const wrong = sources
      .filter((file) => file.packageFolder !== undefined && !file.isTest)
      .flatMap((file) => {
        const { name, dependencies, peerDependencies, optionalDependencies } = manifestOf(
          file.packageFolder ?? '',
        );
        const declared = new Set([
          name,
          ...Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies }),
        ]);
        return importsOf(file)
          .filter(({ specifier }) => isBare(specifier) && !declared.has(packageOf(specifier)))
          .map(({ specifier, start }) => `${placeOf(file, start)}: ${specifier} is no dependency of ${name}`);
      });
    expect(wrong).toEqual([]);
  });

  test('no package reaches into the files of another', () => {
    const wrong = sources.flatMap((file) =>
      importsOf(file)
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map((found) => ({ ...found, target: posix.join(dirname(file.path), found.specifier) }))
        .filter(
          ({ target }) => file.packageFolder !== undefined && !target.startsWith(`${file.packageFolder}/`),
        )
        .map(({ specifier, start }) => `${placeOf(file, start)}: ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  test('protocol runs anywhere: it imports nothing but its own files', () => {
    const wrong = shipped
      .filter((file) => file.packageFolder === 'packages/protocol')
      .flatMap((file) =>
        importsOf(file)
          .filter(({ specifier }) => !specifier.startsWith('.'))
          .map(({ specifier, start }) => `${placeOf(file, start)}: ${specifier}`),
      );
    expect(wrong).toEqual([]);
  });

  test('what a browser loads of the client imports nothing of Node', () => {
    const byPath = new Map(shipped.map((file) => [file.path, file]));
    const entry = browserEntry();
    const seen = new Set<string>();
    const wrong: string[] = [];
    const visit = (path: string) => {
      const file = byPath.get(path);
      if (file === undefined || seen.has(path)) return;
      seen.add(path);
      for (const { specifier, start, kind } of importsOf(file)) {
        if (kind !== 'value') continue;
        if (specifier.startsWith('.')) visit(posix.join(dirname(path), specifier).replace(/\.js$/, '.ts'));
        else if (packageOf(specifier) !== '@petrel/protocol')
          wrong.push(`${placeOf(file, start)}: ${specifier}`);
      }
    };
    visit(entry);
    expect(byPath.has(entry), `the browser's entry ${entry}`).toBe(true);
    expect(wrong).toEqual([]);
  });

  test('only test equipment imports @petrel/testing, only tests vitest', () => {
    const mayImport = ['packages/testing', 'conformance', 'simulation', 'fuzzing', 'benchmarks'];
    const wrong = sources
      .filter((file) => !file.isTest && file.packageFolder !== undefined)
      .filter(({ packageFolder = '' }) => !mayImport.includes(packageFolder))
      .flatMap((file) =>
        importsOf(file)
          .filter(({ specifier }) => ['@petrel/testing', 'vitest'].includes(packageOf(specifier)))
          .map(({ specifier, start }) => `${placeOf(file, start)}: ${specifier}`),
      );
    expect(wrong).toEqual([]);
  });

  function optionalPeersOf(
    name: string,
    meta: Readonly<Record<string, { readonly optional?: boolean }>>,
  ): string[] {
    return (arrowsOfFolders[name]?.knows ?? []).filter((peer) => meta[peer]?.optional === true);
  }

  /** The source of what the package's `browser` condition points at. */
  function browserEntry(): string {
    const conditions = manifestOf('packages/client').exports?.['.'] as Record<string, unknown>;
    const browser = conditions.browser ?? conditions.default;
    const file = typeof browser === 'string' ? browser : (browser as { default: string }).default;
    return posix.join('packages/client', file.replace('/dist/', '/src/').replace(/\.js$/, '.ts'));
  }
});

describe('files', () => {
  const named = sources.filter((file) => !file.path.endsWith('.d.ts'));

  test('have kebab-case names that say what is in them', () => {
    const dump = /^(utils?|helpers?|types?|common|misc|shared|lib)$/;
    const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;
    const wrong = named.flatMap(({ path }) =>
      path
        .split('/')
        .map((segment) => segment.replace(/\.tsx?$/, ''))
        .filter((segment) => dump.test(segment) || !kebab.test(segment))
        .map((segment) => `${path}: "${segment}"`),
    );
    expect(wrong).toEqual([]);
  });

  test('are short: 300 lines, tests 400', () => {
    const wrong = named
      .map(({ path, text, isTest }) => ({
        path,
        lines: text.trimEnd().split('\n').length,
        limit: isTest ? 400 : 300,
      }))
      .filter(({ lines, limit }) => lines > limit)
      .map(({ path, lines, limit }) => `${path}: ${lines} lines, at most ${limit}`);
    expect(wrong).toEqual([]);
  });
});

describe('code', () => {
  test('every clause id exists in the lists of normative statements', () => {
    const known = new Set(
      repositoryFiles('.tsv')
        .filter(({ path }) => path.startsWith('conformance/'))
        .flatMap(({ text }) => text.split('\n').map((line) => line.split('\t', 1)[0])),
    );
    const wrong = [...sources, ...repositoryFiles('.md', '.mjs')].flatMap((file) =>
      [...file.text.matchAll(/MQTT-\d+\.\d+\.\d+-\d+/g)]
        .filter(([id]) => !known.has(id))
        .map(({ 0: id, index }) => `${placeOf(file, index)}: ${id}`),
    );
    expect(known.size).toBeGreaterThan(200);
    expect(wrong).toEqual([]);
  });

  test('has no enum and no cast to any', () => {
    const wrong = sources.flatMap((file) =>
      nodesOf(file)
        .map(({ type, start, end }) => ({ type, start, code: file.text.slice(start, end) }))
        .filter(
          ({ type, code }) =>
            type === 'TSEnumDeclaration' || (type === 'TSAsExpression' && /\sas\s+any$/.test(code)),
        )
        .map(({ start, code }) => `${placeOf(file, start)}: ${code.split('\n', 1)[0]}`),
    );
    expect(wrong).toEqual([]);
  });

  test('silences no compiler and no linter without saying why', () => {
    // Biome itself refuses a biome-ignore without a reason.
    const silencer = /@ts-(ignore|nocheck)|@ts-expect-error\s*$|(oxlint|eslint)-disable(?!.* -- \S)/;
    const wrong = sources.flatMap((file) =>
      file.syntax.comments
        .filter(({ value }) => silencer.test(value))
        .map(({ value, start }) => `${placeOf(file, start)}: ${value.trim()}`),
    );
    expect(wrong).toEqual([]);
  });

  test('every exported symbol has a doc comment', () => {
    const wrong = shipped
      .filter((file) => !file.path.endsWith('/index.ts'))
      .flatMap((file) =>
        exportedDeclarations(file)
          .filter(({ documented }) => !documented)
          .map(({ name, start }) => `${placeOf(file, start)}: ${name}`),
      );
    expect(wrong).toEqual([]);
  });

  test('every module says in its first comment what it owns', () => {
    const wrong = shipped.filter(({ text }) => !/^(#!.*\n)?\/\*\*/.test(text)).map(({ path }) => path);
    expect(wrong).toEqual([]);
  });
});

describe('tests', () => {
  const tests = sources.filter((file) => file.isTest);

  test('are never focused', () => {
    const wrong = tests.flatMap((file) =>
      [...file.text.matchAll(/\b(?:test|it|describe)(?:\.\w+)*\.only\b/g)].map(({ index }) =>
        placeOf(file, index),
      ),
    );
    expect(wrong).toEqual([]);
  });

  test('wait for events, not for time', () => {
    const wrong = tests.flatMap((file) => [
      ...nodesOf(file)
        .filter((node) => node.type === 'CallExpression' && file.text.startsWith('setTimeout(', node.start))
        .map(({ start }) => `${placeOf(file, start)}: setTimeout`),
      ...importsOf(file)
        .filter(({ specifier }) => specifier === 'node:timers/promises')
        .map(({ specifier, start }) => `${placeOf(file, start)}: ${specifier}`),
    ]);
    expect(wrong).toEqual([]);
  });
});

describe('pages', () => {
  const pages = repositoryFiles('.md');
  const anchors = new Map(pages.map(({ path, text }) => [path, markdownAnchors(text)]));

  test('link only to what exists', () => {
    const wrong = pages.flatMap((page) =>
      markdownLinks(page.text)
        .filter(({ target }) => !/^[a-z]+:/.test(target))
        .filter(({ target }) => {
          const [file = '', anchor] = decodeURI(target).split('#', 2);
          const path = file === '' ? page.path : posix.join(dirname(page.path), file);
          if (!existsSync(join(root, path))) return true;
          return anchor !== undefined && anchors.get(path)?.has(anchor) === false;
        })
        .map(({ target, start }) => `${placeOf(page, start)}: ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test('name only functions that are in the file they link to', () => {
    const textOf = new Map(sources.map(({ path, text }) => [path, text]));
    const named = pages.flatMap((page) => namedSources(page.text).map((found) => ({ page, ...found })));
    const wrong = named
      .filter(({ page, file, name }) => {
        const text = textOf.get(posix.join(dirname(page.path), file));
        return text === undefined || !new RegExp(`\\b${name}\\b`).test(text);
      })
      .map(({ page, file, name, start }) => `${placeOf(page, start)}: ${name} in ${file}`);
    expect(named.length).toBeGreaterThan(10);
    expect(wrong).toEqual([]);
  });
});

test('the licence is the same everywhere, and goes with every package', () => {
  const folders = manifestOf('.').workspaces ?? [];
  const licences = ['.', ...folders].map((folder) => manifestOf(folder).license);
  expect(new Set(licences)).toEqual(new Set(['Apache-2.0']));
  const text = readFileSync(join(root, 'LICENSE'), 'utf8');
  for (const folder of folders.filter((folder) => manifestOf(folder).private !== true)) {
    expect(readFileSync(join(root, folder, 'LICENSE'), 'utf8') === text, `${folder}/LICENSE`).toBe(true);
  }
});
