/** The section `access`: who may do what. What rules mean is told at AccessRule of the broker. */
import { boolean, list, map, object, oneOf, required, text } from './rule.js';

function actions(description: string) {
  return list(description, oneOf('An action.', ['publish', 'subscribe', 'receive']));
}

function names(description: string) {
  return list(description, text('A name.'));
}

const rule = object(
  'One rule. Every condition that is given has to hold, each by one of its values; without conditions it is for everybody.',
  {
    allow: actions(
      'What is allowed; a rule has either this or `deny`. `subscribe` is asking for topics and getting their messages, `receive` only the latter.',
    ),
    deny: actions('What is denied, whatever other rules allow.'),
    topics: required(
      list(
        'Topic Filters; `%u` stands for the principal, `%c` for the Client Identifier, `%%` for a percent sign. A name with a wildcard or a slash in it fills no placeholder. Topics that begin with `$` need a filter that names them so.',
        text('A Topic Filter.'),
      ),
    ),
    users: names('Names of principals.'),
    groups: names('Groups, from `access.groups` or from a token.'),
    anonymous: boolean(
      '`true`: clients without principal only; `false`: those with one only. Default: both.',
      undefined,
    ),
    clientIdentifiers: list('A `*` at the end stands for any rest.', text('A Client Identifier.')),
    addresses: list('Addresses or networks such as `10.0.0.0/8`.', text('An address.')),
    certificates: names('Names in the client certificate, compared as they are.'),
  },
);

/** All of it. */
export const accessRule = object(
  'Who may do what. A listener that other machines reach needs it, unless `allowAnonymous` opens the broker to everybody anyway.',
  {
    default: oneOf('What holds where no rule speaks.', ['deny', 'allow'], 'deny'),
    groups: map('Names of principals by group.', names('The names.')),
    rules: list('In any order: a rule that denies always wins.', rule, { maximumItems: 10_000 }),
  },
);
