/** Errors of the bridge. */
import { PetrelError, type PetrelErrorCode } from '@petrel/protocol';

/** Every error code of this package, with what it means and who must act. */
export const bridgeErrorCodes = {
  PETREL_BRIDGE_LOOP:
    'A message that the bridge carries over would come back: the server speaks MQTT 3.x, which has no No Local. Use MQTT 5, or rules that do not meet.',
  PETREL_BRIDGE_CLOSED: 'The bridge was closed or destroyed while this was on its way.',
} as const satisfies Record<PetrelErrorCode, string>;

/** The bridge cannot go on. */
export class BridgeError extends PetrelError {
  constructor(code: keyof typeof bridgeErrorCodes, message: string, cause?: unknown) {
    super(code, message, cause === undefined ? {} : { cause });
  }
}
