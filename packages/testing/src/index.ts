/** What the tests of all packages share. Private: only tests may import it. */
export {
  clientCertificate,
  serverCertificate,
  strangerCertificate,
  type TestCertificate,
  testAuthority,
} from './certificates.js';
export { withDeadline } from './deadline.js';
export { eventually } from './eventually.js';
export { type Clock, FakeClock } from './fake-clock.js';
export { duplexPair, FaultyLink, faultyDuplex, type LinkFaults } from './faulty-link.js';
export { FaultyPipe, type PipeEnd, type PipeFaults } from './faulty-pipe.js';
export { type FaultyProxy, startFaultyProxy } from './faulty-proxy.js';
export { freePort } from './free-port.js';
export {
  houseAuthority,
  lampCertificate,
  mqttCertificate,
  revocationList,
  stolenCertificate,
} from './house-certificates.js';
export {
  LaunchedProcess,
  type LaunchOptions,
  launchOnFreePort,
  launchProcess,
  type ProcessExit,
  type Readiness,
} from './launch-process.js';
export { findCCompiler } from './peers/c-compiler.js';
export { chromiumArgs, findChromium } from './peers/chromium.js';
export { describePeer, pathOf } from './peers/describe-peer.js';
export { findProgram, type Peer } from './peers/find-program.js';
export { findMosquitto, findMosquittoClient, startMosquitto } from './peers/mosquitto.js';
export { findNats, startNats } from './peers/nats.js';
export { findPaho } from './peers/paho.js';
export { type CompiledProgram, compilePahoC, findPahoC } from './peers/paho-c.js';
export { findRabbitMq, startRabbitMq } from './peers/rabbitmq.js';
export type { RunningBroker } from './peers/running-broker.js';
export { findSystemdAnalyze } from './peers/systemd.js';
export { connectPacket, type PacketOf, RawPeer, type RawPeerOptions } from './raw-peer.js';
export { type RawServer, startRawServer } from './raw-server.js';
export { SeededRandom } from './seeded-random.js';
export { type DiskFaults, SimulatedFiles } from './simulated-files.js';
