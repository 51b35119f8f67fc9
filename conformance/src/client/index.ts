/** All tests of a client, in the order of the standard. */
import type { ConformanceTest } from '../conformance-test.js';
import type { ClientContext } from './client-context.js';
import { dataTypeTests } from './section-1-5-data-types.js';
import { connectTests } from './section-3-1-connect.js';
import { sessionTests } from './section-3-1-session.js';
import { connackTests } from './section-3-2-connack.js';
import { flowTests } from './section-3-3-flow.js';
import { publishTests } from './section-3-3-publish.js';
import { answersTests } from './section-3-4-answers.js';
import { subscribeTests } from './section-3-8-subscribe.js';
import { authenticationTests } from './section-3-15-authentication.js';
import { receiverTests } from './section-4-3-receiver.js';
import { senderTests } from './section-4-3-sender.js';
import { orderTests } from './section-4-6-order.js';
import { webSocketTests } from './section-6-websocket.js';

export const clientTests: readonly ConformanceTest<ClientContext>[] = [
  dataTypeTests,
  connectTests,
  sessionTests,
  connackTests,
  publishTests,
  flowTests,
  answersTests,
  subscribeTests,
  authenticationTests,
  senderTests,
  receiverTests,
  orderTests,
  webSocketTests,
].flat();
