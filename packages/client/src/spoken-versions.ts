/** What protocol version each server speaks, as far as it has shown. */
import { type ProtocolVersion, reasonCode } from '@petrel/protocol';
import type { ConnectError } from './errors.js';

interface Spoken {
  readonly version: ProtocolVersion;
  /** It has refused the newer versions in so many words, or kept silent twice. */
  readonly isCertain: boolean;
}

/** Remembers by server name, for one client. */
export class SpokenVersions {
  readonly #wanted: readonly ProtocolVersion[];
  readonly #spoken = new Map<string, Spoken>();

  /** `wanted` from the newest to the oldest. */
  constructor(wanted: readonly ProtocolVersion[]) {
    this.#wanted = wanted;
  }

  /** Versions to try with a server, in this order. */
  candidates(name: string): readonly ProtocolVersion[] {
    const spoken = this.#spoken.get(name);
    return spoken?.isCertain ? this.#wanted.filter((version) => version <= spoken.version) : this.#wanted;
  }

  /** The server has accepted a version; `refusals` are its answers to the newer ones just before. */
  accepted(name: string, version: ProtocolVersion, refusals: readonly ConnectError[]): void {
    const before = this.#spoken.get(name);
    const isCertain = before?.version === version || refusals.every(isUnsupportedVersion);
    this.#spoken.set(name, { version, isCertain });
  }

  /** Tells whether a failure is a reason to try an older version at once. */
  suggestsOlder(name: string, version: ProtocolVersion, error: ConnectError): boolean {
    if (isUnsupportedVersion(error)) return true;
    // Servers of MQTT 3.x answer in ways of their own, or not at all; one that has spoken this version is only in trouble.
    if (this.#spoken.get(name)?.version === version) return false;
    return error.code === 'PETREL_CONNECT_CLOSED' || error.code === 'PETREL_CONNECT_BAD_ANSWER';
  }
}

function isUnsupportedVersion({ code, reasonCode: reason }: ConnectError): boolean {
  return code === 'PETREL_CONNECT_REFUSED' && reason === reasonCode.unsupportedProtocolVersion;
}
