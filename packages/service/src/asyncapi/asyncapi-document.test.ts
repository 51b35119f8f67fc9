/** Documents of running services, judged by the parser of the AsyncAPI initiative. */
import { Parser } from '@asyncapi/parser';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineContract, event, request, stream } from '../contracts/contract.js';
import { contracted } from '../contracts/contracted-service.js';
import { FakeNetwork } from '../fake-network.suite.js';
import { Service } from '../service.js';
import { type AsyncApiDocument, asyncApiDocument } from './asyncapi-document.js';

const house = defineContract({
  'climate/average': request({
    summary: 'Average of some rooms',
    input: z.object({ rooms: z.array(z.string()).default([]) }),
    output: toStandardJsonSchema(v.object({ average: v.number() })),
  }),
  'climate/:room/history': stream({ input: z.undefined(), output: type({ celsius: 'number' }) }),
  'sensors/:room/*rest': event({ description: 'As sensors send it.', payload: z.number().min(-40) }),
  notifications: event({ payload: z.object({ text: z.string(), at: z.date() }) }),
});

async function houseService(): Promise<Service> {
  const service = new Service(new FakeNetwork().link(), {
    name: 'climate',
    version: '1.2.3',
    description: 'Warm?',
  });
  await service.discoverable();
  const typed = contracted(service, house);
  await typed.respond('climate/average', () => ({ average: 21 }));
  await typed.respond('climate/:room/history', async function* () {
    yield { celsius: 21 };
  });
  await typed.on('sensors/:room/*rest', () => undefined, { qos: 2 });
  await service.on('$share/workers/jobs/+', () => undefined);
  await service.respond('legacy', () => undefined);
  return service;
}

/** What the parser finds wrong; its advice, such as to name a licence, is not counted. */
async function errorsOf(document: AsyncApiDocument): Promise<string[]> {
  const { diagnostics, document: parsed } = await new Parser().parse(JSON.stringify(document));
  const errors = diagnostics.filter(({ severity }) => severity === 0);
  expect(parsed === undefined).toBe(errors.length > 0);
  return errors.map(({ message, path }) => `${path.join('.')}: ${message}`);
}

describe('the document of a service', () => {
  it('is valid AsyncAPI 3', async () => {
    const document = asyncApiDocument(await houseService(), {
      servers: {
        house: { host: 'broker.example:8883', protocol: 'secure-mqtt', description: 'In the cellar' },
      },
      sends: [house],
    });
    expect(document.asyncapi).toBe('3.0.0');
    expect(await errorsOf(document)).toEqual([]);
  });

  it('would not be, if it were wrong', async () => {
    const document = asyncApiDocument(await houseService());
    expect(await errorsOf({ ...document, operations: { a: { action: 'take' } } })).not.toEqual([]);
  });

  it('has an operation for each handler, and for what a contract says that it sends', async () => {
    const { info, operations } = asyncApiDocument(await houseService(), { sends: [house] });
    expect(info).toEqual({ title: 'climate', version: '1.2.3', description: 'Warm?' });
    expect(Object.keys(operations as object)).toEqual([
      'receive.climate_average',
      'receive.climate_room_history',
      'receive.sensors_room_rest',
      'receive.jobs',
      'receive.legacy',
      'send.notifications',
    ]);
  });

  it('has the topics with their parameters, QoS, and where answers go', async () => {
    const { channels, operations } = asyncApiDocument(await houseService()) as Record<
      string,
      Record<string, unknown>
    >;
    expect(channels?.sensors_room_rest).toMatchObject({
      address: 'sensors/{room}/{rest}',
      parameters: { room: { description: 'One level of the topic.' }, rest: {} },
    });
    expect(channels?.jobs).toMatchObject({ address: 'jobs/+' });
    expect(operations?.['receive.sensors_room_rest']).toMatchObject({
      action: 'receive',
      description: 'As sensors send it.',
      bindings: { mqtt: { qos: 2 } },
    });
    expect(operations?.['receive.climate_average']).toMatchObject({
      summary: 'Average of some rooms',
      reply: { channel: { $ref: '#/channels/climate_average.reply' } },
    });
    expect(channels?.['climate_average.reply']).toMatchObject({ address: null });
  });

  it('has the schemas of every library, as far as it can say itself', async () => {
    const { channels } = asyncApiDocument(await houseService(), { sends: [house] }) as {
      channels: Record<string, { messages: { message: { payload: unknown } } }>;
    };
    const payload = (channel: string) => channels[channel]?.messages.message.payload;
    // What travels: a default need not.
    expect(payload('climate_average')).toMatchObject({
      type: 'object',
      properties: { rooms: { type: 'array' } },
    });
    expect(payload('climate_average')).not.toHaveProperty('required');
    expect(payload('climate_average.reply')).toMatchObject({ properties: { average: { type: 'number' } } });
    expect(payload('climate_room_history.reply')).toMatchObject({
      properties: { celsius: { type: 'number' } },
    });
    expect(payload('sensors_room_rest')).toMatchObject({ type: 'number', minimum: -40 });
    expect(payload('notifications')).toEqual({});
    expect(payload('legacy')).toEqual({});
  });
});
