/**
 * The other end of a measured client: a sink, a source and an echo, written to cost less than any client. It only finds the ends of packets and
 * answers them; it checks nothing. A client that subscribes to the echo's topic gets back what it publishes, one that subscribes to anything
 * else is sent messages without end; the QoS is what it asked for. When a connection ends, a line tells how many PUBLISH packets came. Argument: port.
 */
import { createServer, type Socket } from 'node:net';
import { bodyOfPacket, PacketWalker, uint16At } from '../packet-ends.js';
import { AnswerBatch } from './answer-batch.js';
import { echoTopicName } from './client-scenarios.js';
import { MessageSource } from './message-source.js';

createServer({ noDelay: true }, serve).listen(Number(process.argv[2]), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));

function serve(socket: Socket): void {
  const answers = new AnswerBatch(socket);
  let protocolVersion = 4;
  let published = 0;
  let echoes = false;
  let source: MessageSource | undefined;
  const walker = new PacketWalker((bytes, start, end) => {
    const type = (bytes[start] ?? 0) >> 4;
    // Every packet that has an identifier and no topic has it here.
    const body = bodyOfPacket(bytes, start);
    switch (type) {
      case 1: // CONNECT
        protocolVersion = bytes[body + 6] ?? 0;
        answers.add(protocolVersion === 5 ? [0x20, 3, 0, 0, 0] : [0x20, 2, 0, 0]);
        break;
      case 3: {
        published++;
        if (echoes) answers.add(bytes.subarray(start, end));
        const qos = ((bytes[start] ?? 0) >> 1) & 3;
        const identifier = body + 2 + uint16At(bytes, body);
        if (qos > 0) answers.acknowledge(qos === 1 ? 0x40 : 0x50, bytes, identifier);
        break;
      }
      case 4: // PUBACK
      case 7: // PUBCOMP
        source?.acknowledged();
        break;
      case 5: // PUBREC
        answers.acknowledge(0x62, bytes, body);
        break;
      case 6: // PUBREL
        answers.acknowledge(0x70, bytes, body);
        break;
      case 8: {
        const at = body + 2 + (protocolVersion === 5 ? 1 + (bytes[body + 2] ?? 0) : 0);
        const filterEnd = at + 2 + uint16At(bytes, at);
        const qos = (bytes[filterEnd] ?? 0) & 3;
        const identifier = [bytes[body] ?? 0, bytes[body + 1] ?? 0];
        answers.add(protocolVersion === 5 ? [0x90, 4, ...identifier, 0, qos] : [0x90, 3, ...identifier, qos]);
        if (Buffer.from(bytes.subarray(at + 2, filterEnd)).toString() === echoTopicName) echoes = true;
        else source = new MessageSource(socket, protocolVersion, qos);
        break;
      }
      case 12: // PINGREQ
        answers.add([0xd0, 0]);
        break;
      case 14: // DISCONNECT
        answers.flush();
        socket.end();
    }
  });
  socket.on('error', () => socket.destroy());
  socket.on('drain', () => source?.send());
  socket.on('data', (chunk) => {
    walker.push(chunk);
    answers.flush();
    source?.send();
  });
  socket.on('close', () => process.stdout.write(`received ${published}\n`));
}
