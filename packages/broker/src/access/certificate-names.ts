/** The names in a client certificate. Compared as a whole and as they are: a part of a name is nobody (CVE-2026-33248). */
import type { PeerCertificate } from 'node:tls';

/** Kinds of names. */
export type CertificateNameKind = 'common-name' | 'dns' | 'uri' | 'email';

const prefixes = { dns: 'DNS', uri: 'URI', email: 'email' } as const;

/** All names of one kind; an attribute that comes twice gives two names. */
export function certificateNames(certificate: PeerCertificate, kind: CertificateNameKind): readonly string[] {
  if (kind === 'common-name') {
    const commonName: unknown = certificate.subject?.CN;
    return (Array.isArray(commonName) ? commonName : [commonName]).filter(isName);
  }
  return alternativeNames(certificate.subjectaltname ?? '')
    .filter(([prefix]) => prefix === prefixes[kind])
    .map(([, name]) => name)
    .filter(isName);
}

/** Names of all kinds. */
export function allCertificateNames(certificate: PeerCertificate): readonly string[] {
  const kinds = ['common-name', 'dns', 'uri', 'email'] as const;
  return kinds.flatMap((kind) => certificateNames(certificate, kind));
}

/**
 * Takes apart what Node makes of the alternative names: `DNS:a, URI:"b, c"`. A name with characters that could be taken for the end of it
 * comes as a JSON string.
 */
function alternativeNames(text: string): (readonly [string, string])[] {
  const names: (readonly [string, string])[] = [];
  const entry = /\s*([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:,|$)/y;
  while (entry.lastIndex < text.length) {
    const found = entry.exec(text);
    // What cannot be read names nobody.
    if (found === null) return [];
    const [, prefix = '', value = ''] = found;
    const name = value.startsWith('"') ? unquote(value) : value;
    if (name === undefined) return [];
    names.push([prefix.trim(), name]);
  }
  return names;
}

function unquote(text: string): string | undefined {
  try {
    return JSON.parse(text) as string;
  } catch {
    return undefined;
  }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
