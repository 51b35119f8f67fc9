/** Random strings, topics and bytes for property tests. */
import fc from 'fast-check';

/** Any text that MQTT can carry: all of Unicode but U+0000 and surrogates. */
export const anyText = fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.replaceAll('\0', ''));

export const anyBytes = fc.uint8Array({ maxLength: 24 });

const level = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom('', 'a', 'b', 'room', '$SYS', '$share', 'é', '雨', '😀', '\uFEFF', ' '),
  },
  { weight: 1, arbitrary: anyText.map((text) => text.replaceAll(/[+#/]/g, '')) },
);

export const anyTopicName = fc
  .array(level, { minLength: 1, maxLength: 5 })
  .map((levels) => levels.join('/'))
  .filter((topicName) => topicName.length > 0);

/** A Topic Filter that belongs to no Shared Subscription. */
export const anyPlainFilter = fc
  .tuple(
    fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 5 }),
    fc.constantFrom('', '/#', '#'),
  )
  .map(([levels, end]) => (end === '#' ? '#' : levels.join('/') + end))
  .filter((filter) => filter.length > 0 && filter !== '$share' && !filter.startsWith('$share/'));

export const anyShareName = fc.constantFrom('g', 'group 1', '$', 'é', '😀');

export const anySharedFilter = fc
  .tuple(anyShareName, anyPlainFilter)
  .map(([shareName, filter]) => `$share/${shareName}/${filter}`);

export const anyTopicFilter = fc.oneof(
  { weight: 4, arbitrary: anyPlainFilter },
  { weight: 1, arbitrary: anySharedFilter },
);
