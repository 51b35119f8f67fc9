import { X509Certificate } from 'node:crypto';
import { clientCertificate, lampCertificate, revocationList, stolenCertificate } from '@petrel/testing';
import { expect, test } from 'vitest';
import { RevocationList } from './revocation-list.js';

const der = (pem: string) => new X509Certificate(pem).raw;

test('has the certificate that was revoked, and no other', () => {
  const list = new RevocationList(`of the house\n${revocationList}`);
  expect(list.has(der(stolenCertificate.cert))).toBe(true);
  expect(list.has(der(lampCertificate.cert))).toBe(false);
  expect(list.has(der(clientCertificate.cert))).toBe(false);
});

test('several lists are one, and none has nobody', () => {
  expect(new RevocationList('').has(der(stolenCertificate.cert))).toBe(false);
  expect(new RevocationList(revocationList + revocationList).has(der(stolenCertificate.cert))).toBe(true);
});

test('the same serial number from another issuer is another certificate', () => {
  const stolen = Buffer.from(der(stolenCertificate.cert));
  const at = stolen.indexOf('authority of the house');
  stolen.write('authority of the mouse', at);
  expect(new RevocationList(revocationList).has(stolen)).toBe(false);
  // What RFC 5280 section 7.1 compares as equal is the same issuer.
  stolen.write('AUTHORITY of the house', at);
  expect(new RevocationList(revocationList).has(stolen)).toBe(true);
});

test('what is cut off is refused, at every byte', () => {
  const body = Buffer.from(revocationList.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  for (let length = 1; length < body.length; length++) {
    const pem = `-----BEGIN X509 CRL-----\n${body.subarray(0, length).toString('base64')}\n-----END X509 CRL-----`;
    expect(() => new RevocationList(pem)).toThrow(RangeError);
  }
});
