/**
 * Certificates for TLS tests, valid for a hundred years and worth nothing: their keys are public.
 * `server` is for localhost, 127.0.0.1 and ::1; `client` has the common name "test-device"; `stranger` has it too, but
 * from an authority that nobody trusts.
 */

/** A certificate and its private key in PEM. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

/** The authority that signed `server` and `client`. */
export const testAuthority = `-----BEGIN CERTIFICATE-----
MIIBljCCAT2gAwIBAgIUG1YjQdLD2DVTeseKD5BoT4GB+xgwCgYIKoZIzj0EAwIw
IDEeMBwGA1UEAwwVUGV0cmVsIHRlc3QgYXV0aG9yaXR5MCAXDTI2MTEyMzAxMzYx
OVoYDzIxMjYxMDMwMDEzNjE5WjAgMR4wHAYDVQQDDBVQZXRyZWwgdGVzdCBhdXRo
b3JpdHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQFRS3RECIhOVBWN+DWrtaM
Jh5SRJZQLwAIKXFEMCxQMbsvpnT9YYrtlwx2e5KJhI59ex/r2Q7yQcQbhnW36dz6
o1MwUTAdBgNVHQ4EFgQUT8nbnCBVWERbP5Lz90Wd4sJc53AwHwYDVR0jBBgwFoAU
T8nbnCBVWERbP5Lz90Wd4sJc53AwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQD
AgNHADBEAiBdgRtWwh6T54b58pkDX6YzkTlLUt7nDG/2PF3F3xcVjQIgaFdfvBb5
T7EmNRuweGaAv1RUuC5Nrzp88IxDQ4W/nEc=
-----END CERTIFICATE-----
`;

/** Of a server on localhost and 127.0.0.1, signed by the authority. */
export const serverCertificate: TestCertificate = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBvjCCAWWgAwIBAgIURcUbT7gunFQTlq56GCsgeBKDACwwCgYIKoZIzj0EAwIw
IDEeMBwGA1UEAwwVUGV0cmVsIHRlc3QgYXV0aG9yaXR5MCAXDTI2MTEyMzAxMzYx
OVoYDzIxMjYxMDMwMDEzNjE5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAAQmvrI0T7RytyeTy+yVq/svpoYR5wCedC/F7lhH
zLZP2sTIXFuOy+AlwdystUvJDlTdFGMGg3Zme5vc7arYSHtAo4GGMIGDMCwGA1Ud
EQQlMCOCCWxvY2FsaG9zdIcEfwAAAYcQAAAAAAAAAAAAAAAAAAAAATATBgNVHSUE
DDAKBggrBgEFBQcDATAdBgNVHQ4EFgQULbyStwUJpokZgChXZOYDNnPbSbQwHwYD
VR0jBBgwFoAUT8nbnCBVWERbP5Lz90Wd4sJc53AwCgYIKoZIzj0EAwIDRwAwRAIg
DmVI2ReHgMswZ5ZYMX1GGF/RJyke9bzxsooeMmRq1twCIGmOkqmwRn8kfZovCgac
q4TiQAUtApbfITlFwQ9Rbi+I
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQguetjjTOHxOSdySp8
LB+j97ZEU4o4fO/tr/nL8ztAwsihRANCAAQmvrI0T7RytyeTy+yVq/svpoYR5wCe
dC/F7lhHzLZP2sTIXFuOy+AlwdystUvJDlTdFGMGg3Zme5vc7arYSHtA
-----END PRIVATE KEY-----
`,
};

/** Of a client, signed by the authority. */
export const clientCertificate: TestCertificate = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBkTCCATegAwIBAgIURcUbT7gunFQTlq56GCsgeBKDAC0wCgYIKoZIzj0EAwIw
IDEeMBwGA1UEAwwVUGV0cmVsIHRlc3QgYXV0aG9yaXR5MCAXDTI2MTEyMzAxMzYx
OVoYDzIxMjYxMDMwMDEzNjE5WjAWMRQwEgYDVQQDDAt0ZXN0LWRldmljZTBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABHPbTMmwWLeH1zlEVXHvho5o2dLKuLdqf0Tl
wfzZtHVHFj5CqsSsAq/3gxp4pCPsiHRCL54w+U3joXz0LLZPmdyjVzBVMBMGA1Ud
JQQMMAoGCCsGAQUFBwMCMB0GA1UdDgQWBBRdOuc97UzeCJ9jIEkyVcjvBgRnWjAf
BgNVHSMEGDAWgBRPyducIFVYRFs/kvP3RZ3iwlzncDAKBggqhkjOPQQDAgNIADBF
AiBTWv+Fu/0qdk7+Aq904qUsgHXpbhuj9jizI15b+1FhlwIhAN3R+S2pcmgumr0/
0kX62iwxWmpoWegQPSFX5/cNFZoa
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgu3whBZ193jv+h9uX
9sQBaOQTWyKXnA/+pfn/KwBPNw6hRANCAARz20zJsFi3h9c5RFVx74aOaNnSyri3
an9E5cH82bR1RxY+QqrErAKv94MaeKQj7Ih0Qi+eMPlN46F89Cy2T5nc
-----END PRIVATE KEY-----
`,
};

/** Of a client whom the authority does not know. */
export const strangerCertificate: TestCertificate = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBjzCCATagAwIBAgIUbYSulf5CsdMQFbhRzuc4q+fyEV8wCgYIKoZIzj0EAwIw
HzEdMBsGA1UEAwwUU29tZSBvdGhlciBhdXRob3JpdHkwIBcNMjYxMTIzMDEzNjE5
WhgPMjEyNjEwMzAwMTM2MTlaMBYxFDASBgNVBAMMC3Rlc3QtZGV2aWNlMFkwEwYH
KoZIzj0CAQYIKoZIzj0DAQcDQgAEhl4W6TNyjYJ1XzJ8k/QNSvS0PCKO4PEmKdBa
EJZ9a2UDDfZrCYlGykXCjRn4gYuxeUkl/bMdmT2eHD3cCmyzeaNXMFUwEwYDVR0l
BAwwCgYIKwYBBQUHAwIwHQYDVR0OBBYEFFe0MS5n7fzMMhnVcGaxgxXkUnv/MB8G
A1UdIwQYMBaAFFi9pPnJcGww+KcoAFlIRkFNBwrgMAoGCCqGSM49BAMCA0cAMEQC
IBiuViPG9zGrZg8a8GGJcNmFpLB0Nys5+7uUTHwkinUSAiArQRQCgaud57//z8b8
4sw7NyYq6tH8sSYmZIgOnMLgGQ==
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgVCTU9BFFMBLgRDE2
IlswcZbJoqy3wvgyHAquX9N1YuGhRANCAASGXhbpM3KNgnVfMnyT9A1K9LQ8Io7g
8SYp0FoQln1rZQMN9msJiUbKRcKNGfiBi7F5SSX9sx2ZPZ4cPdwKbLN5
-----END PRIVATE KEY-----
`,
};
