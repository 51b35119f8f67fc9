/** The section `authentication`: how a broker finds out who a client is. */
import { choice, integer, list, object, oneOf, path, required, text } from './rule.js';

const milliseconds = { minimum: 0, maximum: 86_400_000, unit: 'milliseconds' } as const;

const method = choice('One way to know a client.', 'type', {
  'password-file': object('User Name and Password, against a file that `petrel passwd` writes.', {
    file: required(path('Lines of `name:$scrypt$…`.')),
  }),
  scram: object(
    'SCRAM-SHA-256 by the enhanced authentication of MQTT 5: the password never travels. Beside the others, in no order: a client names it.',
    {
      file: required(path('The password file, with the users that `petrel passwd --scram` wrote.')),
      secretFile: path(
        'At least 16 bytes that the salts of unknown users are made from; give the same to every broker that knows the same users. Default: made from the first user of the file.',
      ),
    },
  ),
  jwt: object('JSON Web Tokens in the Password. Its claim `exp` ends the connection.', {
    keysFile: path('Public keys, as a JSON Web Key Set. Either this or `keysUrl`.'),
    keysUrl: text(
      'Where the JSON Web Key Set is: https, or http to this machine; read again every ten minutes, and when a token names a key that is not in it, but not within 30 seconds.',
      webAddress(),
    ),
    issuer: text('Who must have issued a token: the claim `iss`. Default: anybody whose key is in the set.'),
    audience: required(text('Whom a token must be for: the claim `aud`.')),
    algorithms: list(
      'Default: all of these.',
      oneOf('An algorithm with public keys.', [
        ...(['ES256', 'ES384', 'ES512', 'EdDSA'] as const),
        ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
      ]),
    ),
    nameClaim: text('The claim that is the name of the principal.', { default: 'sub' }),
    groupsClaim: text('The claim with the groups of the principal, a list of texts. Default: none.'),
    clockTolerance: integer('How far clocks may differ.', {
      minimum: 0,
      maximum: 300,
      unit: 'seconds',
      default: 5,
    }),
  }),
  webhook: object(
    'Asks an HTTP service, with POST: `{ clientIdentifier, userName, password, protocolVersion, transport, remoteAddress, certificateNames }`. It answers 200 with `{ "result": "allow" or "deny" or "next", "name", "groups", "expiresAt" }`; anything else refuses.',
    {
      url: required(text('https, or http to this machine.', webAddress())),
      tokenFile: path(
        'File with the token that is sent as `Authorization: Bearer …`; a line end is ignored.',
      ),
      timeoutMs: integer('For one answer.', { ...milliseconds, minimum: 1, default: 5_000 }),
      cacheMs: integer(
        'How long an answer is good for the same credentials from the same address; 0 = once.',
        {
          ...milliseconds,
          default: 60_000,
        },
      ),
      maximumFailures: integer('Failures in a row after which it is left alone for a while.', {
        minimum: 1,
        maximum: 1_000,
        default: 5,
      }),
      openForMs: integer('How long that while is; clients are refused with 0x88 then.', {
        ...milliseconds,
        default: 10_000,
      }),
    },
  ),
  certificate: object('The client certificate of a listener with `requestCert`.', {
    name: oneOf(
      'Which name in it is that of the principal; one that is missing or comes twice refuses.',
      ['common-name', 'dns', 'uri', 'email'],
      'common-name',
    ),
    names: list(
      'Names that are let in. Default: every certificate that the authorities of the listener signed.',
      text('A name.'),
    ),
  }),
  module: object('A function of your own.', {
    file: required(
      path(
        'An ECMAScript module; its default export gets the request and answers as an `Authenticator` of `@petrel/broker` does. Read once: a change of it needs a restart.',
      ),
    ),
  }),
});

/** The ordered chain. */
export const authenticationRule = list(
  'How clients are known, in order: the first that knows a client decides. Default: not at all, and then only this machine is listened to.',
  method,
  { maximumItems: 16 },
);

function webAddress() {
  return { pattern: /^https?:\/\/\S+$/, form: 'an http or https URL' };
}
