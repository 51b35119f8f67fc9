/** What is measured of a client. */

/** What is published to the sink, and what comes from the source. */
export const topicName = 'devices/4711/temperature';
/** What is published here comes back to whoever subscribes to it. */
export const echoTopicName = 'devices/4711/echo';
/** Bytes of every payload; the first four are the number of the message. */
export const payloadBytes = 64;

/** One way to use a client. */
export interface ClientScenario {
  readonly name: string;
  readonly title: string;
  readonly protocolVersion: 4 | 5;
  readonly qos: 0 | 1 | 2;
  /** `publish`: into a sink; `receive`: from a source; `echo`: publish and get back. */
  readonly direction: 'publish' | 'receive' | 'echo';
  /** Messages that the program has on their way at the same time. */
  readonly window: number;
}

const versionNames = { 4: 'MQTT 3.1.1', 5: 'MQTT 5' } as const;

/** All of them. */
export const clientScenarios: readonly ClientScenario[] = ([4, 5] as const).flatMap((protocolVersion) => [
  ...([0, 1, 2] as const).map((qos) => scenario('publish', qos, protocolVersion, 1_000)),
  ...([0, 1, 2] as const).map((qos) => scenario('receive', qos, protocolVersion, 1_000)),
  scenario('publish', 1, protocolVersion, 10_000),
  scenario('echo', 0, protocolVersion, 10_000),
]);

function scenario(
  direction: ClientScenario['direction'],
  qos: ClientScenario['qos'],
  protocolVersion: ClientScenario['protocolVersion'],
  window: number,
): ClientScenario {
  const many = window > 1_000 ? '-10000' : '';
  return {
    name: `${direction}-qos${qos}${many}-v${protocolVersion}`,
    title: `${direction}, QoS ${qos}, ${versionNames[protocolVersion]}${direction === 'receive' ? '' : `, ${window} in flight`}`,
    protocolVersion,
    qos,
    direction,
    window,
  };
}
