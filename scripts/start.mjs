/** `npm start`: the example house, from a fresh clone. It runs in this process, so signals and exit codes are its own. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, install, requireNode, root } from './workspace.mjs';

requireNode();
await install();
await build();

const entry = join(root, 'examples', 'smart-home', 'dist', 'main.js');
if (!existsSync(entry)) {
  console.error(`The build made no ${entry}; remove the "dist" folders and try again`);
  process.exit(1);
}
process.argv[1] = entry;
await import(pathToFileURL(entry).href);
