/** `npm run bench:nestjs`: builds the packages and the benchmarks, then runs the command for NestJS with the arguments given. */
import { join } from 'node:path';
import { install, requireNode, root, run, runTool } from './workspace.mjs';

requireNode();
await install();
const built = await runTool('typescript', 'tsc', ['-b', 'benchmarks']);
if (built.code === 0) {
  const command = join(root, 'benchmarks', 'dist', 'nestjs', 'command.js');
  const { code } = await run(process.execPath, [command, ...process.argv.slice(2)], { inherit: true });
  process.exitCode = code;
} else {
  process.stderr.write(built.output);
  process.exitCode = 2;
}
