/** When one Topic Filter makes another one superfluous. Pure. */

/** Tells whether every Topic Name that `inner` matches is matched by `outer` too; `$share/…` is only within itself. */
export function isWithin(inner: string, outer: string): boolean {
  if (inner === outer) return true;
  if (inner.startsWith('$') || outer.startsWith('$')) return false;
  const innerLevels = inner.split('/');
  const outerLevels = outer.split('/');
  for (const [index, level] of outerLevels.entries()) {
    // "a/#" holds "a" as well, so there may be nothing left of the inner filter.
    if (level === '#') return true;
    const other = innerLevels[index];
    if (other === undefined || other === '#') return false;
    if (level !== '+' && level !== other) return false;
  }
  return innerLevels.length === outerLevels.length;
}
