/**
 * Certificate revocation lists (RFC 5280 section 5) as far as a live connection needs them: which serial numbers of which issuer. Whether a
 * list is genuine was checked by nobody here; it is the operator's own file, and OpenSSL checks it at every handshake.
 */

/** One element of DER: where its content is. */
interface Element {
  readonly tag: number;
  readonly whole: Buffer;
  readonly content: Buffer;
}

const sequence = 0x30;
const integer = 0x02;
const explicitZero = 0xa0;
const block = /-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]+)-----END X509 CRL-----/g;
/** UTF8String, PrintableString, T61String, IA5String: OpenSSL takes these for the same where the text is. */
const texts: ReadonlySet<number> = new Set([0x0c, 0x13, 0x14, 0x16]);

/** What has been revoked by whom. */
export class RevocationList {
  readonly #serials = new Map<string, Set<string>>();

  /** Takes every list in PEM text; throws RangeError for one that is cut off. */
  constructor(pem: string) {
    for (const [, body = ''] of pem.matchAll(block)) this.#add(Buffer.from(body, 'base64'));
  }

  /** Takes a certificate as DER; false for what is none. */
  has(certificate: Uint8Array): boolean {
    if (this.#serials.size === 0) return false;
    const [body] = elementsOf(only(Buffer.from(certificate)).content);
    const fields = body === undefined ? [] : elementsOf(body.content);
    const [serial, , issuer] = fields[0]?.tag === explicitZero ? fields.slice(1) : fields;
    if (serial?.tag !== integer || issuer === undefined) return false;
    return this.#serials.get(nameOf(issuer))?.has(serial.content.toString('hex')) === true;
  }

  #add(der: Buffer): void {
    const [body] = elementsOf(only(der).content);
    const fields = body === undefined ? [] : elementsOf(body.content);
    const [, issuer, ...rest] = fields[0]?.tag === integer ? fields.slice(1) : fields;
    // Behind one date or two; what else may stand there has another tag.
    const revoked = rest.find(({ tag }) => tag === sequence);
    if (issuer === undefined || revoked === undefined) return;
    const name = nameOf(issuer);
    const serials = this.#serials.get(name) ?? new Set();
    for (const entry of elementsOf(revoked.content)) {
      const [serial] = elementsOf(entry.content);
      if (serial !== undefined) serials.add(serial.content.toString('hex'));
    }
    this.#serials.set(name, serials);
  }
}

/** A Distinguished Name, the same for every way to write it that RFC 5280 section 7.1 compares as equal. */
function nameOf(name: Element): string {
  const attributes = elementsOf(name.content).flatMap((set) => elementsOf(set.content));
  return attributes
    .map((attribute) => {
      const [type, value] = elementsOf(attribute.content);
      if (type === undefined || value === undefined) return '';
      const text = texts.has(value.tag)
        ? JSON.stringify(value.content.toString().trim().replace(/\s+/g, ' ').toLowerCase())
        : value.whole.toString('hex');
      return `${type.content.toString('hex')}=${text}`;
    })
    .join();
}

function only(der: Buffer): Element {
  const [element] = elementsOf(der);
  if (element === undefined) throw new RangeError('DER that is empty');
  return element;
}

/** What stands one behind the other; throws RangeError where a length leads past the end. */
function elementsOf(der: Buffer): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < der.length; ) {
    const first = der[at + 1] ?? 0x80;
    const extra = first < 0x80 ? 0 : first & 0x7f;
    const begin = at + 2 + extra;
    if (first === 0x80 || extra > 4 || begin > der.length) throw new RangeError('DER that is cut off');
    const length = extra === 0 ? first : der.readUIntBE(at + 2, extra);
    const end = begin + length;
    if (end > der.length) throw new RangeError('DER that is cut off');
    elements.push({
      tag: der[at] as number,
      whole: der.subarray(at, end),
      content: der.subarray(begin, end),
    });
    at = end;
  }
  return elements;
}
