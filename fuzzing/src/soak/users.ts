/** Who comes: hostile clients have a name and a password like everybody else, which makes them worse. */
export const users = {
  good: { userName: 'good', password: 'a good secret' },
  hostile: { userName: 'hostile', password: 'a bad secret' },
} as const;

/** Addresses of this machine that the crowd comes from; the bounds on one address are for each of them. */
export const hostileAddresses: readonly string[] = Array.from(
  { length: 8 },
  (_, index) => `127.0.66.${index + 1}`,
);

/** Each pair of good clients has an address of its own, as two devices of a house would. */
export function goodAddress(pair: number): string {
  return `127.0.1.${(pair % 250) + 1}`;
}
