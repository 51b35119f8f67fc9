/** What one client publishes to one topic at one QoS comes in the order in which the broker got it [MQTT-4.6.0-5] [MQTT-4.6.0-6]. */
import type { Checker } from './checker.js';

/** Nothing new comes behind something newer. */
export const order: Checker = {
  name: 'order',
  check({ takes, book }) {
    const wrong: string[] = [];
    for (const [session, taken] of takes) {
      if (!session.isUnderstood) continue;
      const latest = new Map<string, { position: number; message: string }>();
      const seen = new Set<string>();
      for (const { message, topicName, qos } of taken) {
        const publication = book.publications.get(message);
        // A Shared Subscription gives the messages of a member that is gone to the others, late.
        if (publication === undefined || topicName.startsWith('s/') || seen.has(`${message} ${qos}`))
          continue;
        // What was retained before somebody subscribed is not part of the stream.
        if (book.matching(session, topicName).some(({ from }) => from > publication.position)) continue;
        // Only the first copy counts: one that is repeated after a lost connection comes late by definition.
        seen.add(`${message} ${qos}`);
        const line = `${publication.client} ${topicName} ${qos} ${publication.qos}`;
        const former = latest.get(line);
        if (former !== undefined && former.position > publication.lastPosition)
          wrong.push(
            `${session.client} got ${message} behind ${former.message}, on ${topicName} at QoS ${qos}`,
          );
        else latest.set(line, { position: publication.position, message });
      }
    }
    return wrong;
  },
};
