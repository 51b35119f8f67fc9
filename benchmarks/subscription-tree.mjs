/**
 * What a match costs among 100,000 distinct filters: topics seen for the first time and topics seen before.
 * Prints one line per figure. Run: npm run build && node --expose-gc benchmarks/subscription-tree.mjs
 */
import { RetainedMessages } from '../packages/broker/dist/retained-messages.js';
import { SubscriptionTree } from '../packages/broker/dist/subscription-tree.js';

const filters = 100_000;
const rounds = 5;

/** One in ten has a wildcard: half of them "+" in the middle, half "#" at the end. */
function filterOf(index) {
  const room = `site/${index % 100}/floor/${index % 1000}/room/${index}`;
  if (index % 20 === 0) return `site/+/floor/${index % 1000}/room/${index}`;
  if (index % 20 === 10) return `${room}/#`;
  return `${room}/temperature`;
}

function topicOf(index) {
  return `site/${index % 100}/floor/${index % 1000}/room/${index}/temperature`;
}

function heapBytes() {
  for (let times = 0; times < 3; times++) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function nanosecondsEach(count, run) {
  const times = [];
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint();
    run();
    times.push(Number(process.hrtime.bigint() - start) / count);
  }
  return times.sort((a, b) => a - b)[rounds >> 1];
}

function print(name, value, unit) {
  console.log(`${name.padEnd(58)} ${value.toFixed(value < 10 ? 2 : 0).padStart(10)} ${unit}`);
}

// As they come from the wire: flat strings, not ropes.
const flat = (text) => Buffer.from(text).toString();
const names = Array.from({ length: filters }, (_, index) => flat(filterOf(index)));
const topics = Array.from({ length: filters }, (_, index) => flat(topicOf(index)));
const before = heapBytes();
const tree = new SubscriptionTree();
const start = process.hrtime.bigint();
for (const [index, name] of names.entries()) tree.set(name, index, { index });
print('set, each of 100,000 filters', Number(process.hrtime.bigint() - start) / filters, 'ns');
if (globalThis.gc !== undefined)
  print('memory per filter, the filter text excluded', (heapBytes() - before) / filters, 'bytes');

const wildcard = 'elsewhere/+';
let matched = 0;
const matchAll = () => {
  for (const topic of topics) matched += tree.match(topic).length;
};
const cold = nanosecondsEach(filters, () => {
  // A change to a filter with a wildcard empties the cache.
  tree.set(wildcard, 'somebody', {});
  matchAll();
});
print('match, 100,000 topics seen for the first time', cold, 'ns');
matchAll();
print('match, 100,000 topics seen before', nanosecondsEach(filters, matchAll), 'ns');
const hot = topics.slice(0, 100);
print(
  'match, 100 topics seen before',
  nanosecondsEach(filters, () => {
    for (let round = 0; round < filters / 100; round++)
      for (const topic of hot) matched += tree.match(topic).length;
  }),
  'ns',
);
print(
  'match after a change to a filter without wildcards',
  nanosecondsEach(filters, () => {
    for (const topic of topics) {
      tree.set('elsewhere', 'somebody', {});
      matched += tree.match(topic).length;
    }
  }),
  'ns',
);

const retained = new RetainedMessages({ maximumMessages: 1e6, maximumBytes: 1e9 });
for (const topicName of topics) retained.set({ topicName, sizeBytes: 100 }, 0);
let read = 0;
print(
  'retained: reading 100,000 for "#", each',
  nanosecondsEach(filters, () => {
    const replay = retained.match('#');
    while (!replay.done) read += replay.take(64, 0).length;
  }),
  'ns',
);
if (matched === 0 || read !== filters * rounds) throw new Error('nothing was measured');
