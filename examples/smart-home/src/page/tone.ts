/** The colour of a temperature: from cold blue over the teal of a cool room to the amber and red of a warm one. */
type Stop = readonly [celsius: number, red: number, green: number, blue: number];

const stops: readonly Stop[] = [
  [-6, 88, 104, 214],
  [4, 52, 127, 206],
  [13, 31, 146, 166],
  [18, 62, 152, 120],
  [20, 197, 145, 38],
  [22.5, 219, 116, 46],
  [28, 205, 66, 56],
];

export function toneOf(celsius: number): string {
  const after = stops.findIndex(([at]) => celsius <= at);
  if (after === 0) return write(stops[0]!);
  const upper = stops[after];
  if (upper === undefined) return write(stops.at(-1)!);
  const lower = stops[after - 1]!;
  const part = (celsius - lower[0]) / (upper[0] - lower[0]);
  const mix = (index: 1 | 2 | 3) => Math.round(lower[index] + (upper[index] - lower[index]) * part);
  return write([celsius, mix(1), mix(2), mix(3)]);
}

const write = ([, red, green, blue]: Stop) => `rgb(${red} ${green} ${blue})`;
