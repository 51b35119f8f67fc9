/** `npm run sim`: builds the simulation and runs its command with the arguments given. */
import { join } from 'node:path';
import { install, requireNode, root, run, runTool } from './workspace.mjs';

requireNode();
await install();
const built = await runTool('typescript', 'tsc', ['-b', 'simulation']);
if (built.code === 0) {
  const command = join(root, 'simulation', 'dist', 'command.js');
  const { code } = await run(process.execPath, [command, ...process.argv.slice(2)], { inherit: true });
  process.exitCode = code;
} else {
  process.stderr.write(built.output);
  process.exitCode = 2;
}
