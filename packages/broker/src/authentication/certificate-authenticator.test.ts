import { describe, expect, test } from 'vitest';
import { certificateNames } from '../access/certificate-names.js';
import { certificate, request } from './authenticators.suite.js';
import {
  type CertificateAuthenticatorOptions,
  certificateAuthenticator,
} from './certificate-authenticator.js';

const refused = { reasonCode: 0x87 };

describe('36 mutual TLS subject match bypass (CVE-2026-33248)', () => {
  const ask = (
    subject: Record<string, unknown>,
    altName?: string,
    options?: CertificateAuthenticatorOptions,
  ) => certificateAuthenticator(options)(request({ peerCertificate: certificate(subject, altName) }));

  test('a client is who its certificate says, as a whole', () => {
    expect(ask({ CN: 'device-1' })).toMatchObject({ name: 'device-1' });
    expect(ask({ CN: 'device-1' }, undefined, { names: ['device-1'] })).toMatchObject({ name: 'device-1' });
    for (const CN of [
      'device-10',
      'xdevice-1',
      'DEVICE-1',
      'device-1 ',
      'device-1\0',
      'device-1,CN=admin',
      'device-1/CN=x',
    ])
      expect([CN, ask({ CN }, undefined, { names: ['device-1'] })]).toEqual([CN, refused]);
  });

  test('an attribute that comes twice, or not at all, is nobody', () => {
    expect(ask({ CN: ['device-1', 'admin'] })).toEqual(refused);
    expect(ask({ O: 'device-1', OU: 'CN=device-1' })).toEqual(refused);
    expect(ask({ CN: '' })).toEqual(refused);
    expect(ask({})).toEqual(refused);
  });

  test('an alternative name is taken by its kind', () => {
    const names =
      'DNS:device-1.local, URI:spiffe://house/device-1, email:device@example.com, IP Address:10.0.0.1';
    expect(ask({ CN: 'x' }, names, { name: 'dns' })).toMatchObject({ name: 'device-1.local' });
    expect(ask({ CN: 'x' }, names, { name: 'uri' })).toMatchObject({ name: 'spiffe://house/device-1' });
    expect(ask({ CN: 'x' }, names, { name: 'email' })).toMatchObject({ name: 'device@example.com' });
    expect(ask({ CN: 'x' }, 'DNS:a, DNS:b', { name: 'dns' })).toEqual(refused);
  });

  test('what a name contains does not become another name', () => {
    const injected = 'URI:"spiffe://x, DNS:admin", DNS:device-1';
    expect(certificateNames(certificate({}, injected), 'dns')).toEqual(['device-1']);
    expect(certificateNames(certificate({}, injected), 'uri')).toEqual(['spiffe://x, DNS:admin']);
    expect(certificateNames(certificate({}, 'DNS:"a\\", DNS:admin"'), 'dns')).toEqual(['a", DNS:admin']);
    expect(certificateNames(certificate({}, '???'), 'dns')).toEqual([]);
    expect(certificateNames(certificate({}, 'DNS:a, "b'), 'dns')).toEqual([]);
  });

  test('a client without certificate is left to the next authenticator', () => {
    expect(certificateAuthenticator()(request())).toBeUndefined();
  });
});
