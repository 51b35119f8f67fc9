/** Who gets a message, among 100,000 filters, one in ten with a wildcard; and what is retained for a filter. */
import { type MicroResult, measure } from './measure.js';

// Parts of the broker that it does not export: a program has no use for them, and a measurement takes what was built.
const builtBroker = new URL('../../../packages/broker/dist/', import.meta.url);

const filterCount = 100_000;

/** Adding a filter, and matching topics that were and were not matched before. */
export async function measureMatching(): Promise<MicroResult[]> {
  const { SubscriptionTree } = (await import(
    new URL('subscription-tree.js', builtBroker).href
  )) as typeof import('../../../packages/broker/src/subscription-tree.js');
  const filters = named(filterOf);
  const topics = named(topicOf);
  const subscription = {};
  const tree = new SubscriptionTree<object, number>();
  const add = measure('subscribe, one of 100,000 filters', filterCount, () => {
    for (let index = 0; index < filterCount; index++) tree.set(filters[index] ?? '', index, subscription);
    return tree.size;
  });
  const matchAll = () => {
    let matched = 0;
    for (const topic of topics) matched += tree.match(topic).length;
    return matched;
  };
  const cold = measure('match a topic for the first time', filterCount, () => {
    // A change to a filter with a wildcard empties the cache.
    tree.set('elsewhere/+', -1, subscription);
    return matchAll();
  });
  const warm = measure('match one of 100,000 topics again', filterCount, matchAll);
  const hot = topics.slice(0, 100);
  const few = measure('match one of 100 topics again', 10_000, (count) => {
    let matched = 0;
    for (let done = 0; done < count; done += hot.length)
      for (const topic of hot) matched += tree.match(topic).length;
    return matched;
  });
  const changing = measure('match after another filter changed', 10_000, (count) => {
    let matched = 0;
    for (let index = 0; index < count; index++) {
      tree.set('elsewhere', -1, subscription);
      matched += tree.match(topics[index] ?? '').length;
    }
    return matched;
  });
  return [add, cold, warm, few, changing, await measureRetained(topics)];
}

async function measureRetained(topics: readonly string[]): Promise<MicroResult> {
  const { RetainedMessages } = (await import(
    new URL('retained-messages.js', builtBroker).href
  )) as typeof import('../../../packages/broker/src/retained-messages.js');
  const retained = new RetainedMessages({ maximumMessages: 1e6, maximumBytes: 1e9 });
  for (const topicName of topics) retained.set({ topicName, sizeBytes: 100 }, 0);
  return measure('read one of 100,000 retained messages for "#"', filterCount, () => {
    let read = 0;
    const replay = retained.match('#');
    while (!replay.done) read += replay.take(64, 0).length;
    return read;
  });
}

function named(nameOf: (index: number) => string): string[] {
  // As they come from the wire: flat strings, where a template makes a rope.
  return Array.from({ length: filterCount }, (_, index) => Buffer.from(nameOf(index)).toString());
}

/** Half of the wildcards are "+" in the middle, half "#" at the end. */
function filterOf(index: number): string {
  const room = `site/${index % 100}/floor/${index % 1000}/room/${index}`;
  if (index % 20 === 0) return `site/+/floor/${index % 1000}/room/${index}/temperature`;
  if (index % 20 === 10) return `${room}/#`;
  return `${room}/temperature`;
}

function topicOf(index: number): string {
  return `site/${index % 100}/floor/${index % 1000}/room/${index}/temperature`;
}
