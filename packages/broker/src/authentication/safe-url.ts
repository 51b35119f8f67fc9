/** Addresses that what must not be read or changed on the way may go to. */
import { UsageError } from '@petrel/protocol';
import { isLoopback } from '../listeners/loopback.js';

/** Throws UsageError for anything but https, and http to this machine, without credentials, which fetch does not take and logs would show; `why` completes “as …”. */
export function assertSafeUrl(url: URL, option: string, why: string): void {
  if (url.username !== '' || url.password !== '')
    throw new UsageError(`option "${option}" must have no user name and no password in it`);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(host))) return;
  throw new UsageError(
    `option "${option}" must be https, or http to this machine, as ${why}; got "${url.protocol}//${url.host}"`,
  );
}
