/** The section `bridges`: which other brokers messages are carried to and from. What rules mean is told in the guide to bridges. */
import { integer, list, object, oneOf, path, required, text } from './rule.js';

const prefix = (side: string) =>
  text(`Put before the topic on ${side}, without wildcards. Default: nothing.`, {
    pattern: /^[^+#]+$/,
    form: 'text without wildcards',
  });

const topic = object(
  'Messages under `localPrefix` and `filter` here are messages under `remotePrefix` and `filter` there.',
  {
    filter: text('Topic Filter without the prefixes. Without it, exactly the topics that the prefixes name.'),
    direction: oneOf('`out` carries from here to there.', ['out', 'in', 'both'], 'out'),
    qos: oneOf('The highest QoS of what is carried.', [0, 1, 2], 1),
    localPrefix: prefix('this side'),
    remotePrefix: prefix('the other side'),
  },
);

const bridge = object('One other broker.', {
  name: required(
    text(
      'Unique among all bridges that a message may pass. It is the Client Identifier on both sides, and here the principal `bridge:` and the name, which may do what `topics` say unless `access` denies it.',
      { pattern: /^[^/+#%:\s]{1,64}$/, form: '1–64 characters without / + # % : and spaces' },
    ),
  ),
  url: required(
    text('The other broker.', {
      pattern: /^(mqtts?|wss?):\/\/\S+$/,
      form: 'an mqtt, mqtts, ws or wss URL',
    }),
  ),
  userName: text('User Name on the other side.'),
  passwordFile: path('File with the Password for the other side; a line end is ignored.'),
  ca: path(
    'Authorities that sign the certificate of the other side, in PEM. Default: those that Node trusts.',
  ),
  cert: path('Client certificate in PEM. Needs `key`.'),
  key: path('Private key of the client certificate in PEM. Needs `cert`.'),
  keepAlive: integer('0 = none.', { minimum: 0, maximum: 65_535, unit: 'seconds', default: 60 }),
  topics: required(list('What is carried.', topic, { maximumItems: 1_000 })),
});

/** All of them. */
export const bridgesRule = list(
  'Other brokers that messages are carried to and from. What waits for one that is away waits in a session here.',
  bridge,
  { maximumItems: 32 },
);
