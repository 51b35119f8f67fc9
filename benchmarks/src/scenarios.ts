/** What is measured: each scenario is one load, the same for every broker. */
import type { Load } from './load-generator.js';

/** Which figure decides: deliveries per second, how late they are, or what a connection costs. */
export type Verdict = 'rate' | 'latency' | 'connections';

/** One row of the comparison. */
export interface Scenario {
  /** As the command line calls it; the part before the first "-" is its group. */
  readonly name: string;
  readonly title: string;
  readonly verdict: Verdict;
  readonly load: Load;
}

const pairs: Load = { topology: 'pairs', publishers: 50, subscribers: 50, outstanding: 100, payload: 64 };
const oneAtATime: Load = { ...pairs, outstanding: 1 };
const fanIn: Load = { topology: 'fan', publishers: 100, subscribers: 1, outstanding: 50, payload: 64 };
const fanOut100: Load = { topology: 'fan', publishers: 1, subscribers: 100, outstanding: 20, payload: 64 };
const fanOut1000: Load = { ...fanOut100, subscribers: 1000, outstanding: 8 };
const shared: Load = { topology: 'shared', publishers: 20, subscribers: 5, outstanding: 50, payload: 64 };
const steady: Load = { ...pairs, rate: 10_000 };
const manyTopics: Load = { ...pairs, topics: 2000 };
// 200 messages a second to 99 or 100 subscribers: a load that every broker can carry, after a flood that fills the one who sleeps.
const beside: Load = {
  topology: 'fan',
  publishers: 1,
  subscribers: 99,
  outstanding: 20,
  rate: 100,
  flood: 1,
  warmUp: 2,
  payload: 1024,
};

/** All scenarios, in the order of the tables. */
export const scenarios: readonly Scenario[] = [
  rate('pairs-qos0', 'QoS 0, 50 → 50 pairs', { ...pairs, qos: 0 }),
  rate('pairs-qos1', 'QoS 1, 50 → 50 pairs', { ...pairs, qos: 1 }),
  rate('pairs-qos2', 'QoS 2, 50 → 50 pairs', { ...pairs, qos: 2, outstanding: 20 }),
  rate('pairs-qos0-v5', 'QoS 0 pairs, MQTT 5', { ...pairs, qos: 0, version: 5 }),
  rate('pairs-qos1-v5', 'QoS 1 pairs, MQTT 5', { ...pairs, qos: 1, version: 5 }),
  rate('pairs-qos2-v5', 'QoS 2 pairs, MQTT 5', { ...pairs, qos: 2, version: 5, outstanding: 20 }),
  rate('pairs-properties', 'QoS 1 pairs, MQTT 5 with properties', {
    ...pairs,
    qos: 1,
    version: 5,
    properties: 1,
  }),
  rate('single-qos0', 'QoS 0 pairs, one at a time', { ...oneAtATime, qos: 0 }),
  rate('single-qos1', 'QoS 1 pairs, one at a time', { ...oneAtATime, qos: 1 }),
  rate('single-qos2', 'QoS 2 pairs, one at a time', { ...oneAtATime, qos: 2 }),
  rate('single-qos1-v5', 'QoS 1 pairs, MQTT 5, one at a time', { ...oneAtATime, qos: 1, version: 5 }),
  rate('fanin-qos0', 'fan-in 100 → 1, QoS 0', { ...fanIn, qos: 0 }),
  rate('fanin-qos1', 'fan-in 100 → 1, QoS 1', { ...fanIn, qos: 1 }),
  rate('fanout100-qos0', 'fan-out 1 → 100, QoS 0, 64 B', { ...fanOut100, qos: 0 }),
  rate('fanout100-qos0-1k', 'fan-out 1 → 100, QoS 0, 1 KiB', { ...fanOut100, qos: 0, payload: 1024 }),
  rate('fanout100-qos1', 'fan-out 1 → 100, QoS 1, 64 B', { ...fanOut100, qos: 1 }),
  rate('fanout100-qos1-1k', 'fan-out 1 → 100, QoS 1, 1 KiB', { ...fanOut100, qos: 1, payload: 1024 }),
  rate('fanout1000-qos0', 'fan-out 1 → 1,000, QoS 0, 64 B', { ...fanOut1000, qos: 0 }),
  rate('fanout1000-qos0-1k', 'fan-out 1 → 1,000, QoS 0, 1 KiB', { ...fanOut1000, qos: 0, payload: 1024 }),
  rate('fanout1000-qos1', 'fan-out 1 → 1,000, QoS 1, 64 B', { ...fanOut1000, qos: 1 }),
  rate('shared-qos1', 'shared, 20 → a group of 5, QoS 1, MQTT 5', { ...shared, qos: 1, version: 5 }),
  latency('steady-qos0', '10,000 messages/s, QoS 0', { ...steady, qos: 0 }),
  latency('steady-qos1', '10,000 messages/s, QoS 1', { ...steady, qos: 1 }),
  {
    name: 'idle-10k',
    title: '10,000 idle connections',
    verdict: 'connections',
    load: { mode: 'idle', subscribers: 10_000, publishers: 0, keepAlive: 600 },
  },
  rate('filters-100k', '100,000 filters, one in ten with a wildcard', { ...manyTopics, filters: 'mixed' }),
  rate('filters-50', 'the same topics, 50 filters', { ...manyTopics, filters: 'one' }),
  rate('retained-50k', '50,000 retained messages replayed to "#"', {
    mode: 'retained',
    messages: 50_000,
    publishers: 1,
  }),
  latency('beside-frozen', '99 subscribers beside a frozen one, 1 KiB', { ...beside, frozen: 1 }),
  latency('beside-none', 'the same 99 without it', { ...beside }),
  rate('tls-qos0', 'QoS 0 pairs over TLS', { ...pairs, qos: 0, transport: 'tls' }),
  rate('tls-qos1', 'QoS 1 pairs over TLS', { ...pairs, qos: 1, transport: 'tls' }),
  rate('websocket-qos0', 'QoS 0 pairs over WebSocket', { ...pairs, qos: 0, transport: 'websocket' }),
  rate('websocket-qos1', 'QoS 1 pairs over WebSocket', { ...pairs, qos: 1, transport: 'websocket' }),
];

function rate(name: string, title: string, load: Load): Scenario {
  return { name, title, verdict: 'rate', load };
}

function latency(name: string, title: string, load: Load): Scenario {
  return { name, title, verdict: 'latency', load };
}

/** The scenarios that a comma-separated list of names, groups or beginnings selects; undefined when one of them selects none. */
export function selectScenarios(names: readonly string[]): readonly Scenario[] | undefined {
  const selected = (name: string) => scenarios.filter((scenario) => scenario.name === name);
  const begun = (name: string) => scenarios.filter((scenario) => scenario.name.startsWith(`${name}-`));
  const found = new Set<Scenario>();
  for (const name of names) {
    const exact = selected(name);
    const matching = exact.length > 0 ? exact : begun(name);
    if (matching.length === 0) return undefined;
    for (const scenario of matching) found.add(scenario);
  }
  return scenarios.filter((scenario) => found.has(scenario));
}
