/** `npm run crash`: kills a broker with a data folder again and again. Arguments: rounds, seed; 20 and 1 unless given. */
import { build, install, requireNode, runTool } from './workspace.mjs';

requireNode();
await install();
await build();
const [rounds = '20', seed = '1'] = process.argv.slice(2);
process.env.PETREL_CRASH_ROUNDS = rounds;
process.env.PETREL_CRASH_SEED = seed;
const { code } = await runTool('vitest', 'vitest', ['run', 'tests/crash'], { inherit: true });
process.exitCode = code;
