/** Says why a client may do something or not, in the order in which a broker decides. */
import { parseTopicFilter } from '@petrel/protocol';
import { isReserved } from '../access-control.js';
import type { Client } from '../hooks.js';
import { AccessPolicy } from './access-policy.js';
import type { AccessAction, AccessExplanation, AccessOptions } from './access-rules.js';

/** A question; `topic` is a Topic Filter, also one with `$share/ShareName/`, where the action is `subscribe`, else a Topic Name. */
export interface AccessQuestion {
  readonly client: Partial<Client>;
  readonly action: AccessAction;
  readonly topic: string;
}

/** Explains what rules say, without hooks. Throws UsageError for rules, and TopicError for a filter, that are none. */
export function explainAccess(
  options: AccessOptions | undefined,
  { client, action, topic }: AccessQuestion,
): AccessExplanation {
  if (action === 'publish' && isReserved(topic))
    return { allowed: false, rule: undefined, reason: 'the topic is reserved for the broker' };
  if (options === undefined) return { allowed: true, rule: undefined, reason: 'there are no rules' };
  const view = new AccessPolicy(options).viewOf({
    clientIdentifier: '',
    principal: undefined,
    userName: client.principal?.name,
    protocolVersion: 5,
    transport: 'tcp',
    remoteAddress: undefined,
    peerCertificate: undefined,
    ...client,
  });
  if (action !== 'subscribe') return view.explain(action, topic);
  const { topicFilter, shareName } = parseTopicFilter(topic);
  return view.explainSubscribe(topicFilter, shareName !== undefined);
}
