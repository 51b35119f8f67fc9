/** Sockets and servers that this process holds; what a closed broker leaves of them is a leak. */
export function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCP')).length;
}
