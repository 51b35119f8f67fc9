/** The way that a message has come, in its User Properties: so that it never comes through the same bridge twice. */
import type { UserProperties } from '@petrel/protocol';

/** One for each bridge that a message has passed, oldest first; its value is the bridge's name. */
export const hopProperty = 'petrel-bridge';

/** Whether a bridge must leave the message alone: it has carried it before, or too many others have. */
export function isLoop(properties: UserProperties | undefined, name: string, maximumHops: number): boolean {
  let hops = 0;
  for (const [key, value] of properties ?? []) {
    if (key !== hopProperty) continue;
    hops++;
    if (value === name || hops >= maximumHops) return true;
  }
  return false;
}

/** The same User Properties and one hop more. */
export function withHop(properties: UserProperties | undefined, name: string): UserProperties {
  return [...(properties ?? []), [hopProperty, name]];
}
