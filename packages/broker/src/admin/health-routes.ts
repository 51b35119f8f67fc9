/** Whether the broker lives, and whether it is the right one for new clients: what a supervisor asks, without a token. */
import { unreadyCodes } from '../readiness.js';
import { RequestError, type Route } from './route.js';
import * as schemas from './schemas.js';

/** The same on each server that has them. */
export const healthRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/health',
    summary: 'Whether the broker runs',
    isPublic: true,
    answers: { 200: { description: 'It does.', schema: schemas.check } },
    handle: () => ({ status: 200, body: { status: 'ok' } }),
  },
  {
    method: 'GET',
    path: '/ready',
    summary: 'Whether new clients should connect to this broker now',
    isPublic: true,
    query: {
      exclude: {
        type: 'string',
        description: `Codes that do not count, with commas between: ${unreadyCodes.join(', ')}.`,
      },
    },
    answers: {
      200: { description: 'They should.', schema: schemas.check },
      503: { description: 'They should not, and why.', schema: schemas.check },
    },
    handle: ({ broker, query }) => {
      const excluded = readCodes(query);
      const reasons = broker.unreadyReasons().filter(({ code }) => !excluded.includes(code));
      return reasons.length === 0
        ? { status: 200, body: { status: 'ok' } }
        : { status: 503, body: { status: 'failing', reasons } };
    },
  },
];

/** A probe that is misspelt must not pass for one that is well. */
function readCodes(query: URLSearchParams): readonly string[] {
  const codes = query.getAll('exclude').flatMap((text) => text.split(','));
  const known: readonly string[] = unreadyCodes;
  const unknown = codes.find((code) => !known.includes(code));
  if (unknown === undefined) return codes;
  throw new RequestError(
    400,
    `"exclude" must be codes among ${known.join(', ')}, got ${JSON.stringify(unknown)}`,
  );
}
