/** `npm run crash -- --rounds 20 --seed 1`, which are the defaults: kills a broker with a data folder again and again. */
import { parseArgs } from 'node:util';
import { build, install, requireNode, runTool } from './workspace.mjs';

requireNode();
await install();
await build();
const { values } = parseArgs({ options: { rounds: { type: 'string' }, seed: { type: 'string' } } });
process.env.PETREL_CRASH_ROUNDS = values.rounds ?? '20';
process.env.PETREL_CRASH_SEED = values.seed ?? '1';
const { code } = await runTool('vitest', 'vitest', ['run', 'tests/crash'], { inherit: true });
process.exitCode = code;
