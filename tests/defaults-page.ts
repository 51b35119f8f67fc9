/** The page of defaults: every setting that has one, from the rules of the configuration, with the reason why nobody is harmed by leaving it alone. */
import type { ObjectRule, Rule } from '../packages/cli/src/configuration/rule.js';

/** Why a default is safe, by the place of the setting; the variants of a listener share theirs. */
export const reasons: Readonly<Record<string, string>> = {
  listeners: 'One listener on this machine alone, port 1883: nobody else is there before somebody says so.',
  allowAnonymous: 'A listener that others reach does not open before there is authentication, or this word.',
  authentication: 'None, and then nobody from outside can connect at all.',
  access:
    'None on this machine alone. A listener that others reach does not open without it, unless everybody is let in anyway.',
  'access.default': 'What no rule allows is denied; a rule that denies wins over all others.',
  dataFolder: 'Nothing is written to a disk that nobody named.',
  durability: 'Acknowledged means that a loss of power does not take it.',
  sysTopicsIntervalMs:
    'The topics tell figures of the broker, never of a client; rules keep them from whom they do not name.',
  'log.level': 'Faults are told; payloads, passwords and tokens never are, at any level.',
  'log.format': 'The same lines in another form; neither has a secret in it.',
  'listeners.host': 'Only this machine reaches it.',
  'listeners.requestCert':
    'Clients prove themselves by what `authentication` says; with it, a certificate that cannot be verified ends the handshake.',
  'listeners.minVersion':
    'TLS 1.0 and 1.1 are broken and off; 1.2 stays for devices that will never know 1.3.',
  'listeners.proxies': 'Nobody is believed who says that he speaks for another address.',
  'listeners.origins': 'Pages of other hosts cannot use the browser of somebody who reaches the broker.',
  'authentication.jwt.algorithms':
    'Public keys only: nobody can sign with what he verifies with, and `none` is no algorithm.',
  'authentication.jwt.nameClaim': 'The claim that the standard has for it. A token without it is refused.',
  'authentication.jwt.clockTolerance':
    'Enough for clocks that are kept by NTP; a token lives no longer by it.',
  'authentication.webhook.timeoutMs':
    'A service that hangs holds up the clients that it is asked about, within their own connect timeout.',
  'authentication.webhook.cacheMs':
    'A minute late is what a revoked login may be; the key has the password, the Client Identifier and the address in it.',
  'authentication.webhook.maximumFailures':
    'A service that is away is not asked for every client that comes back; meanwhile nobody comes in.',
  'authentication.webhook.openForMs': 'One question every ten seconds finds out that it is back.',
  'authentication.certificate.name':
    'One name, taken as it is; a certificate with none or two of them is nobody.',
  tracing: 'Nobody is told topics and Client Identifiers before somebody says so; payloads never are.',
  'tracing.serviceName': 'A name.',
  'tracing.sampleOneIn': 'What it costs is felt in few messages.',
  'tracing.maximumMessagesPerSecond':
    'Publishers may ask for spans of every message; they cost no more than those of so many.',
  admin: 'Nobody can look at the broker or steer it over HTTP before somebody says so.',
  'admin.port': 'The usual one; `admin` as a whole is off by default.',
  'admin.host': 'Only this machine reaches it; a token is needed there too.',
  'admin.publicMetrics': 'Figures need the token like everything else.',
  health: 'Off; whoever reaches it learns whether the broker is well and nothing else.',
  'health.port': 'The usual one; `health` as a whole is off by default.',
  'health.host': 'Only this machine reaches it.',
  'bridges.keepAlive': 'A broker on the other side that is gone is missed within a minute and a half.',
  'bridges.topics.direction': 'Nothing from the other side comes in before somebody says so.',
  'bridges.topics.qos':
    'No message is lost on the way. One may come twice where a connection breaks, as with QoS 1 everywhere.',
  'limits.maximumPacketSizeBytes': 'A client can make the broker hold 2 MiB before it knows what they are.',
  'limits.maximumPacketSizeBeforeConnectBytes': 'A stranger can make it hold 64 KiB.',
  'limits.receiveMaximum': 'Bounds what one client has in flight towards the broker.',
  'limits.topicAliasMaximum': 'Bounds the names that the broker remembers for one connection.',
  'limits.maximumQoS': 'All of the standard: what it costs is bounded by other limits.',
  'limits.retainAvailable': 'Bounded by `limits.retained`, and by rules.',
  'limits.wildcardSubscriptionAvailable':
    'Rules decide who may subscribe to what; a wildcard gets nobody further.',
  'limits.sharedSubscriptionAvailable':
    'The rules are asked about the filter behind `$share/`; where anything in it is denied, all of it is.',
  'limits.subscriptionIdentifiersAvailable': 'A few bytes for each subscription.',
  'limits.maximumKeepAlive':
    'Off, as devices that sleep for hours ask for it. A peer that is gone without a word is asked for by TCP after nine hours of silence.',
  'limits.maximumSessionExpiryInterval': 'A client that never comes back is forgotten after a week.',
  'limits.connectTimeoutMs':
    'Who connects and says nothing is cut off; the handshakes of TLS and WebSocket count.',
  'limits.maximumAuthenticationRounds': 'An exchange that does not end is ended.',
  'limits.maximumConnections': 'A flood ends at a number that a small machine holds.',
  'limits.maximumPendingConnections':
    'Who says nothing gives way to who says CONNECT, long before the places are taken.',
  'limits.maximumConnectionsPerAddress':
    'Off, as many clients may stand behind one address; the bound on pending connections holds for strangers.',
  'limits.maximumConnectionsPerPrincipal':
    'Off, as many devices may share a name; set it where each has its own.',
  'limits.connectionsPerSecond': 'Off, as the lag of the event loop says more: above it newcomers wait.',
  'limits.connectionsPerSecondPerAddress':
    'Off, as many clients may come back from behind one address at once.',
  'limits.publishMessagesPerSecond': 'Off: receivers that lag slow their publishers down anyway.',
  'limits.bytesPerSecond': 'Off, for the same reason.',
  'limits.admissionLagMs': 'Clients that are in are served before others come in.',
  'limits.sheddingLagMs':
    'A broker that falls behind drops what nobody waits for, and keeps its word on the rest.',
  'limits.maximumTopicBytes': 'What MQTT allows; what many of them cost is in maximumMemoryBytes.',
  'limits.slowReceiverGraceMs':
    'Enough for a receiver that reads; those that never do hold up nobody for more than a two hundredth of the time.',
  'limits.maximumOutboundBytes': 'Many slow readers cost no more than this; each may still have 64 KiB.',
  'limits.maximumUnfinishedBytes': 'Half packets of all clients cost no more than this.',
  'limits.maximumInFlightBytes': 'A client that acknowledges nothing costs this, and its queue.',
  'limits.maximumMemoryBytes':
    'The bounds of single clients multiply; this is the sum of what all of them make the broker keep. What it writes down about messages that did not arrive is a 32nd part of it at most, besides 1,216 bytes for each session.',
  'limits.maximumSessions': 'Sessions that nobody comes back to are bounded in number as well as in time.',
  'limits.maximumSubscriptionsPerSession': 'Bounds what one client puts into the subscription tree.',
  'limits.maximumTopicLevels': 'Bounds the depth of all trees; no recursion follows a topic.',
  'limits.maximumUserProperties': 'Bounds what one packet can carry besides its payload.',
  'limits.outboundHighWaterMarkBytes':
    'A client that does not read costs 1 MiB, and slows down whoever feeds it.',
  'limits.sessionQueue.maximumMessages': 'Bounds what waits for one client that is away.',
  'limits.sessionQueue.maximumBytes': 'The same in bytes.',
  'limits.sessionQueue.maximumAgeMs':
    'Off: messages that publishers gave no expiry wait as long as the session.',
  'limits.sessionQueue.overflow': 'One client that is away harms nobody else: its own oldest messages go.',
  'limits.retained.maximumMessages': 'Bounds what all clients together can leave behind.',
  'limits.retained.maximumBytes': 'The same in bytes.',
  'limits.dataFolder.maximumMessages': 'Bounds the index that is in memory.',
  'limits.dataFolder.maximumBytes': 'Bounds the disk.',
  'limits.dataFolder.minimumFreeBytes':
    'The broker stops taking in before the disk is full, and other programs go on.',
};

/** One setting with a default. */
export interface DefaultSetting {
  readonly path: string;
  readonly fallback: unknown;
}

/** All of them, once each, in the order of the file. */
export function defaultsOf(rule: Rule, path: readonly string[] = []): DefaultSetting[] {
  const found = new Map<string, unknown>();
  const visit = (each: Rule, at: readonly string[]): void => {
    if (each.default !== undefined) found.set(at.join('.'), each.default);
    if (each.kind === 'object') {
      for (const [name, field] of Object.entries(each.fields)) visit(field, [...at, name]);
    } else if (each.kind === 'list') visit(each.item, at);
    else if (each.kind === 'map') visit(each.value, at);
    else if (each.kind === 'choice') {
      for (const [name, variant] of Object.entries(each.variants))
        visit(variant, at[0] === 'listeners' ? at : [...at, name]);
    }
  };
  visit(rule, path);
  return [...found].map(([setting, fallback]) => ({ path: setting, fallback }));
}

/** The tables of the page. */
export function defaultsMarkdown(rule: ObjectRule): string {
  const withDefault = defaultsOf(rule);
  // What has no value in its place is a default too, where somebody might fear it.
  const without = Object.keys(reasons).filter((path) => !withDefault.some((each) => each.path === path));
  const rows = [...without.map((path) => ({ path, fallback: undefined })), ...withDefault];
  return [...grouped(rows)]
    .map(([section, settings]) => {
      const lines = settings.map(
        ({ path, fallback }) =>
          `| \`${path}\` | ${valueText(fallback)} | ${reasons[path] ?? 'A bound where there was none.'} |`,
      );
      return [
        `## ${titles[section] ?? `\`${section}\``}`,
        '',
        '| setting | default | why it is safe |',
        '|---|---|---|',
        ...lines,
      ].join('\n');
    })
    .join('\n\n');
}

const titles: Readonly<Record<string, string>> = { '': 'The broker itself' };

function sectionOf({ path }: DefaultSetting): string {
  return path.includes('.') ? (path.split('.', 1)[0] as string) : '';
}

function grouped(rows: readonly DefaultSetting[]): Map<string, DefaultSetting[]> {
  const groups = new Map<string, DefaultSetting[]>();
  for (const row of rows) groups.set(sectionOf(row), [...(groups.get(sectionOf(row)) ?? []), row]);
  return groups;
}

function valueText(fallback: unknown): string {
  if (fallback === undefined) return 'none';
  return `\`${typeof fallback === 'number' ? fallback.toLocaleString('en') : String(fallback)}\``;
}
