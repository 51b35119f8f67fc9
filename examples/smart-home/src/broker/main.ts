/**
 * The broker of the house, embedded in a process of its own, so that it can be killed while the rest lives on.
 *
 * Arguments: port of MQTT over TCP, port of MQTT over WebSocket, port of the page that may connect.
 */
import { createBroker, ListenError } from '@petrel/broker';
import { topics } from '../house/topics.js';
import { leaveInterruptToParent, reportReady } from '../start/child-process.js';

leaveInterruptToParent();
const [mqttPort, webSocketPort, pagePort] = process.argv.slice(2).map(Number) as [number, number, number];

const broker = await createBroker({
  listeners: [
    { type: 'tcp', port: mqttPort },
    {
      type: 'websocket',
      port: webSocketPort,
      // Any page of the world can open a WebSocket to this machine; only this one gets in.
      origins: [`http://localhost:${pagePort}`, `http://127.0.0.1:${pagePort}`],
    },
  ],
  hooks: {
    published: (_client, { topicName }) => {
      // What a power cut does: no DISCONNECT, nothing saved.
      if (topicName === topics.killBroker) process.kill(process.pid, 'SIGKILL');
    },
  },
}).catch((error: unknown) => {
  if (!(error instanceof ListenError)) throw error;
  console.error(`  ${error.message}`);
  process.exit(1);
});

reportReady(() => broker.close());
