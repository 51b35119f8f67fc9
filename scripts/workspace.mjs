/** What `npm start` and `npm test` need first on a fresh clone: a Node that is new enough, the packages, and the build. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** Ends this process with one line when its Node is older than the packages allow. */
export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`Petrel needs Node 20.19 or newer, and this is ${process.version}: https://nodejs.org`);
  process.exit(1);
}

/** Installs exactly what package-lock.json says, unless that is what is there. */
export async function install() {
  if (installedAsLocked()) return;
  await step('Installing packages (the first time takes about a minute)', () =>
    runNpm(['ci', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error']),
  );
}

/** Builds the packages and the examples, then what an example adds to it, such as a page. */
export async function build() {
  await step('Building', async () => {
    const compiled = await runTool('typescript', 'tsc', ['-b']);
    if (compiled.code !== 0) return compiled;
    return buildExample();
  });
}

/** Runs the program that a package of this repository or of node_modules brings along. */
export function runTool(packageName, program, args, options) {
  const folder = join(root, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return run(
    process.execPath,
    [join(folder, typeof bin === 'string' ? bin : bin[program]), ...args],
    options,
  );
}

/**
 * Runs a program to its end, in the repository's folder, without input. Collects its output unless `inherit` is set.
 * @returns {Promise<{ code: number, output: string }>}
 */
export function run(command, args, { inherit = false, shell = false, env = {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      shell,
      env: { ...process.env, ...env },
      stdio: inherit ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const collect = (text) => {
      output += text;
    };
    child.stdout?.setEncoding('utf8').on('data', collect);
    child.stderr?.setEncoding('utf8').on('data', collect);
    child.once('error', (error) => resolve({ code: 1, output: `cannot run ${command}: ${error.message}` }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** Runs one step with one line of output; when it fails, prints what it said and ends this process. */
export async function step(title, work) {
  const result = await tryStep(title, work);
  if (result.code !== 0) process.exit(result.code);
}

/** As `step`, but leaves it to the caller what a failure means. */
export async function tryStep(title, work) {
  const startedAt = Date.now();
  process.stdout.write(`${title} … `);
  const result = await work();
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(result.code === 0 ? `done (${seconds} s)\n` : 'failed\n');
  if (result.code !== 0) process.stdout.write(`${result.output.trimEnd()}\n`);
  return result;
}

/** npm notes what it installed; a stranger's `npm install`, a pull and an interrupted install all show there. */
function installedAsLocked() {
  const installedFile = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  return Object.entries(locked).every(([place, { version, optional, devOptional }]) => {
    if (!place.includes('node_modules/') || optional || devOptional) return true;
    return installed[place] !== undefined && installed[place].version === version;
  });
}

async function buildExample() {
  const folder = join('examples', 'smart-home');
  const { scripts = {} } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  if (scripts.build === undefined) return { code: 0, output: '' };
  return runNpm(['run', '--silent', 'build', '--workspace', folder]);
}

/** Under `npm start` and `npm test` the npm that runs them, else the one in the PATH. */
function runNpm(args) {
  const npm = process.env.npm_execpath;
  if (npm !== undefined) return run(process.execPath, [npm, ...args]);
  const windows = process.platform === 'win32';
  return run(windows ? 'npm.cmd' : 'npm', args, { shell: windows });
}
