/**
 * Publishes events as a plain MQTT program would, never more ahead than the service has handled, in a process of its own.
 * Arguments: port, QoS. Its parent tells it `{ handled }`.
 */
import { connect } from '@petrel/client';

const [port, qos] = process.argv.slice(2);
const ahead = 1000;
const payload = JSON.stringify({ celsius: 21.5, room: 'kitchen' });
const client = await connect(`mqtt://127.0.0.1:${port}`);
let published = 0;

function publishUpTo(count: number): void {
  for (; published < count; published++) {
    client.publish('bench/event', payload, { qos: qos === '0' ? 0 : 1 }).catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
  }
}

process.on('message', ({ handled }: { readonly handled: number }) => publishUpTo(handled + ahead));
process.on('SIGTERM', () => process.exit(0));
publishUpTo(ahead);
