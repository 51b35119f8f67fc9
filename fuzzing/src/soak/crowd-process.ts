/**
 * The hostile crowd, in a process of its own: port, size and seed in, the number of connections so far out, a line each second. Ends with its
 * parent. Its priority is low, since attackers have machines of their own: here it is the broker that is tried, and not the scheduler.
 */
import { constants, setPriority } from 'node:os';
import { SeededRandom } from '@petrel/testing';
import { HostileCrowd } from './hostile-crowd.js';

setPriority(constants.priority.PRIORITY_LOW);
const [port = 0, size = 0, seed = 0] = process.argv.slice(2).map(Number);
const crowd = new HostileCrowd(port, new SeededRandom(seed));
crowd.start(size);
const say = (): void => void process.stdout.write(`${crowd.opened}\n`);
const timer = setInterval(say, 1_000);
process.stdin.resume().once('end', () => {
  clearInterval(timer);
  void crowd.stop().then(() => {
    say();
    process.exit(0);
  });
});
