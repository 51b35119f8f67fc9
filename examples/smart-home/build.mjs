/** Builds the page into dist/public: one script, one style sheet, one font. `tsc` has built the packages before. */
import { copyFile, mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const target = path('dist/public/');

await mkdir(target, { recursive: true });
const script = {
  outdir: target,
  bundle: true,
  platform: 'browser',
  target: ['chrome123', 'firefox120', 'safari17.5'],
  minify: true,
  sourcemap: true,
  logLevel: 'warning',
};
await build({ ...script, format: 'esm', entryPoints: { page: path('src/page/main.ts') } });
// A plain script: it sets the colours before anything is drawn.
await build({ ...script, format: 'iife', entryPoints: { theme: path('src/page/theme.ts') } });
await build({
  entryPoints: { page: path('src/page/styles.css') },
  outdir: target,
  bundle: true,
  minify: true,
  loader: { '.woff2': 'file' },
  assetNames: '[name]',
  logLevel: 'warning',
});
for (const file of ['index.html', 'icon.svg']) await copyFile(path(`src/page/${file}`), `${target}${file}`);
