/**
 * Which server to try next: those of the options in turn, and those that a server refers to (MQTT 5.0 section 4.11): 0x9C Use another server
 * for one connection, 0x9D Server moved for the client's life. Pure; a referral never leads from TLS to plain text.
 */
import { type PetrelError, reasonCode } from '@petrel/protocol';
import type { Endpoint } from './endpoint.js';

// Servers that refer to each other must not keep a client busy without pause.
const maximumReferrals = 5;
const maximumServers = 16;

/** An error with which a server may refer to others. */
type Referral = PetrelError & { readonly serverReference?: string | undefined };

/** The servers of one client. */
export class ServerList {
  readonly #follows: boolean;
  #servers: readonly Endpoint[];
  /** Where to begin: the one that worked last. */
  #next = 0;
  /** To be tried first, once. */
  #detour: readonly Endpoint[] = [];
  #left = 0;
  #referrals = 0;

  constructor(servers: readonly Endpoint[], follows: boolean) {
    this.#servers = servers;
    this.#follows = follows;
  }

  /** Begins a round in which every server gets one chance. */
  beginRound(): void {
    this.#left = this.#servers.length;
    this.#referrals = 0;
  }

  /** The next server of the round; undefined when all had their chance. */
  take(): Endpoint | undefined {
    const [first, ...others] = this.#detour;
    if (first !== undefined) {
      this.#detour = others;
      return first;
    }
    if (this.#left === 0) return undefined;
    this.#left -= 1;
    return this.#servers[this.#next % this.#servers.length];
  }

  /** A server refused or could not be reached: on to those it refers to, or to the next. */
  failed(server: Endpoint, error: Referral): void {
    if (this.refer(server, error)) return;
    // The last of a detour is the end of the server that referred to it.
    const isDetour = !this.#servers.includes(server);
    if (!isDetour || this.#detour.length === 0) this.#next += 1;
  }

  /** Notes where a server refers to; false where it does not, or where that is not to be followed. */
  refer(server: Endpoint, { reasonCode: code, serverReference }: Referral): boolean {
    if (!this.#follows || serverReference === undefined) return false;
    if (code !== reasonCode.useAnotherServer && code !== reasonCode.serverMoved) return false;
    this.#referrals += 1;
    if (this.#referrals > maximumReferrals) return false;
    const targets = serverReference
      .split(' ')
      .map((reference) => server.refer(reference))
      .filter((target) => target !== undefined)
      .slice(0, maximumServers);
    if (targets.length === 0) return false;
    const index = this.#servers.indexOf(server);
    // A server that was itself a detour has no place that others could take over.
    if (code === reasonCode.useAnotherServer || index === -1) this.#detour = targets;
    else this.#replace(index, targets);
    return true;
  }

  #replace(index: number, targets: readonly Endpoint[]): void {
    const others = this.#servers.toSpliced(index, 1);
    const servers = [...others.slice(0, index), ...targets, ...others.slice(index)];
    this.#servers = servers.slice(0, maximumServers);
    this.#next = index;
    this.#left += targets.length;
  }
}
