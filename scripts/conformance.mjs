/** `npm run conformance`: builds the conformance suite and runs its command with the arguments given. */
import { join } from 'node:path';
import { install, requireNode, root, run, runTool } from './workspace.mjs';

requireNode();
await install();
const built = await runTool('typescript', 'tsc', ['-b', 'conformance']);
if (built.code === 0) {
  const command = join(root, 'conformance', 'dist', 'command.js');
  const { code } = await run(process.execPath, [command, ...process.argv.slice(2)], { inherit: true });
  process.exitCode = code;
} else {
  process.stderr.write(built.output);
  process.exitCode = 2;
}
