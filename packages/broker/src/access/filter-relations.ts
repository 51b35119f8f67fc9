/** How two Topic Filters lie to each other. Pure; filters are without `$share/…`. */

/** Tells whether every Topic Name that `inner` matches is matched by `outer` too. */
export function covers(outer: string, inner: string): boolean {
  if (hidesDollar(outer) && inner.startsWith('$')) return false; // [MQTT-4.7.2-1]
  const outerLevels = outer.split('/');
  const innerLevels = inner.split('/');
  for (const [index, level] of outerLevels.entries()) {
    // "a/#" matches "a" as well.
    if (level === '#') return true;
    const other = innerLevels[index];
    if (other === undefined || other === '#') return false;
    if (level !== '+' && level !== other) return false;
  }
  return outerLevels.length === innerLevels.length;
}

/** Tells whether there is a Topic Name that both match. */
export function overlap(left: string, right: string): boolean {
  if ((hidesDollar(left) && right.startsWith('$')) || (hidesDollar(right) && left.startsWith('$')))
    return false; // [MQTT-4.7.2-1]
  const a = left.split('/');
  const b = right.split('/');
  for (let index = 0; ; index++) {
    const x = a[index];
    const y = b[index];
    if (x === '#' || y === '#') return true;
    if (x === undefined || y === undefined) {
      // What is left over may only be "/#", which matches its parent.
      return (x ?? y) === undefined;
    }
    if (x !== '+' && y !== '+' && x !== y) return false;
  }
}

function hidesDollar(filter: string): boolean {
  return filter.startsWith('#') || filter.startsWith('+');
}
