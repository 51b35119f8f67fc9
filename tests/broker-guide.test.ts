/** The programs in the broker's guide run as they stand there. */
import { testPrograms } from './guide-programs.js';

testPrograms('broker', [
  ['greetings/world hello'],
  ['no matching subscribers'],
  ['PETREL_PUBLISH_REFUSED'],
  ['anna', 'the given stream refused: 0x87 not authorized: user name or password is wrong'],
  ['users/anna/inbox', 'PETREL_PUBLISH_REFUSED', '0 subscriptions'],
  ['temperature 4 bytes', '1 1'],
  ['true 1'],
]);
