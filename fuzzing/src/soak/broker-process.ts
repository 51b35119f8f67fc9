/** The broker of a soak, in a process of its own, so that its memory is its own. Prints where it is, and ends with its parent. */
import { createBroker } from '@petrel/broker';
import { openAdminServer } from '@petrel/broker/admin';

const [token = ''] = process.argv.slice(2);
const broker = await createBroker({
  listeners: [{ type: 'tcp', port: 0 }],
  limits: {
    connectTimeoutMs: 2_000,
    maximumConnections: 2_000,
    maximumSessions: 5_000,
    maximumSessionExpiryInterval: 30,
    retained: { maximumMessages: 2_000, maximumBytes: 8_388_608 },
    sessionQueue: { maximumMessages: 1_000, maximumBytes: 1_048_576 },
  },
});
const admin = await openAdminServer(broker, { token, port: 0, publicMetrics: true });
process.stdout.write(
  `${JSON.stringify({ port: broker.addresses[0]?.port, metrics: `${admin.url}/metrics` })}\n`,
);
process.stdin.resume().on('end', () => process.exit(0));
