import { describe, expect, test } from 'vitest';
import type { Client, Principal } from '../hooks.js';
import { AccessPolicy } from './access-policy.js';
import type { AccessOptions, AccessRule } from './access-rules.js';

function client(fields: Partial<Client> & { user?: string; groups?: string[] } = {}): Client {
  const { user, groups, ...rest } = fields;
  const principal: Principal | undefined = user === undefined ? undefined : { name: user, groups };
  return {
    clientIdentifier: 'c1',
    principal,
    userName: user,
    protocolVersion: 5,
    transport: 'tcp',
    remoteAddress: '10.1.2.3',
    peerCertificate: undefined,
    ...rest,
  };
}

function view(rules: readonly AccessRule[], who: Client = client(), options: AccessOptions = {}) {
  return new AccessPolicy({ ...options, rules }).viewOf(who);
}

describe('rules', () => {
  test('what no rule allows is denied, unless the default says otherwise', () => {
    const closed = view([{ allow: ['publish'], topics: ['a/#'] }]);
    expect([closed.mayPublish('a/b'), closed.mayPublish('b')]).toEqual([true, false]);
    expect(closed.maySubscribe('a/b', false)).toBe(false);
    const open = view([{ deny: ['publish'], topics: ['a/#'] }], client(), { default: 'allow' });
    expect([open.mayPublish('a/b'), open.mayPublish('b')]).toEqual([false, true]);
  });

  test('a rule that denies wins, wherever it stands', () => {
    const allow: AccessRule = { allow: ['publish', 'subscribe'], topics: ['#'] };
    const deny: AccessRule = { deny: ['publish', 'subscribe'], topics: ['secret/#'] };
    for (const rules of [
      [allow, deny],
      [deny, allow],
    ]) {
      const each = view(rules);
      expect([each.mayPublish('secret/a'), each.mayPublish('a')]).toEqual([false, true]);
      expect([each.maySubscribe('secret/+', false), each.maySubscribe('a', false)]).toEqual([false, true]);
    }
  });

  test('a subscription must lie within what is allowed', () => {
    const { maySubscribe } = bound(view([{ allow: ['subscribe'], topics: ['a/+/c'] }]));
    expect(maySubscribe('a/b/c')).toBe(true);
    expect(maySubscribe('a/+/c')).toBe(true);
    expect(maySubscribe('a/#')).toBe(false);
    expect(maySubscribe('#')).toBe(false);
  });

  test('what is denied within a wider subscription stays away, and a shared one is refused', () => {
    const each = view([
      { allow: ['subscribe'], topics: ['#'] },
      { deny: ['subscribe'], topics: ['secret/#'] },
    ]);
    expect([each.maySubscribe('#', false), each.maySubscribe('#', true)]).toEqual([true, false]);
    expect([each.mayReceive('a'), each.mayReceive('secret/a')]).toEqual([true, false]);
  });

  test('receive can be denied alone', () => {
    const each = view([
      { allow: ['subscribe'], topics: ['a/#'] },
      { deny: ['receive'], topics: ['a/b'] },
    ]);
    expect(each.maySubscribe('a/b', false)).toBe(true);
    expect(each.mayReceive('a/b')).toBe(false);
    expect(each.maySubscribe('a/#', true)).toBe(false);
  });

  test('topics that begin with $ are only for those that a rule names them for, whatever the default', () => {
    const each = view([{ allow: ['subscribe'], topics: ['#', '+/+'] }], client(), { default: 'allow' });
    expect(each.maySubscribe('$SYS/#', false)).toBe(false);
    expect(each.mayReceive('$SYS/broker/uptime')).toBe(false);
    expect(each.mayPublish('$internal/a')).toBe(false);
    const operator = view([{ allow: ['subscribe'], topics: ['$SYS/#'] }]);
    expect(operator.maySubscribe('$SYS/broker/+', false)).toBe(true);
    expect(operator.mayReceive('$SYS/broker/uptime')).toBe(true);
  });

  test.each<[string, Partial<AccessRule>, Client, boolean]>([
    ['user', { users: ['anna', 'bob'] }, client({ user: 'bob' }), true],
    ['another user', { users: ['anna'] }, client({ user: 'annabel' }), false],
    ['anonymous where users are named', { users: ['anna'] }, client(), false],
    ['anonymous', { anonymous: true }, client(), true],
    ['known where anonymous is meant', { anonymous: true }, client({ user: 'a' }), false],
    ['not anonymous', { anonymous: false }, client({ user: 'a' }), true],
    ['group of the rules', { groups: ['staff'] }, client({ user: 'anna' }), true],
    ['group of the token', { groups: ['night'] }, client({ user: 'x', groups: ['night'] }), true],
    ['no group', { groups: ['staff'] }, client({ user: 'x' }), false],
    ['Client Identifier', { clientIdentifiers: ['c1'] }, client(), true],
    ['Client Identifier with *', { clientIdentifiers: ['c*'] }, client(), true],
    ['* stands only at the end', { clientIdentifiers: ['*1'] }, client(), false],
    ['. and * are no regular expression', { clientIdentifiers: ['.*'] }, client(), false],
    ['address', { addresses: ['10.1.2.3'] }, client(), true],
    ['network', { addresses: ['10.0.0.0/8'] }, client(), true],
    ['IPv4 in IPv6', { addresses: ['10.0.0.0/8'] }, client({ remoteAddress: '::ffff:10.9.9.9' }), true],
    ['another network', { addresses: ['10.0.0.0/16'] }, client(), false],
    ['IPv6', { addresses: ['fd00::/8'] }, client({ remoteAddress: 'fd12::1' }), true],
    ['no address', { addresses: ['0.0.0.0/0', '::/0'] }, client({ remoteAddress: undefined }), false],
    [
      'several conditions, one not met',
      { users: ['anna'], addresses: ['192.168.0.0/16'] },
      client({ user: 'anna' }),
      false,
    ],
  ])('conditions: %s', (_, conditions, who, expected) => {
    const each = view([{ allow: ['publish'], topics: ['t'], ...conditions }], who, {
      groups: { staff: ['anna'] },
    });
    expect(each.mayPublish('t')).toBe(expected);
  });

  test('explain themselves', () => {
    const each = view([
      { allow: ['publish'], topics: ['a/#'] },
      { deny: ['publish'], topics: ['a/b'] },
    ]);
    expect(each.explain('publish', 'a/c')).toEqual({ allowed: true, rule: 0, reason: 'rule 0 allows a/#' });
    expect(each.explain('publish', 'a/b')).toEqual({ allowed: false, rule: 1, reason: 'rule 1 denies a/b' });
    expect(each.explain('publish', 'x')).toMatchObject({ allowed: false, rule: undefined });
  });

  test('decisions are remembered within a bound', () => {
    const each = view([{ allow: ['publish'], topics: ['a/+'] }]);
    for (let index = 0; index < 10_000; index++) expect(each.mayPublish(`a/${index}`)).toBe(true);
    expect(each.mayPublish('b/1')).toBe(false);
  });

  function bound(each: ReturnType<typeof view>) {
    return { maySubscribe: (filter: string) => each.maySubscribe(filter, false) };
  }
});

describe('placeholders', () => {
  const own: AccessRule = { allow: ['publish', 'subscribe'], topics: ['users/%u/#', 'clients/x-%c'] };

  test('stand for the names of the client', () => {
    const each = view([own], client({ user: 'anna' }));
    expect([each.mayPublish('users/anna/inbox'), each.mayPublish('users/bob/inbox')]).toEqual([true, false]);
    expect([each.mayPublish('clients/x-c1'), each.mayPublish('clients/x-c2')]).toEqual([true, false]);
  });

  test('%% is a percent sign', () => {
    expect(view([{ allow: ['publish'], topics: ['a/%%u'] }]).mayPublish('a/%u')).toBe(true);
  });

  test.each(['+', '#', 'a/b', '/', 'x+', 'a/#', ''])(
    '16 a name %j fills none (CVE-2017-7650, CVE-2026-85724)',
    (name) => {
      const each = view([own], client({ user: name, clientIdentifier: name }));
      for (const topic of ['users/bob/inbox', `users/${name}/inbox`, 'clients/x-c1', `clients/x-${name}`])
        expect([topic, each.mayPublish(topic)]).toEqual([topic, false]);
      for (const filter of ['users/+/#', 'users/#', `users/${name}/#`, '#', 'clients/+'])
        expect([filter, each.maySubscribe(filter, false)]).toEqual([filter, false]);
    },
  );

  test('16 a name that fills none opens no denying rule either', () => {
    const rules: AccessRule[] = [
      { allow: ['publish'], topics: ['#'] },
      { deny: ['publish'], topics: ['locks/%c/#'] },
    ];
    const each = view(rules, client({ clientIdentifier: 'a/b' }));
    expect([each.mayPublish('locks/a/b'), each.mayPublish('locks/other'), each.mayPublish('x')]).toEqual([
      false,
      false,
      true,
    ]);
  });

  test.each(['.*', '(', '[a-z]+', '^', '$', '\\', '.*/secret'])(
    '17 %j in a name or a rule is no regular expression (CVE-2026-44838)',
    (text) => {
      const named = view([own], client({ user: text }));
      expect(named.mayPublish('users/bob/inbox')).toBe(false);
      if (!text.includes('+') && !text.includes('/'))
        expect(named.mayPublish(`users/${text}/inbox`)).toBe(true);
      const ruled = view([{ allow: ['publish'], topics: [`a/${text.replace('+', '')}`] }]);
      expect(ruled.mayPublish('a/bob')).toBe(false);
    },
  );

  test('a client that calls itself $SYS gets no topics of the broker by a rule for its own name', () => {
    const rules: AccessRule[] = [{ allow: ['publish', 'subscribe'], topics: ['%c/#', '%u/#', 'of/%c'] }];
    const each = view(rules, client({ user: '$SYS', clientIdentifier: '$SYS' }));
    for (const filter of ['$SYS/#', '$SYS/broker/uptime', '$SYS'])
      expect([filter, each.maySubscribe(filter, false), each.mayReceive(filter)]).toEqual([
        filter,
        false,
        false,
      ]);
    expect(each.mayPublish('of/$SYS')).toBe(true);
    const denied = view(
      [
        { allow: ['subscribe'], topics: ['$SYS/#'] },
        { deny: ['subscribe'], topics: ['%c/#'] },
      ],
      client({ clientIdentifier: '$SYS' }),
    );
    expect(denied.maySubscribe('$SYS/broker/uptime', false)).toBe(false);
  });

  test('an anonymous client has no %u', () => {
    expect(view([own]).mayPublish('users/undefined/inbox')).toBe(false);
  });
});

describe('what is no rule is refused', () => {
  test.each<[string, unknown, string]>([
    ['no action', { topics: ['a'] }, 'option "access.rules[0].allow" or "deny"'],
    [
      'both actions',
      { allow: ['publish'], deny: ['publish'], topics: ['a'] },
      '"access.rules[0].allow" or "deny"',
    ],
    ['unknown action', { allow: ['read'], topics: ['a'] }, 'must be an array of publish, subscribe, receive'],
    ['no topics', { allow: ['publish'] }, '"access.rules[0].topics" must be an array of texts'],
    ['empty topics', { allow: ['publish'], topics: [] }, 'and not empty'],
    ['bad filter', { allow: ['publish'], topics: ['a/#/b'] }, '[MQTT-4.7.1-1]'],
    ['unknown placeholder', { allow: ['publish'], topics: ['a/%i'] }, 'there are %u, %c and %%'],
    ['a percent sign alone', { allow: ['publish'], topics: ['a/%'] }, 'there are %u, %c and %%'],
    ['a shared filter', { allow: ['subscribe'], topics: ['$share/g/a'] }, 'without $share/ShareName/'],
    ['bad network', { allow: ['publish'], topics: ['a'], addresses: ['10.0.0.0/33'] }, 'got "10.0.0.0/33"'],
    [
      'a name for an address',
      { allow: ['publish'], topics: ['a'], addresses: ['localhost'] },
      'got "localhost"',
    ],
    ['misspelt condition', { allow: ['publish'], topics: ['a'], user: ['x'] }, 'did you mean "users"'],
    ['empty condition', { allow: ['publish'], topics: ['a'], users: [] }, 'and not empty'],
  ])('%s', (_, rule, message) => {
    expect(() => new AccessPolicy({ rules: [rule as AccessRule] })).toThrow(message);
  });
});
