/** A real browser for end-to-end tests, driven by playwright-core. */
import { findProgram, type Peer } from './find-program.js';

/** Chromium or Chrome. */
export function findChromium(): Peer {
  return findProgram({
    name: 'Chromium',
    hint: 'apt-get install chromium',
    files: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    variable: 'PETREL_CHROMIUM',
  });
}

/** Arguments for a quiet browser that also runs as root in a container. */
export const chromiumArgs: readonly string[] = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-dev-shm-usage',
];
