/** Rules that others got around: 11, 12, 16, 18, 19, 20, 22. */
import { describe, expect, test } from 'vitest';
import type { AccessOptions } from '../access/access-rules.js';
import {
  connected,
  open,
  openBroker,
  publish,
  published,
  subscribed,
  texts,
} from '../broker-fixture.suite.js';
import type { BrokerOptions } from '../options.js';

/** Everybody is who the User Name says; operators may do everything, others what the rules give them. */
function opened(rules: AccessOptions['rules'] = [], options: BrokerOptions = {}) {
  const operator = {
    allow: ['publish', 'subscribe'],
    topics: ['#', '$SYS/#'],
    users: ['operator'],
  } as const;
  return openBroker({
    hooks: { authenticate: () => true },
    access: { rules: [operator, ...(rules ?? [])] },
    ...options,
  });
}

const operator = { clientIdentifier: 'operator', userName: 'operator' };
const mallory = { clientIdentifier: 'mallory', userName: 'mallory' };

describe('11 $share slips past the rules or the unsubscribe (Mosquitto 2.0.19)', () => {
  test.each(['$share/g/secret/a', '$share/g/#', '$share/secret/secret/#', '$share/g/+/a'])(
    '%s is refused',
    async (filter) => {
      const { broker } = await opened([
        { allow: ['subscribe'], topics: ['#'] },
        { deny: ['subscribe'], topics: ['secret/#'] },
      ]);
      const peer = await connected(broker, mallory);
      expect((await subscribed(peer, filter)).reasonCodes).toEqual([0x87]);
      await published(await connected(broker, operator), 'secret/a', 'x', 1);
      await peer.expectNothing();
      expect(broker.metrics().sharedGroups).toBe(0);
    },
  );

  test('a rule that speaks of the filter allows the shared one, and nothing more', async () => {
    const { broker } = await opened([{ allow: ['subscribe'], topics: ['work/#'] }]);
    const peer = await connected(broker, mallory);
    const { reasonCodes } = await subscribed(peer, ['$share/g/work/+', '$share/g/other', '$share/work/#']);
    expect(reasonCodes).toEqual([0, 0x87, 0x87]);
  });

  test('new rules end the shared subscription, and its share goes to the others', async () => {
    const { broker } = await opened([{ allow: ['subscribe'], topics: ['work'] }]);
    const peer = await connected(broker, mallory);
    await subscribed(peer, '$share/g/work', { qos: 1 });
    const other = await connected(broker, operator);
    await subscribed(other, '$share/g/work', { qos: 1 });
    broker.update({
      access: { rules: [{ allow: ['publish', 'subscribe'], topics: ['#'], users: ['operator'] }] },
    });
    for (let packetIdentifier = 1; packetIdentifier <= 4; packetIdentifier++)
      other.send(publish('work', `${packetIdentifier}`, { qos: 1, packetIdentifier }));
    const received: string[] = [];
    while (received.length < 4) {
      const packet = await other.receive();
      if (packet.type === 'publish') received.push(Buffer.from(packet.payload).toString());
    }
    expect(received).toEqual(['1', '2', '3', '4']);
    await peer.expectNothing();
  });
});

describe('12 will published without write permission (CVE-2018-3778, CVE-2026-95846, CVE-2026-85058)', () => {
  const will = {
    topicName: 'secret/a',
    payload: Buffer.from('x'),
    qos: 1,
    retain: true,
    properties: {},
  } as const;

  test('a Will that no rule allows is refused at CONNECT', async () => {
    const { broker } = await opened([{ allow: ['publish'], topics: ['wills/%c'] }]);
    const peer = open(broker);
    expect((await peer.connect({ ...mallory, will })).reasonCode).toBe(0x87);
    await peer.closed();
    expect(broker.sessions()).toEqual([]);
    const allowed = { ...will, topicName: 'wills/mallory' };
    expect((await open(broker).connect({ ...mallory, will: allowed })).reasonCode).toBe(0);
  });

  test('a Will that new rules refuse is not published, connected or not', async () => {
    const { broker, clock } = await opened([{ allow: ['publish'], topics: ['secret/#'] }]);
    const watcher = await connected(broker, operator);
    await subscribed(watcher, '#');
    const present = await connected(broker, { ...mallory, will });
    const absent = await connected(broker, {
      ...mallory,
      clientIdentifier: 'absent',
      will: { ...will, properties: { willDelayInterval: 60 } },
      properties: { sessionExpiryInterval: 600 },
    });
    absent.destroy();
    await absent.closed();
    broker.update({ access: { rules: [{ allow: ['subscribe'], topics: ['#'], users: ['operator'] }] } });
    present.destroy();
    await present.closed();
    clock.advance(700_000);
    await watcher.expectNothing();
    expect(broker.metrics().retainedMessages).toBe(0);
  });
});

test.each(['+', '#', 'a/+', '+/b', 'anna/#'])(
  '16 a user or Client Identifier %j reaches nothing of others through %%u and %%c (CVE-2017-7650, CVE-2026-85724)',
  async (name) => {
    const { broker } = await opened([
      { allow: ['publish', 'subscribe'], topics: ['users/%u/#', 'clients/%c/#'] },
    ]);
    const peer = await connected(broker, { clientIdentifier: name, userName: name });
    const { reasonCodes } = await subscribed(peer, [
      'users/+/#',
      'clients/#',
      `users/${name}`,
      'users/anna/a',
    ]);
    expect(reasonCodes.filter((code) => code < 0x80)).toEqual([]);
    expect(await published(peer, 'users/anna/a', 'x', 1)).toBe(0x87);
    await published(await connected(broker, operator), 'users/anna/a', 'x', 1);
    await peer.expectNothing();
  },
);

describe('18 retained or replayed messages skip deny rules (CVE-2026-58209)', () => {
  const rules: AccessOptions['rules'] = [
    { allow: ['subscribe'], topics: ['#'] },
    { deny: ['receive'], topics: ['secret/#'], users: ['mallory'] },
  ];

  test('retained messages', async () => {
    const { broker } = await opened(rules);
    const owner = await connected(broker, operator);
    await published(owner, 'secret/a', 'hidden', 1, { retain: true });
    await published(owner, 'open/a', 'seen', 1, { retain: true });
    const peer = await connected(broker, mallory);
    await subscribed(peer, '#', { qos: 1 });
    expect(await texts(peer, 1)).toEqual(['seen']);
    await peer.expectNothing();
  });

  test('messages that waited for an absent client while the rules changed', async () => {
    const { broker } = await opened([{ allow: ['subscribe'], topics: ['#'] }]);
    const absent = { ...mallory, cleanStart: false, properties: { sessionExpiryInterval: 600 } };
    const peer = await connected(broker, absent);
    await subscribed(peer, '#', { qos: 1 });
    peer.destroy();
    await peer.closed();
    const owner = await connected(broker, operator);
    await published(owner, 'secret/a', 'hidden', 1);
    await published(owner, 'open/a', 'seen', 1);
    broker.update({ access: { rules } });
    const back = await connected(broker, absent);
    expect(await texts(back, 1)).toEqual(['seen']);
    await back.expectNothing();
    expect(broker.metrics().queuedMessages).toBe(0);
  });

  test.each([1, 2] as const)(
    'a message in flight at QoS %i when the rules changed is not sent again',
    async (qos) => {
      const { broker } = await opened([{ allow: ['subscribe'], topics: ['#'] }]);
      const absent = { ...mallory, cleanStart: false, properties: { sessionExpiryInterval: 600 } };
      const peer = await connected(broker, absent);
      await subscribed(peer, '#', { qos });
      await published(await connected(broker, operator), 'secret/a', 'hidden', qos);
      await peer.receive('publish');
      peer.destroy();
      await peer.closed();
      broker.update({ access: { rules } });
      const back = await connected(broker, absent);
      if (qos === 2) {
        // Its identifier stays taken until the exchange is over.
        const { packetIdentifier } = await back.receive('pubrel');
        back.send({ type: 'pubcomp', packetIdentifier, reasonCode: 0, properties: {} });
      }
      await back.expectNothing();
      expect(
        broker.sessions().find(({ clientIdentifier }) => clientIdentifier === 'mallory')?.inFlightMessages,
      ).toBe(0);
    },
  );
});

describe('19 rights revoked, subscription kept (CVE-2021-34434)', () => {
  const before: AccessOptions['rules'] = [{ allow: ['subscribe'], topics: ['a/#', 'b/#'] }];
  const after: AccessOptions = {
    rules: [
      { allow: ['publish', 'subscribe'], topics: ['#'], users: ['operator'] },
      { allow: ['subscribe'], topics: ['b/#'] },
    ],
  };

  test('of a client that is connected: it goes at once, the others stay', async () => {
    const { broker } = await opened(before);
    const peer = await connected(broker, mallory);
    await subscribed(peer, ['a/#', 'b/#']);
    broker.update({ access: after });
    const owner = await connected(broker, operator);
    await published(owner, 'a/x', 'hidden', 1);
    await published(owner, 'b/x', 'seen', 1);
    expect(await texts(peer, 1)).toEqual(['seen']);
    await peer.expectNothing();
    expect(broker.sessions().find((each) => each.clientIdentifier === 'mallory')?.topicFilters).toEqual([
      'b/#',
    ]);
    expect((await subscribed(peer, 'a/#')).reasonCodes).toEqual([0x87]);
  });

  test('of a client that comes back', async () => {
    const { broker } = await opened(before);
    const lasting = { ...mallory, cleanStart: false, properties: { sessionExpiryInterval: 600 } };
    const peer = await connected(broker, lasting);
    await subscribed(peer, ['a/#', 'b/#']);
    peer.destroy();
    await peer.closed();
    broker.update({ access: after });
    await connected(broker, lasting);
    expect(broker.sessions()[0]?.topicFilters).toEqual(['b/#']);
  });

  test('bad rules change nothing', async () => {
    const { broker } = await opened(before);
    const peer = await connected(broker, mallory);
    await subscribed(peer, 'a/#');
    const bad = { rules: [{ allow: ['publish'], topics: ['%x'] }] } as const;
    expect(() => broker.update({ access: bad, limits: { maximumQoS: 0 } })).toThrow('%x');
    expect(() => broker.update({ limits: { maximumQoS: 7 as 0 } })).toThrow('maximumQoS');
    expect(() => broker.update({ acces: {} } as object)).toThrow('did you mean "access"');
    expect(await published(await connected(broker, operator), 'a/x', 'seen', 1)).toBe(0);
    expect(await texts(peer, 1)).toEqual(['seen']);
  });
});

describe('20 internal namespace reachable (CVE-2026-33217, CVE-2026-58214)', () => {
  test('$SYS is for those that a rule names it for', async () => {
    const { broker } = await opened([{ allow: ['publish', 'subscribe'], topics: ['#', '+/#'] }]);
    const peer = await connected(broker, mallory);
    const { reasonCodes } = await subscribed(peer, [
      '$SYS/#',
      '$SYS/broker/uptime',
      '$share/g/$SYS/#',
      '$internal/#',
      '#',
    ]);
    expect(reasonCodes).toEqual([0x87, 0x87, 0x87, 0x87, 0]);
    expect(await published(peer, '$internal/a', 'x', 1)).toBe(0x87);
    expect(await published(peer, '$SYS/a', 'x', 1)).toBe(0x87);
    expect((await subscribed(await connected(broker, operator), '$SYS/#')).reasonCodes).toEqual([0]);
  });
});

describe('22 topic text injected into the protocol of the engine (CVE-2026-58213)', () => {
  test.each(['a\r\nPUB b', 'a b', "a'; drop", '{a}', 'a\u2028b', '%u', '%c', '..', '../a', '*', '>', 'a.>'])(
    '%j is a level like any other',
    async (level) => {
      const { broker } = await opened([{ allow: ['publish', 'subscribe'], topics: ['mine/#'] }]);
      const peer = await connected(broker, mallory);
      const topicName = `mine/${level}`;
      expect((await subscribed(peer, topicName)).reasonCodes).toEqual([0]);
      expect(await published(peer, topicName, 'x', 0)).toBe(0);
      expect((await peer.receive('publish')).topicName).toBe(topicName);
      expect(await published(peer, level, 'x', 1)).toBe(0x87);
    },
  );
});

test('limits change while clients stay', async () => {
  const { broker } = await openBroker();
  const peer = await connected(broker, mallory);
  broker.update({ limits: { maximumSubscriptionsPerSession: 1 } });
  expect((await subscribed(peer, ['a', 'b'])).reasonCodes).toEqual([0, 0x97]);
});
