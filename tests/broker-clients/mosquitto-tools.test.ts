/** The command line tools of Mosquitto against our broker. */
import { type Broker, createBroker } from '@petrel/broker';
import {
  describePeer,
  findMosquittoClient,
  type LaunchedProcess,
  launchProcess,
  pathOf,
} from '@petrel/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let broker: Broker;
/** Who waits for a subscription to a filter: the tools do not tell when they have made one. */
const waiting = new Map<string, () => void>();

beforeAll(async () => {
  broker = await createBroker({
    listeners: [{ type: 'tcp', port: 0 }],
    hooks: { subscribed: (_, { topicFilter }) => waiting.get(topicFilter)?.() },
  });
}, 60_000);
afterAll(() => broker.destroy(), 60_000);

type Tool = 'mosquitto_pub' | 'mosquitto_sub' | 'mosquitto_rr';

function run(tool: Tool, ...args: readonly (string | number)[]): Promise<LaunchedProcess> {
  const port = broker.addresses[0]?.port;
  const all = ['-h', '127.0.0.1', '-p', port, ...args].map(String);
  return launchProcess({ command: pathOf(findMosquittoClient(tool)), args: all });
}

/** Starts one that subscribes, and waits until it has. */
async function runSubscriber(tool: Tool, topicFilter: string, ...args: readonly (string | number)[]) {
  const subscribed = new Promise<void>((resolve) => waiting.set(topicFilter, resolve));
  const launched = await run(tool, ...args);
  await subscribed;
  return launched;
}

/** Runs it to its end, which must be a good one, and returns what it printed. */
async function finish(launched: LaunchedProcess | Promise<LaunchedProcess>): Promise<string> {
  const { exited } = await launched;
  expect(await exited, (await launched).output).toMatchObject({ code: 0 });
  return (await launched).stdout;
}

// Several programs are started in each, on a machine that may be busy.
const generous = { timeout: 60_000 };

describePeer(findMosquittoClient('mosquitto_sub'), "Mosquitto's tools", () => {
  describe.each(['mqttv31', 'mqttv311', 'mqttv5'] as const)('%s', generous, (version) => {
    const terms = ['-V', version];

    test.each([0, 1, 2])('publish and subscribe at QoS %i', async (qos) => {
      const topic = `mosquitto/${version}/${qos}`;
      const format = ['-C', 2, '-F', '%t %q %p'];
      const receiving = await runSubscriber(
        'mosquitto_sub',
        `${topic}/#`,
        ...[...terms, '-q', qos, '-t', `${topic}/#`, ...format],
      );
      for (const payload of ['one', 'two']) {
        await finish(run('mosquitto_pub', ...terms, '-q', qos, '-t', `${topic}/x`, '-m', payload));
      }
      expect(await finish(receiving)).toBe(`${topic}/x ${qos} one\n${topic}/x ${qos} two\n`);
    });

    test('a retained message comes to a new subscription, and goes with an empty one', async () => {
      const topic = `mosquitto/${version}/retained`;
      await finish(run('mosquitto_pub', ...terms, '-q', 1, '-r', '-t', topic, '-m', 'kept'));
      const show = [...terms, '-t', topic, '-C', 1, '-F', '%r %p'];
      expect(await finish(run('mosquitto_sub', ...show))).toBe('1 kept\n');
      await finish(run('mosquitto_pub', ...terms, '-q', 1, '-r', '-t', topic, '-n'));
      const receiving = await runSubscriber('mosquitto_sub', topic, ...show);
      await finish(run('mosquitto_pub', ...terms, '-q', 1, '-t', topic, '-m', 'live'));
      expect(await finish(receiving)).toBe('0 live\n');
    });

    test('a will when the program is killed', async () => {
      const topic = `mosquitto/${version}/will`;
      const watching = await runSubscriber('mosquitto_sub', topic, ...terms, '-t', topic, '-C', 1);
      const will = ['--will-topic', topic, '--will-payload', 'gone', '--will-qos', 1];
      const other = `${topic}/other`;
      const mortal = await runSubscriber('mosquitto_sub', other, ...terms, '-t', other, ...will);
      await mortal.crash();
      expect(await finish(watching)).toBe('gone\n');
    });

    test('finds its session, and what waited in it', async () => {
      const topic = `mosquitto/${version}/queued`;
      const session = [...terms, '-i', `tool-${version}`, '-c', '-q', 2, '-t', topic];
      if (version === 'mqttv5') session.push('-x', '60');
      // -E: ends once it has subscribed.
      await finish(run('mosquitto_sub', ...session, '-E'));
      for (const qos of [1, 2]) {
        await finish(run('mosquitto_pub', ...terms, '-q', qos, '-t', topic, '-m', `at ${qos}`));
      }
      expect(await finish(run('mosquitto_sub', ...session, '-C', 2))).toBe('at 1\nat 2\n');
    });
  });

  test('mqttv5 properties pass through', generous, async () => {
    const topic = 'mosquitto/properties';
    const format = ['-C', 1, '-F', '%C %R %P'];
    const receiving = await runSubscriber('mosquitto_sub', topic, '-V', 'mqttv5', '-t', topic, ...format);
    const properties = ['content-type text/plain', 'response-topic reply/here', 'user-property key value'];
    const named = properties.flatMap((property) => ['-D', 'publish', ...property.split(' ')]);
    await finish(run('mosquitto_pub', '-V', 'mqttv5', '-t', topic, '-m', 'x', ...named));
    expect((await finish(receiving)).trim()).toBe('text/plain reply/here key:value');
  });

  test('mosquitto_rr gets the answer of a responder', generous, async () => {
    const asked = await runSubscriber(
      'mosquitto_sub',
      'mosquitto/ask',
      ...['-V', 'mqttv5', '-t', 'mosquitto/ask', '-C', 1, '-F', '%R %D %p'],
    );
    const request = ['-t', 'mosquitto/ask', '-e', 'mosquitto/answer', '-m', 'question', '-q', 1];
    const asking = await runSubscriber('mosquitto_rr', 'mosquitto/answer', '-V', 'mqttv5', ...request);
    expect(await finish(asked)).toBe('mosquitto/answer  question\n');
    await finish(run('mosquitto_pub', '-V', 'mqttv5', '-q', 1, '-t', 'mosquitto/answer', '-m', 'answer'));
    expect(await finish(asking)).toBe('answer\n');
  });
});
