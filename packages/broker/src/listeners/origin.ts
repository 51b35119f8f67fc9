/** Which web pages may connect: browsers name the page in Origin, and let any page of the world open a WebSocket. */
import { isLoopback } from './loopback.js';

/** The headers and the place of one upgrade request. */
export interface OriginRequest {
  readonly origin: string | undefined;
  /** The Host header. */
  readonly host: string | undefined;
  /** The listener is bound to a loopback address. */
  readonly isLocal: boolean;
}

/**
 * With a list, its origins and no others ("*" = all). Without, pages of this machine, and pages from the host that the
 * browser connects to. A local listener does not take the browser's word for that host: a hostile name may point here.
 * A request without Origin comes from no browser and is allowed.
 */
export function isOriginAllowed(request: OriginRequest, origins: readonly string[] | undefined): boolean {
  const { origin } = request;
  if (origin === undefined) return true;
  if (origins !== undefined) return origins.includes('*') || origins.includes(origin);
  const page = parseOrigin(origin);
  if (page === undefined) return false;
  if (isLoopback(page.hostname.replace(/^\[|\]$/g, ''))) return true;
  return (
    !request.isLocal &&
    request.host !== undefined &&
    page.hostname === parseOrigin(`http://${request.host}`)?.hostname
  );
}

function parseOrigin(origin: string): URL | undefined {
  return URL.canParse(origin) ? new URL(origin) : undefined;
}
