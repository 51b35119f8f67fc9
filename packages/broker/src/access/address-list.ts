/** Addresses and networks of a rule or of trusted proxies. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { UsageError } from '@petrel/protocol';

/** A set of addresses. */
export class AddressList {
  readonly #list = new BlockList();
  /** As it was written. */
  readonly source: string;

  /** Entries such as `192.168.1.7`, `10.0.0.0/8` or `fd00::/8`. Throws UsageError for any other. */
  constructor(entries: readonly string[], where: string) {
    this.source = entries.join(' ');
    for (const entry of entries) this.#add(entry, where);
  }

  /** Whether the address of a peer is in one of the entries; IPv4 within IPv6 counts as IPv4. */
  has(address: string | undefined): boolean {
    if (address === undefined) return false;
    const plain = plainAddress(address);
    if (isIPv4(plain)) return this.#list.check(plain, 'ipv4');
    return isIPv6(plain) && this.#list.check(plain, 'ipv6');
  }

  #add(entry: string, where: string): void {
    const [address = '', prefix, ...rest] = entry.split('/');
    const family = isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : undefined;
    const longest = family === 'ipv4' ? 32 : 128;
    const bits = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
    if (family === undefined || rest.length > 0 || !(bits <= longest)) {
      throw new UsageError(`${where} must be an address or a network such as 10.0.0.0/8, got "${entry}"`);
    }
    this.#list.addSubnet(address, bits, family);
  }
}

/** Without the prefix of an IPv4 address in IPv6, and without a zone. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '').replace(/%.*$/, '');
}
