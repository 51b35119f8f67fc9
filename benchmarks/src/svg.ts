/** Pieces of the charts that every chart shares: a picture that is legible on white and on black, by the reader's own setting. */

/** Colours of the brokers, the same in all charts; each has enough contrast with both backgrounds. */
const colours: Readonly<Record<string, string>> = {
  petrel: '#0b7fab',
  baseline: '#5fb0cc',
  mosquitto: '#7a8b99',
  aedes: '#b7791f',
  'aedes-beta': '#c79a4b',
  nats: '#5b8c5a',
  forwarder: '#9a86a4',
};

/** The colour of a broker. */
export function colourOf(broker: string): string {
  return colours[broker] ?? '#888888';
}

/** Text of the picture's own: labels may be anything. */
export function escapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}

/** How a text stands. */
export interface TextStyle {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly kind?: 'title' | 'label' | 'note';
}

/** A line of text with its baseline at (x, y). */
export function text(
  x: number,
  y: number,
  content: string,
  { anchor = 'start', kind = 'label' }: TextStyle = {},
): string {
  return `<text class="${kind}" x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escapeXml(content)}</text>`;
}

/** Coordinates with one digit behind the point: smaller files, and no difference to see. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The whole picture; `title` is what a screen reader says. */
export function picture(width: number, height: number, title: string, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${round(height)}" width="${width}" height="${round(height)}" role="img">
<title>${escapeXml(title)}</title>
<style>
text { font-family: system-ui, sans-serif; font-size: 12px; fill: #24292f; }
.title { font-weight: 600; font-size: 13px; }
.note { fill: #57606a; font-size: 11px; }
.grid { stroke: #d0d7de; stroke-width: 1; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .note { fill: #9198a1; }
  .grid { stroke: #3d444d; }
}
</style>
${parts.join('\n')}
</svg>
`;
}
