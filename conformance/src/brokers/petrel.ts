/** Petrel's own broker in this process: one without limits, and one with all that can be announced. */
import {
  type Broker,
  type BrokerHooks,
  createBroker,
  deriveScramCredentials,
  scramSha256,
} from '@petrel/broker';
import { arranged, localTimeoutMs, type RunningTarget } from './running-target.js';

const refusal = {
  reasonCode: 0x87,
  // Longer than the packets that tests allow, so that it has to be left out there.
  reasonString:
    'This topic is closed to everybody, which is a rather long story to tell in an acknowledgement.',
};

const refusedClientIdentifier = 'petrel-conformance-refused';

const scram = { userName: 'petrel-conformance', password: 'a password for SCRAM' };

const hooks: BrokerHooks = {
  authenticate: ({ userName, clientIdentifier }) =>
    clientIdentifier === refusedClientIdentifier
      ? { reasonCode: 0x85 }
      : userName !== arranged.refusedUserName,
  authorizePublish: (_, { topicName }) => (topicName === arranged.deniedTopic ? refusal : true),
  authorizeSubscribe: (_, { topicFilter }) => (topicFilter === arranged.deniedTopic ? refusal : true),
};

/** Starts both on free loopback ports. */
export async function startPetrel(): Promise<RunningTarget> {
  const credentials = await deriveScramCredentials(scram.password);
  const broker = await createBroker({
    listeners: [
      { type: 'tcp', port: 0 },
      { type: 'websocket', port: 0 },
    ],
    hooks,
    authenticationMethods: [
      scramSha256({ lookup: (userName) => (userName === scram.userName ? credentials : undefined) }),
    ],
  });
  const limited = await createBroker({
    listeners: [{ type: 'tcp', port: 0 }],
    limits: { maximumQoS: 0, retainAvailable: false },
  });
  return {
    name: 'Petrel',
    target: {
      url: addressOf(broker, 0),
      webSocketUrl: addressOf(broker, 1),
      limitedUrl: addressOf(limited, 0),
      ...arranged,
      scram,
      refusedClientIdentifier,
      timeoutMs: localTimeoutMs,
    },
    async stop() {
      await Promise.all([broker.destroy(), limited.destroy()]);
    },
  };
}

function addressOf(broker: Broker, index: number): URL {
  return new URL(broker.addresses[index]?.url ?? '');
}
