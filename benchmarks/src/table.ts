/** Tables of text: for a terminal, and for a page. */

/** The first column is aligned to the left, the others to the right. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Columns padded with spaces, one line for each row. */
export function textTable({ head, rows }: Table): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  return [head, ...rows]
    .map((row) =>
      widths
        .map((width, column) =>
          column === 0 ? (row[column] ?? '').padEnd(width) : (row[column] ?? '').padStart(width),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The same as Markdown. */
export function markdownTable({ head, rows }: Table): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = `|${head.map((_, column) => (column === 0 ? '---' : '--:')).join('|')}|`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

/** `1,234 k`, `12.3 k`, `345`: three digits are enough for a measurement. */
export function formatCount(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value < 1000) return value.toFixed(value < 10 ? 1 : 0);
  const thousands = value / 1000;
  return `${thousands < 100 ? thousands.toFixed(1) : Math.round(thousands).toLocaleString('en')} k`;
}

/** Nanoseconds as `0.46 µs`, `35 µs`, `1.2 ms`. */
export function formatNanoseconds(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const [scaled, unit] =
    value < 1e6 ? [value / 1e3, 'µs'] : value < 1e9 ? [value / 1e6, 'ms'] : [value / 1e9, 's'];
  return `${scaled < 10 ? scaled.toFixed(scaled < 1 ? 2 : 1) : Math.round(scaled)} ${unit}`;
}

/** Bytes as `13 MB`, `1.2 KB`. */
export function formatBytes(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const [scaled, unit] =
    value < 1e6 ? [value / 1e3, 'KB'] : value < 1e9 ? [value / 1e6, 'MB'] : [value / 1e9, 'GB'];
  return `${scaled < 10 ? scaled.toFixed(1) : Math.round(scaled)} ${unit}`;
}
