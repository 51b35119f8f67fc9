/** Links, headings and code blocks of Markdown pages, as far as ours use it. */

/** A link or an image. */
export interface MarkdownLink {
  readonly target: string;
  /** Offset in the page. */
  readonly start: number;
}

/** All inline links, images and `src`/`href` attributes outside code. */
export function markdownLinks(text: string): MarkdownLink[] {
  const visible = withoutCode(text);
  return [
    ...visible.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g),
    ...visible.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm),
    ...visible.matchAll(/\b(?:src|href|srcset)="([^"]+)"/g),
  ].map(({ 1: target = '', index }) => ({ target, start: index }));
}

/** The anchors that a page's headings get. */
export function markdownAnchors(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const { 1: heading = '' } of withoutFences(text).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const slug = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** The content of each fenced code block whose info string is exactly `info`. */
export function fencedBlocks(text: string, info: string): string[] {
  return [...text.matchAll(/^```([^\n]*)\n([\s\S]*?)^```/gm)]
    .filter(({ 1: found = '' }) => found.trim() === info)
    .map(({ 2: code = '' }) => code);
}

/** Code is blanked out, so that offsets stay true. */
function withoutFences(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, (code) => code.replace(/[^\n]/g, ' '));
}

function withoutCode(text: string): string {
  return withoutFences(text).replace(/`[^`\n]*`/g, (code) => ' '.repeat(code.length));
}

/** A source file that a page links to, and a name in code right behind the link that must occur there. */
export interface NamedSource {
  readonly file: string;
  readonly name: string;
  /** Offset in the page. */
  readonly start: number;
}

/** All `[file.ts](path) \`name\`` of a page. */
export function namedSources(text: string): NamedSource[] {
  return [...text.matchAll(/\]\(([^)\s]+\.ts)\)\s+`(\w+)`/g)].map(
    ({ 1: file = '', 2: name = '', index }) => ({
      file,
      name,
      start: index,
    }),
  );
}
