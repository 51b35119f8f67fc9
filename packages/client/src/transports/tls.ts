/** `mqtts:` in Node. */
import { isIP } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import type { TransportFactory } from '../transport.js';
import { hostOf, socketTransport } from './tcp.js';

/** TLS over TCP; port 8883 unless the URL names another. The server's certificate is verified by default. */
export const tlsTransport: TransportFactory = (url, { tls }) => {
  const host = hostOf(url);
  const options: ConnectionOptions = {
    host,
    port: Number(url.port || 8883),
    // Server Name Indication carries names only, never addresses (RFC 6066 section 3).
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(tls as ConnectionOptions),
  };
  return socketTransport(() => connect(options).setNoDelay(true), 'secureConnect');
};
