/** The one switch from a listener's options to the code that opens it. */

import type { Listener, ListenerContext } from './listener.js';
import type { ResolvedListener } from './listener-options.js';
import { openTcpListener } from './tcp.js';
import { openTlsListener } from './tls.js';
import { openUnixListener } from './unix.js';
import { openWebSocketListener } from './websocket.js';

/** Opens a listener; rejects with ListenError. */
export function openListener(options: ResolvedListener, context: ListenerContext): Promise<Listener> {
  switch (options.type) {
    case 'tcp':
      return openTcpListener(options, context);
    case 'tls':
      return openTlsListener(options, context);
    case 'websocket':
      return openWebSocketListener(options, context);
    case 'unix':
      return openUnixListener(options, context);
  }
}
