/** One scenario against all brokers, interleaved: each run meets every broker in turn, so that a slow minute of the machine meets all. */
import { type LoadGenerator, type LoadResult, runLoad } from './load-generator.js';
import { type MeasuredBroker, startMeasuredBroker } from './measured-brokers.js';
import { figuresOf, type Outcome, type ScenarioResult } from './results.js';
import type { Scenario } from './scenarios.js';

/** How often and how long. */
export interface RunPlan {
  readonly runs: number;
  readonly seconds: number;
  /** For the Node that runs Petrel, such as `--cpu-prof`. */
  readonly nodeArguments: readonly string[];
}

/** Measures; resolves whatever the brokers do. */
export async function runScenario(
  generator: LoadGenerator,
  scenario: Scenario,
  brokers: readonly MeasuredBroker[],
  plan: RunPlan,
): Promise<ScenarioResult> {
  const results = new Map<MeasuredBroker, LoadResult[]>();
  const reasons = new Map<
    MeasuredBroker,
    Pick<Extract<Outcome, { absent: string }>, 'absent'> | { failed: string }
  >();
  for (const broker of brokers) {
    const absent = broker.missing ?? unableTo(broker, scenario, generator);
    if (absent === undefined) results.set(broker, []);
    else reasons.set(broker, { absent });
  }
  for (let run = 0; run < plan.runs; run++) {
    for (const [broker, runs] of results) {
      if (reasons.has(broker)) continue;
      try {
        runs.push(await runOnce(generator, scenario, broker, plan));
      } catch (error) {
        reasons.set(broker, { failed: (error as Error).message.split('\n', 1)[0] ?? '' });
      }
    }
  }
  return {
    name: scenario.name,
    title: scenario.title,
    verdict: scenario.verdict,
    outcomes: brokers.map((broker) => {
      const reason = reasons.get(broker);
      const who = { broker: broker.name, title: broker.title };
      return reason === undefined
        ? { ...who, figures: figuresOf(scenario, results.get(broker) ?? []) }
        : { ...who, ...reason };
    }),
  };
}

async function runOnce(
  generator: LoadGenerator,
  scenario: Scenario,
  broker: MeasuredBroker,
  { seconds, nodeArguments }: RunPlan,
): Promise<LoadResult> {
  const running = await startMeasuredBroker(broker, {
    transport: scenario.load.transport ?? 'tcp',
    nodeArguments: broker.name === 'petrel' ? nodeArguments : [],
  });
  try {
    return await runLoad(generator, { seconds, ...scenario.load }, running);
  } finally {
    await running.stop();
  }
}

/** Why a broker cannot take part in a scenario. */
function unableTo(
  broker: MeasuredBroker,
  { load, verdict }: Scenario,
  { hasTls }: LoadGenerator,
): string | undefined {
  const { transport = 'tcp', version = 4, qos = 0, mode = 'load', topology, filters } = load;
  if (transport === 'tls' && !hasTls) return 'the load generator has no OpenSSL (apt-get install libssl-dev)';
  if (!broker.transports.includes(transport)) return `no ${transport}`;
  if (!broker.versions.includes(version)) return `no MQTT ${version === 5 ? '5' : '3.1.1'}`;
  if (qos > broker.maximumQoS) return `no QoS ${qos}`;
  if (topology === 'shared' && broker.sharesSubscriptions === false) return 'no shared subscriptions';
  const fixed = mode !== 'retained' && topology !== 'shared' && (filters ?? 'exact') === 'exact';
  if (broker.isForwarder && (!fixed || (load.topics ?? 1) > 1)) return 'only forwards';
  if (broker.isForwarder && verdict === 'latency' && load.frozen) return 'only forwards';
  return undefined;
}
