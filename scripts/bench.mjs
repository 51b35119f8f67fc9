/** `npm run bench` and `npm run bench:client`: builds the packages and the benchmarks, then runs the command with the arguments given. */
import { join } from 'node:path';
import { install, requireNode, root, run, runTool } from './workspace.mjs';

requireNode();
await install();
const built = await runTool('typescript', 'tsc', ['-b', 'benchmarks']);
if (built.code === 0) {
  const [first, ...others] = process.argv.slice(2);
  const isClient = first === '--client';
  const command = join(root, 'benchmarks', 'dist', ...(isClient ? ['client'] : []), 'command.js');
  const args = isClient ? others : process.argv.slice(2);
  const { code } = await run(process.execPath, [command, ...args], { inherit: true });
  process.exitCode = code;
} else {
  process.stderr.write(built.output);
  process.exitCode = 2;
}
