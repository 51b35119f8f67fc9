/** Groups of horizontal bars: in each group the longest bar is the best, and all others are to its scale. */
import { colourOf, picture, round, text } from './svg.js';

/** One bar. */
export interface Bar {
  readonly broker: string;
  readonly title: string;
  readonly value: number;
  readonly label: string;
}

/** Bars that are compared with each other. */
export interface BarGroup {
  readonly title: string;
  readonly bars: readonly Bar[];
}

const width = 760;
const nameWidth = 130;
const labelWidth = 90;
const barHeight = 16;
const lineHeight = 20;
const groupGap = 18;

/** The picture of all groups, one below the other. */
export function barChart(title: string, groups: readonly BarGroup[]): string {
  const parts: string[] = [];
  let y = 8;
  for (const group of groups) {
    y += lineHeight;
    parts.push(text(0, y - 6, group.title, { kind: 'title' }));
    const longest = Math.max(...group.bars.map(({ value }) => value));
    for (const bar of group.bars) {
      const length = longest > 0 ? Math.max(1, (bar.value / longest) * (width - nameWidth - labelWidth)) : 1;
      parts.push(
        text(nameWidth - 8, y + 12, bar.title, { anchor: 'end' }),
        `<rect x="${nameWidth}" y="${y}" width="${round(length)}" height="${barHeight}" rx="2" fill="${colourOf(bar.broker)}"/>`,
        text(nameWidth + length + 6, y + 12, bar.label, { kind: 'note' }),
      );
      y += lineHeight;
    }
    y += groupGap;
  }
  return picture(width, y, title, parts);
}
