/** How values and names appear in the messages about a configuration. */
import { editDistance } from '../edit-distance.js';

/** Shows a value, shortened. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 79)}…` : value);
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a set of named values' : String(value);
}

/** The known name that is nearest to one that does not exist; undefined where none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const [nearest] = known
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  if (nearest === undefined) return undefined;
  return nearest.distance <= Math.max(2, Math.floor(name.length / 3)) ? nearest.candidate : undefined;
}
