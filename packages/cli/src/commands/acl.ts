/** `petrel acl`: asks the rules of a configuration, without a broker. */
import type { PeerCertificate } from 'node:tls';
import { type AccessAction, type Client, explainAccess } from '@petrel/broker';
import { assertTopicFilter, assertTopicName, UsageError } from '@petrel/protocol';
import { type Command, readOperands } from '../command.js';
import { loadConfiguration } from '../configuration/load.js';
import { readArguments } from '../read-arguments.js';

const options = {
  config: { type: 'string', short: 'c' },
  user: { type: 'string' },
  group: { type: 'string', multiple: true },
  'client-identifier': { type: 'string', short: 'i' },
  address: { type: 'string' },
  certificate: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const actions: readonly AccessAction[] = ['publish', 'subscribe', 'receive'];

/** The command `acl`. */
export const aclCommand: Command = {
  summary: 'tell whether a client may do something, and why',
  options,
  values: { config: 'file' },
  actions: ['test'],
  operands: actions,
  help: `petrel acl test [options] publish|subscribe|receive <topic>

Asks the rules in the section "access" of a configuration, as a broker with it would, and names the rule that decides.
Exit code 0: allowed; 1: denied.

  -c, --config FILE          the configuration (default petrel.yaml)
      --user NAME            the principal of the client (default: none, an anonymous client)
      --group NAME           a group from its token; may be repeated
  -i, --client-identifier ID
      --address ADDRESS      where it comes from
      --certificate NAME     the common name in its certificate
      --json                 one JSON object: { "allowed", "reason", "rule", "line" }`,

  async run(args, terminal) {
    const { values, positionals } = readArguments(args, options);
    const [what, action, topic = ''] = readOperands(positionals, 'test', 'action', 'topic');
    if (what !== 'test') throw new UsageError(`petrel acl wants test, got "${what}"`);
    if (!actions.includes(action as AccessAction))
      throw new UsageError(`<action> must be one of ${actions.join(', ')}, got "${action}"`);
    const file = values.config ?? 'petrel.yaml';
    const { options: brokerOptions, placeOf } = await loadConfiguration({ file, environment: process.env });
    const { access } = brokerOptions;
    if (action === 'subscribe') assertTopicFilter(topic);
    else assertTopicName(topic);
    const question = { client: clientOf(values), action: action as AccessAction, topic };
    const { allowed, rule, reason } = explainAccess(access, question);
    const place = rule === undefined ? undefined : placeOf(['access', 'rules', rule]);
    if (values.json) terminal.out(JSON.stringify({ allowed, reason, rule, line: place?.line }));
    else {
      const where = place?.line === undefined ? '' : `${place.source}:${place.line}: `;
      terminal.out(`${allowed ? 'allowed' : 'denied'}: ${where}${reason}`);
    }
    return allowed ? 0 : 1;
  },
};

interface ClientArguments {
  readonly user?: string | undefined;
  readonly group?: string[] | undefined;
  readonly 'client-identifier'?: string | undefined;
  readonly address?: string | undefined;
  readonly certificate?: string | undefined;
}

function clientOf({ user, group, certificate, ...rest }: ClientArguments): Partial<Client> {
  if (group !== undefined && user === undefined)
    throw new UsageError('option "--group" needs "--user": only a principal has groups');
  return {
    clientIdentifier: rest['client-identifier'] ?? '',
    remoteAddress: rest.address,
    principal: user === undefined ? undefined : { name: user, groups: group },
    peerCertificate:
      certificate === undefined ? undefined : ({ subject: { CN: certificate } } as PeerCertificate),
  };
}
