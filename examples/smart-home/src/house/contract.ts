/** What the service promises to whoever asks it or listens to it; checked at both ends, and where its AsyncAPI document comes from. */
import { defineContract, event, request } from '@petrel/service';
import { z } from 'zod';
import { quantities, topics } from './topics.js';

const quantity = z.enum(quantities);
const spread = z.object({ now: z.number(), average: z.number(), minimum: z.number(), maximum: z.number() });
const roomClimate = z.object({
  room: z.string(),
  time: z.number(),
  climate: z.partialRecord(quantity, spread),
});

export const houseContract = defineContract({
  [topics.average]: request({
    summary: 'Average of some rooms over 24 hours; of all rooms that people live in where none is named',
    input: z.object({ rooms: z.array(z.string()).default([]) }).default({ rooms: [] }),
    output: z.object({ rooms: z.array(roomClimate), average: z.partialRecord(quantity, z.number()) }),
  }),
  [topics.notifications]: event({
    summary: 'A room got too humid, a window was left open, and the like; and its end',
    payload: z.object({
      id: z.string(),
      kind: z.enum(['humid', 'window', 'frost', 'hot']),
      state: z.enum(['raised', 'cleared']),
      room: z.string(),
      value: z.number(),
      time: z.number(),
      text: z.string(),
    }),
  }),
});
