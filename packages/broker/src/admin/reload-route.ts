/** The address that makes a server read its configuration again. */
import { PetrelError } from '@petrel/protocol';
import { RequestError, type Route } from './route.js';
import * as schemas from './schemas.js';

/** `reload` changes all or nothing, and rejects with a PetrelError that says why. */
export function reloadRoute(reload: () => Promise<void>): Route {
  return {
    method: 'POST',
    path: '/api/v1/reload',
    summary: 'Reads the configuration again, while clients stay',
    answers: {
      204: { description: 'It is in force.' },
      409: { description: 'It is not right, and the former one stays.', schema: schemas.problem },
    },
    handle: async () => {
      try {
        await reload();
        return { status: 204 };
      } catch (error) {
        if (error instanceof PetrelError) throw new RequestError(409, error.message);
        throw error;
      }
    },
  };
}
