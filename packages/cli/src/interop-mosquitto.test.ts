/** What `petrel sub -F` prints is what mosquitto_sub prints for the same messages. */
import { type Broker, createBroker } from '@petrel/broker';
import { describePeer, findMosquittoClient, launchProcess, pathOf } from '@petrel/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from './run.js';
import { petrel, terminal } from './test-terminal.suite.js';

let broker: Broker;
let waiting = 0;
let allThere = () => {};
beforeAll(async () => {
  broker = await createBroker({
    listeners: [{ type: 'tcp', port: 0 }],
    hooks: { subscribed: () => void (--waiting === 0 && allThere()) },
  });
});
afterAll(() => broker.close());

describePeer(findMosquittoClient('mosquitto_sub'), 'beside mosquitto_sub', () => {
  test.each([
    '%t|%p|%q|%r|%l|%x|%X',
    // Not %S: our client has a Subscription Identifier of its own for each subscription.
    '%C|%R|%E|%F|%P|%A',
    '[%5l] [%05l] [%-5l] [%10t] [%-10t] [%.4t] [%3.4t] [%8p] [%-8p]',
    '%% @@ \\\\ \\t|@Y-@m-@d',
  ])('%j', { timeout: 60_000 }, async (format) => {
    const port = String(broker.addresses[0]?.port);
    const args = [
      '-h',
      '127.0.0.1',
      '-p',
      port,
      '-V',
      'mqttv5',
      '-q',
      '1',
      '-t',
      'f/#',
      '-C',
      '2',
      '-F',
      format,
    ];
    const ready = new Promise<void>((resolve) => {
      waiting = 2;
      allThere = resolve;
    });
    const theirs = await launchProcess({ command: pathOf(findMosquittoClient('mosquitto_sub')), args });
    const { terminal: given, written } = terminal();
    const ours = run(['sub', ...args], given);
    await ready;
    const pub = ['pub', '-h', '127.0.0.1', '-p', port, '-q', '1'];
    const properties = [
      'content-type text/plain',
      'response-topic a/b',
      'message-expiry-interval 60',
      'user-property k v',
    ];
    const all = [...properties, 'payload-format-indicator 1'].flatMap((each) => [
      '-D',
      'publish',
      ...each.split(' '),
    ]);
    expect((await petrel([...pub, '-t', 'f/one', '-m', 'warm', ...all])).code).toBe(0);
    expect((await petrel([...pub, '-t', 'f/another', '-m', '{"a":1}'])).code).toBe(0);
    expect([await ours, (await theirs.exited).code]).toEqual([0, 0]);
    expect(written().toString()).toBe(theirs.stdout);
  });
});
