/** Reads YAML 1.2, of which JSON is a part, into plain values, and remembers where each of them stands. */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLError } from 'yaml';
import { pathText, type ValuePath } from './check-value.js';
import type { Place, Problem } from './problem.js';

/** What a text says. */
export interface YamlText {
  readonly value: unknown;
  /** By path, as pathText writes it: where the name of a setting stands, or an entry of a list. */
  readonly places: ReadonlyMap<string, Place>;
  readonly problems: readonly Problem[];
}

/** `source` is how problems call the text. */
export function readYaml(text: string, source: string): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { source, line, column: col };
  };
  // One slip brings several errors: the first of them is the one.
  const problems = [...document.errors, ...document.warnings].slice(0, 1).map((error) => ({
    ...placeAt(error.pos[0]),
    path: '',
    message: words(error, text),
  }));
  if (problems.length > 0) return { value: undefined, places: new Map(), problems };
  // From here on it would only print warnings of its own; such names do not exist, and are told so.
  document.options.logLevel = 'silent';
  const places = new Map<string, Place>();
  collectPlaces(document.contents, [], placeAt, places);
  try {
    return { value: document.toJS({ maxAliasCount: 100 }), places, problems };
  } catch (error) {
    // Aliases within aliases that would fill the memory.
    return { value: undefined, places, problems: [{ source, path: '', message: (error as Error).message }] };
  }
}

/** What the parser says, but for two slips that people make. */
function words({ code, message, pos: [start] }: YAMLError, text: string): string {
  // Passed over, a second document would take along all that it restricts.
  if (code === 'MULTIPLE_DOCS')
    return 'a configuration is one document: what is behind this line would not be read';
  if (code === 'DUPLICATE_KEY') {
    const [, name = ''] = /^["']?([^"':\n]*)/.exec(text.slice(start)) ?? [];
    return `${JSON.stringify(name)} is given twice`;
  }
  return message.split('\n', 1)[0]!;
}

function collectPlaces(
  node: unknown,
  path: ValuePath,
  placeAt: (offset: number) => Place,
  places: Map<string, Place>,
): void {
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : '';
      addPlace(key, [...path, name], placeAt, places);
      collectPlaces(value, [...path, name], placeAt, places);
    }
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      addPlace(item, [...path, index], placeAt, places);
      collectPlaces(item, [...path, index], placeAt, places);
    }
  }
}

function addPlace(
  node: unknown,
  path: ValuePath,
  placeAt: (offset: number) => Place,
  places: Map<string, Place>,
): void {
  const range = (node as Node | null)?.range;
  if (range) places.set(pathText(path), placeAt(range[0]));
}
