/** Messages as JSON: with the words of the standard for `--json`, with those of mosquitto_sub for `%j` and `%J`. */
import type { Message } from '@petrel/client';
import { timePart } from './time-part.js';

/** One object; a payload that is no UTF-8 is in `payloadBase64`. */
export function messageJson(message: Message, { pretty }: { readonly pretty: boolean }): string {
  const { topicName, payload, qos, retain, dup, properties } = message;
  const { correlationData, ...others } = properties;
  return JSON.stringify(
    {
      topicName,
      ...payloadMember(payload),
      qos,
      retain,
      dup,
      properties: {
        ...others,
        ...(correlationData && { correlationData: Buffer.from(correlationData).toString('base64') }),
      },
    },
    undefined,
    pretty ? 2 : undefined,
  );
}

/** As mosquitto_sub names the members; with `asValue` a payload that is JSON stands there itself, and any other as a string. */
export function jsonOf(message: Message, now: number, asValue: boolean): string {
  const { topicName, payload, qos, retain, packetIdentifier } = message;
  const time = `${timePart('F', now)}T${timePart('T', now)}.${timePart('N', now)?.slice(0, 6)}${timePart('z', now)}`;
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(payload);
  return JSON.stringify({
    tst: time,
    topic: topicName,
    qos,
    retain: retain ? 1 : 0,
    payloadlen: payload.length,
    ...(qos > 0 && { mid: packetIdentifier }),
    payload: asValue ? parsedOr(text) : text,
  });
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function payloadMember(payload: Uint8Array): { payload: string } | { payloadBase64: string } {
  try {
    return { payload: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload) };
  } catch {
    return { payloadBase64: Buffer.from(payload).toString('base64') };
  }
}
