/** Which addresses count as one peer. */
import { isIPv6 } from 'node:net';

const mappedPrefix = '::ffff:';
/** One customer of a network gets a /64 of IPv6 at least, which is four of its eight pieces. */
const piecesOfNetwork = 4;

/** The key under which connections from an address are counted: IPv4 by address, IPv6 by /64; undefined where there is no address. */
export function addressGroup(remoteAddress: string | undefined): string | undefined {
  if (remoteAddress === undefined || remoteAddress === '') return undefined;
  if (!isIPv6(remoteAddress)) return remoteAddress;
  const address = remoteAddress.toLowerCase().split('%', 1)[0] as string;
  if (address.startsWith(mappedPrefix) && address.includes('.')) return address.slice(mappedPrefix.length);
  return `${piecesOf(address).slice(0, piecesOfNetwork).join(':')}::/64`;
}

/** The first pieces of an IPv6 address, with `::` written out. */
function piecesOf(address: string): string[] {
  const [head = '', tail] = address.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  return [...front, ...Array<string>(zeros).fill('0'), ...back].map((piece) => piece.replace(/^0+(?=.)/, ''));
}
