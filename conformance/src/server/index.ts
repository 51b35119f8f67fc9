/** All tests of a server, in the order of the standard. */
import type { ConformanceTest } from '../conformance-test.js';
import { dataTypeTests } from './section-1-5-data-types.js';
import { connectTests } from './section-3-1-connect.js';
import { sessionTests } from './section-3-1-sessions.js';
import { termsTests } from './section-3-1-terms.js';
import { willTests } from './section-3-1-wills.js';
import { connackTests } from './section-3-2-connack.js';
import { limitTests } from './section-3-3-limits.js';
import { overlapTests } from './section-3-3-overlap.js';
import { publishTests } from './section-3-3-publish.js';
import { retainTests } from './section-3-3-retain.js';
import { acknowledgementTests } from './section-3-4-acknowledgements.js';
import { subscribeTests } from './section-3-8-subscribe.js';
import { unsubscribeTests } from './section-3-10-unsubscribe.js';
import { controlTests } from './section-3-12-control.js';
import { authenticationTests } from './section-3-15-authentication.js';
import { receiverTests } from './section-4-3-receiver.js';
import { senderTests } from './section-4-3-sender.js';
import { resendTests } from './section-4-4-resend.js';
import { orderTests } from './section-4-6-order.js';
import { topicTests } from './section-4-7-topics.js';
import { sharedTests } from './section-4-8-shared.js';
import { webSocketTests } from './section-6-websocket.js';
import type { TestContext } from './test-context.js';

export const serverTests: readonly ConformanceTest<TestContext>[] = [
  dataTypeTests,
  connectTests,
  termsTests,
  sessionTests,
  willTests,
  connackTests,
  publishTests,
  retainTests,
  limitTests,
  overlapTests,
  acknowledgementTests,
  subscribeTests,
  unsubscribeTests,
  controlTests,
  authenticationTests,
  senderTests,
  receiverTests,
  resendTests,
  orderTests,
  topicTests,
  sharedTests,
  webSocketTests,
].flat();
