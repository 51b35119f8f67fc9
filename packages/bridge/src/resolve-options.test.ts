import { expect, test } from 'vitest';
import type { BridgeOptions } from './options.js';
import { resolveBridgeOptions } from './resolve-options.js';

const url = 'mqtt://localhost:1883';
const good: BridgeOptions = {
  name: 'home-7',
  local: { url },
  remote: { url },
  topics: [{ filter: 'sensors/#', remotePrefix: 'homes/7/' }],
};

test('defaults: out, QoS 1, one name for both ends, a session of seven days', () => {
  const resolved = resolveBridgeOptions(Object.freeze(good));
  expect(resolved.out).toEqual([
    { topicFilter: 'sensors/#', qos: 1, sourcePrefix: '', targetPrefix: 'homes/7/' },
  ]);
  expect(resolved.in).toEqual([]);
  expect(resolved.local).toMatchObject({
    clientIdentifier: 'home-7',
    cleanStart: false,
    sessionExpiryInterval: 604_800,
    receiveMaximum: 100,
  });
});

test('a rule for both directions is one for each', () => {
  const topics = [{ filter: '+/state', direction: 'both', localPrefix: 'a/', remotePrefix: 'b/' }] as const;
  const resolved = resolveBridgeOptions({ ...good, topics });
  expect(resolved.out.map(({ topicFilter }) => topicFilter)).toEqual(['a/+/state']);
  expect(resolved.in.map(({ topicFilter }) => topicFilter)).toEqual(['b/+/state']);
});

const topic = (given: object) => ({ ...good, topics: [{ filter: '#', ...given }] });

test.each<[string, object, RegExp]>([
  ['a name that is empty', { ...good, name: '' }, /"name" must be 1–64 characters, got ""/],
  ['no rules', { ...good, topics: [] }, /"topics" must be an array of 1–1000 rules/],
  ['an unknown option', { ...good, topic: [] }, /"topic" is unknown; known are name, local/],
  ['no way to a server', { ...good, remote: undefined }, /"remote" must be an object with "url"/],
  ['what the bridge decides', { ...good, local: { url, cleanStart: true } }, /decides "local.cleanStart"/],
  [
    'an unknown direction',
    topic({ direction: 'up' }),
    /"topics\[0\].direction" must be out, in or both, got "up"/,
  ],
  ['a QoS that is none', topic({ qos: 3 }), /"topics\[0\].qos" must be 0, 1 or 2, got 3/],
  [
    'a wildcard in a prefix',
    topic({ remotePrefix: '+/' }),
    /"topics\[0\].remotePrefix" must be a string without wildcards/,
  ],
  ['a shared subscription', topic({ localPrefix: '$share/a/' }), /"topics\[0\]" is a Shared Subscription/],
  ['a filter that is none', topic({ filter: 'a#' }), /\[MQTT-4\.7\.1-1\]/],
  [
    'hops without a bound',
    { ...good, maximumHops: Number.POSITIVE_INFINITY },
    /"maximumHops" must be an integer 1–255/,
  ],
  [
    'the same message twice',
    { ...good, topics: [{ filter: 'a/#' }, { filter: 'a/+' }] },
    /"a\/#" and "a\/\+" \(out\) carry the same messages/,
  ],
])('%s is refused', (_, options, message) => {
  expect(() => resolveBridgeOptions(options as BridgeOptions)).toThrow(message);
});
