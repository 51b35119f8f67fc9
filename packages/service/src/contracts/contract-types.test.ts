/** What the compiler makes of a contract; each wrong line must be refused by it, or this file does not compile. */
import { describe, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import type { HandlerContext } from '../handler.js';
import { defineContract, event, request, stream } from './contract.js';
import type { ContractedService } from './contracted-service.js';

const contract = defineContract({
  'climate/average': request({
    input: z.object({ rooms: z.array(z.string()) }),
    output: z.object({ average: z.number() }),
  }),
  'climate/:room/history': stream({ input: z.undefined(), output: z.number() }),
  'sensors/:room/temperature/:probe': event({ payload: z.string().transform(Number) }),
});

/** Never called: types are all there is to see. */
async function calls(house: ContractedService<(typeof contract)['all']>): Promise<void> {
  expectTypeOf(await house.request('climate/average', { rooms: [] })).toEqualTypeOf<{ average: number }>();
  // @ts-expect-error -- a room is a string
  await house.request('climate/average', { rooms: [1] });
  // @ts-expect-error -- there is no such request
  await house.request('climate/maximum', { rooms: [] });
  // @ts-expect-error -- an event is no request
  await house.request('sensors/:room/temperature/:probe', '21', { parameters: { room: 'a', probe: 'b' } });

  await house.publish('sensors/:room/temperature/:probe', '21', {
    parameters: { room: 'kitchen', probe: 1 },
  });
  // @ts-expect-error -- what travels is the text, which the receiver's schema makes a number
  await house.publish('sensors/:room/temperature/:probe', 21, { parameters: { room: 'kitchen', probe: 1 } });
  // @ts-expect-error -- the parameter "probe" is missing
  await house.publish('sensors/:room/temperature/:probe', '21', { parameters: { room: 'kitchen' } });
  // @ts-expect-error -- "rom" is no parameter
  await house.publish('sensors/:room/temperature/:probe', '21', { parameters: { rom: 'kitchen', probe: 1 } });
  // @ts-expect-error -- there are no parameters at all
  await house.publish('sensors/:room/temperature/:probe', '21');

  for await (const item of house.requestStream('climate/:room/history', undefined, {
    parameters: { room: 'a' },
  }))
    expectTypeOf(item).toBeNumber();
}

function handlers(house: ContractedService<(typeof contract)['all']>): unknown[] {
  return [
    house.on('sensors/:room/temperature/:probe', (celsius, context) => {
      expectTypeOf(celsius).toBeNumber();
      expectTypeOf(context).toEqualTypeOf<HandlerContext<'sensors/:room/temperature/:probe'>>();
      expectTypeOf(context.parameters).toEqualTypeOf<{ readonly room: string; readonly probe: string }>();
    }),
    house.respond('climate/average', async ({ rooms }) => ({ average: rooms.length })),
    // @ts-expect-error -- the answer needs "average"
    house.respond('climate/average', async ({ rooms }) => ({ mean: rooms.length })),
    house.respond('climate/:room/history', async function* (_, { parameters }) {
      yield parameters.room.length;
    }),
    // @ts-expect-error -- a stream is answered with many, not with one
    house.respond('climate/:room/history', () => 21),
    // @ts-expect-error -- an event is not answered
    house.respond('sensors/:room/temperature/:probe', () => 21),
  ];
}

describe('the types of a contract', () => {
  it('are those of its schemas and patterns', () => {
    expectTypeOf(calls).toBeFunction();
    expectTypeOf(handlers).toBeFunction();
    expectTypeOf<(typeof contract)['all']['climate/average']['kind']>().toEqualTypeOf<'request'>();
  });
});
