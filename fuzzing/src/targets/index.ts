/** All targets by name. */
import type { Target } from '../target.js';
import { brokerTarget } from './broker-target.js';
import { clientTarget } from './client-target.js';

/** The targets in the order they take turns. */
export const targets: readonly Target[] = [brokerTarget('memory'), brokerTarget('tcp'), clientTarget];
