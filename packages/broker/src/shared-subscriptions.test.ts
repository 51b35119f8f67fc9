import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type MemberState, SharedGroup, SharedSubscriptions } from './shared-subscriptions.js';

function groupOf(states: Record<string, MemberState>) {
  const group = new SharedGroup<string>('workers', 'jobs/+');
  for (const member of Object.keys(states)) group.set(member, member);
  return { group, next: () => group.choose((member) => states[member] ?? 'offline'), states };
}

describe('choose', () => {
  test('goes round the ready members [MQTT-4.8.2-3]', () => {
    const { next } = groupOf({ a: 'ready', b: 'ready', c: 'ready' });
    expect([next(), next(), next(), next()]).toEqual(['a', 'b', 'c', 'a']);
  });

  test('passes over members without room, and over absent ones, while somebody is ready', () => {
    const { next } = groupOf({ a: 'busy', b: 'ready', c: 'offline', d: 'ready' });
    expect([next(), next(), next()]).toEqual(['b', 'd', 'b']);
  });

  test('queues with a connected member rather than with an absent one', () => {
    const { next } = groupOf({ a: 'offline', b: 'busy', c: 'offline', d: 'busy' });
    expect([next(), next(), next()]).toEqual(['b', 'd', 'b']);
  });

  test('absent members share what comes while nobody is connected', () => {
    const { next } = groupOf({ a: 'offline', b: 'offline' });
    expect([next(), next(), next()]).toEqual(['a', 'b', 'a']);
  });

  test('a member that left gives its share to the others', () => {
    const { group, next } = groupOf({ a: 'ready', b: 'ready', c: 'ready' });
    expect(group.delete('b')).toBe('b');
    expect(group.delete('b')).toBeUndefined();
    expect(new Set([next(), next()])).toEqual(new Set(['a', 'c']));
    group.delete('a');
    group.delete('c');
    expect(next()).toBeUndefined();
  });

  test('a member that subscribes again is replaced, not doubled', () => {
    const group = new SharedGroup<number>('workers', 'jobs/+');
    group.set('a', 1);
    expect(group.set('a', 2)).toBe(1);
    expect(group.size).toBe(1);
    expect(group.choose(() => 'ready')).toBe(2);
  });

  test('whoever is ready gets an equal share, whatever joins, leaves and changes', () => {
    const state = fc.constantFrom<MemberState>('ready', 'busy', 'offline');
    fc.assert(
      fc.property(fc.dictionary(fc.string({ maxLength: 3 }), state, { minKeys: 1, maxKeys: 8 }), (record) => {
        const states = new Map(Object.entries(record));
        const group = new SharedGroup<string>('workers', 'jobs/+');
        for (const member of states.keys()) group.set(member, member);
        const best = (['ready', 'busy', 'offline'] as const).find((one) =>
          [...states.values()].includes(one),
        );
        const entitled = [...states].filter(([, one]) => one === best).map(([member]) => member);
        const chosen = Array.from({ length: entitled.length * 3 }, () =>
          group.choose((member) => states.get(member)!),
        );
        for (const member of entitled) expect(chosen.filter((one) => one === member)).toHaveLength(3);
      }),
    );
  });
});

describe('groups', () => {
  test('one group per ShareName and filter', () => {
    const shared = new SharedSubscriptions<string>();
    const first = shared.join('x', 'a/b', 'client 1', 'subscription 1');
    expect(first).toMatchObject({ created: true, previous: undefined });
    const second = shared.join('x', 'a/b', 'client 2', 'subscription 2');
    expect(second).toMatchObject({ created: false, previous: undefined });
    expect(second.group).toBe(first.group);
    expect(shared.join('y', 'a/b', 'client 1', 'subscription 3').group).not.toBe(first.group);
    expect(shared.join('x', 'a', 'client 1', 'subscription 4').group).not.toBe(first.group);
    expect(shared.size).toBe(3);
  });

  test('the last member takes the group with it', () => {
    const shared = new SharedSubscriptions<string>();
    const { group } = shared.join('x', 'a/b', 'client 1', 'subscription 1');
    shared.join('x', 'a/b', 'client 2', 'subscription 2');
    expect(shared.leave('x', 'a/b', 'client 3')).toEqual({ previous: undefined });
    expect(shared.leave('x', 'other', 'client 1')).toEqual({ previous: undefined });
    expect(shared.leave('x', 'a/b', 'client 1')).toEqual({ previous: 'subscription 1' });
    expect(shared.leave('x', 'a/b', 'client 2')).toEqual({ previous: 'subscription 2', emptied: group });
    expect(shared.find('x', 'a/b')).toBeUndefined();
  });
});
