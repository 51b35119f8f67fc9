/** Packets to bytes and back. */
import { encodePacket, PacketReader, type PublishPacket, TopicNameCache } from '@petrel/protocol';
import { type MicroPlan, type MicroResult, measure } from './measure.js';

const plain: PublishPacket = {
  type: 'publish',
  topicName: 'site/17/floor/3/room/12/temperature',
  payload: new Uint8Array(64).fill(120),
  qos: 1,
  retain: false,
  dup: false,
  packetIdentifier: 7,
  properties: {},
};

const request: PublishPacket = {
  ...plain,
  properties: {
    payloadFormatIndicator: 1,
    messageExpiryInterval: 60,
    contentType: 'application/json',
    responseTopic: 'replies/0123456789abcdef',
    correlationData: new Uint8Array(16),
    userProperties: [
      ['traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
      ['tenant', 'benchmark'],
    ],
  },
};

const perChunk = 100;

/** Encoding and decoding a PUBLISH, in both versions, with and without properties. */
export function measureCodec(plan?: MicroPlan): MicroResult[] {
  const cases = [
    ['MQTT 3.1.1', plain, 4],
    ['MQTT 5', plain, 5],
    ['MQTT 5 with properties', request, 5],
  ] as const;
  return cases.flatMap(([name, packet, version]) => {
    const encode = measure(
      `encode PUBLISH, ${name}`,
      1000,
      (count) => {
        let bytes = 0;
        for (let index = 0; index < count; index++) bytes += encodePacket(packet, version).length;
        return bytes;
      },
      plan,
    );
    const chunk = Buffer.concat(Array.from({ length: perChunk }, () => encodePacket(packet, version)));
    const reader = new PacketReader({
      sender: 'client',
      protocolVersion: version,
      topicNames: new TopicNameCache(),
    });
    const decode = measure(
      `decode PUBLISH, ${name}`,
      10 * perChunk,
      (count) => {
        let bytes = 0;
        for (let index = 0; index < count; index += perChunk) {
          reader.push(chunk);
          for (let found = reader.next(); found !== undefined; found = reader.next())
            bytes += found.type === 'publish' ? found.payload.length : 0;
        }
        return bytes;
      },
      plan,
    );
    const frames = measure(
      `find the end of a PUBLISH, ${name}`,
      10 * perChunk,
      (count) => {
        let bytes = 0;
        for (let index = 0; index < count; index += perChunk) {
          reader.push(chunk);
          while (reader.nextFrame()) bytes += reader.frameEnd;
        }
        return bytes;
      },
      plan,
    );
    return [encode, decode, frames];
  });
}
