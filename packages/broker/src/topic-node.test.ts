import { expect, test } from 'vitest';
import { TopicNode } from './topic-node.js';

function levelsOf(node: TopicNode<number>): string[] {
  const levels: string[] = [];
  const entries = node.entries();
  for (let next = entries.next(); !next.done; next = entries.next()) levels.push(next.value[0]);
  return levels;
}

test('holds none, one and several children alike', () => {
  const node = new TopicNode<number>();
  expect(node.isEmpty).toBe(true);
  expect(node.child('a')).toBeUndefined();
  const a = node.ensureChild('a');
  expect(node.ensureChild('a')).toBe(a);
  expect(levelsOf(node)).toEqual(['a']);
  const empty = node.ensureChild('');
  expect(node.child('a')).toBe(a);
  expect(node.child('')).toBe(empty);
  expect(levelsOf(node)).toEqual(['a', '']);
  node.removeChild('a');
  expect(node.child('a')).toBeUndefined();
  expect(node.isEmpty).toBe(false);
  node.removeChild('');
  expect(node.isEmpty).toBe(true);
});

test('an only child of the empty level is told from no child', () => {
  const node = new TopicNode<number>();
  const child = node.ensureChild('');
  expect(node.child('')).toBe(child);
  node.removeChild('a');
  expect(node.child('')).toBe(child);
  node.removeChild('');
  expect(node.child('')).toBeUndefined();
});
