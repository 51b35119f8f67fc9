/** `npm run soak`: builds, then runs good and hostile clients against one broker for as long as the arguments say. */
import { join } from 'node:path';
import { install, requireNode, root, run, runTool } from './workspace.mjs';

requireNode();
await install();
const built = await runTool('typescript', 'tsc', ['-b', 'fuzzing', 'packages/cli']);
if (built.code === 0) {
  const command = join(root, 'fuzzing', 'dist', 'soak', 'command.js');
  const { code } = await run(process.execPath, [command, ...process.argv.slice(2)], { inherit: true });
  process.exitCode = code;
} else {
  process.stderr.write(built.output);
  process.exitCode = 2;
}
