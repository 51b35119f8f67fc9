/**
 * What the abuse tests share: a client that is connected to a hostile server, with a message and a subscription on their way, and a look at
 * whether it still serves its program afterwards: on the same connection where that was kept, else on the next one.
 */
import { expect } from 'vitest';
import type { Client } from '../client.js';
import type { ClientOptions } from '../options.js';
import { answer, connack, publish, ScriptedServer, settled, suback } from '../scripted-server.suite.js';

/** A client under attack. */
export interface AttackedClient {
  readonly server: ScriptedServer;
  readonly client: Client;
  readonly peer: Awaited<ReturnType<ScriptedServer['accept']>>;
  /** The Packet Identifiers of what waits for an answer. */
  readonly asked: { readonly publish: number; readonly subscribe: number };
  /** Errors that the client told its program. */
  readonly errors: Error[];
  /** Fails unless the connection ended, with this Reason Code for a server of MQTT 5. */
  assertRefuses(reasonCode?: number): Promise<void>;
  /** Fails unless everything that was on its way arrives, a message comes in, and `close` leaves nothing. `sentFails`: with this code. */
  assertServes(expected?: { readonly sentFails?: string }): Promise<void>;
}

/** Connects the client; `subscribe('wanted')` and `publish('sent')` at QoS 1 have left and are not answered yet. */
export async function openAttackedClient(options: Partial<ClientOptions> = {}): Promise<AttackedClient> {
  const server = new ScriptedServer();
  const { client, peer } = await server.connected({ protocolVersion: 5, ...options });
  const errors: Error[] = [];
  const heard: string[] = [];
  client.on('error', (error) => errors.push(error));
  const subscribed = client.subscribe('wanted', { qos: 1 }, (message) => void heard.push(message.text()));
  const sent = client.publish('sent', 'by the program', { qos: 1 });
  // Looked at by assertServes; it may fail before that.
  sent.catch(() => {});
  const subscribe = await peer.receive('subscribe');
  const published = await peer.receive('publish');

  const assertRefuses = async (reasonCode?: number) => {
    const left = await peer.closed();
    const last = left.at(-1);
    if (reasonCode !== undefined) expect(last).toMatchObject({ type: 'disconnect', reasonCode });
  };

  const assertServes = async ({ sentFails }: { readonly sentFails?: string } = {}) => {
    await settled();
    let serving = peer;
    if (peer.isClosed) {
      if (server.waiting === 0) server.clock.advance(60_000);
      serving = await server.accept();
      await serving.receive('connect');
      serving.send(connack());
    } else {
      serving.send(suback(subscribe), answer('puback', published.packetIdentifier));
    }
    let isSettled = false;
    const sentAsExpected =
      sentFails === undefined ? sent : expect(sent).rejects.toMatchObject({ code: sentFails });
    const all = Promise.all([subscribed, sentAsExpected]).finally(() => {
      isSettled = true;
    });
    for (let turn = 0; !isSettled && turn < 1_000; turn++) {
      for (let left = serving.unread.length; left > 0; left--) {
        const packet = await serving.receive();
        if (packet.type === 'publish') serving.send(answer('puback', packet.packetIdentifier));
        if (packet.type === 'subscribe') serving.send(suback(packet));
      }
      await settled();
    }
    expect(isSettled, 'what was on its way arrived').toBe(true);
    await all;
    serving.send(
      publish({ topicName: 'wanted', qos: 1, packetIdentifier: 77, payload: Buffer.from('news') }),
    );
    expect(await serving.receive('puback')).toMatchObject({ packetIdentifier: 77, reasonCode: 0 });
    expect(heard).toContain('news');
    const closed = client.close();
    await serving.receive('disconnect');
    await serving.closed();
    serving.end();
    await closed;
    expect(client.pending).toEqual({ waiting: 0, inFlight: 0 });
    expect(server.clock.pending).toBe(0);
  };

  return {
    server,
    client,
    peer,
    asked: { publish: published.packetIdentifier, subscribe: subscribe.packetIdentifier },
    errors,
    assertRefuses,
    assertServes,
  };
}

/** A text of MQTT: two bytes of length, then the bytes. */
export function field(bytes: string | readonly number[]): number[] {
  const content = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  return [content.length >> 8, content.length & 0xff, ...content];
}

/** A packet by hand: first byte, Remaining Length, body. */
export function packetOf(firstByte: number, ...parts: readonly (readonly number[])[]): Uint8Array {
  const body = parts.flat();
  const length: number[] = [];
  let rest = body.length;
  do {
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Uint8Array.from([firstByte, ...length, ...body]);
}
