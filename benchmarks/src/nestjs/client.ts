/**
 * Asks the service through NestJS's ClientProxy, with a fixed number of requests in flight, in a process of its own.
 * Arguments: transport, port, requests in flight, seconds of warm-up, seconds.
 */
import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type ClientProxy, ClientsModule } from '@nestjs/microservices';
import { transportNamed } from './transports.js';

/** What the client tells when it is done; times in milliseconds. */
export interface ClientResult {
  readonly answered: number;
  readonly seconds: number;
  readonly failed: number;
  readonly wrong: number;
  readonly p50: number;
  readonly p99: number;
}

const [name, port, inFlight, warmUpSeconds, seconds] = process.argv.slice(2);

@Module({
  imports: [ClientsModule.register([{ name: 'SERVICE', ...transportNamed(name).client(Number(port)) }])],
})
class ClientModule {}

const app = await NestFactory.createApplicationContext(ClientModule, { logger: ['error'] });
const client = app.get<ClientProxy>('SERVICE');
await client.connect();

let latencies: number[] = [];
let failed = 0;
let wrong = 0;

function ask(left: number): void {
  const askedAt = performance.now();
  let sum: number | undefined;
  client.send<number>('bench/sum', { left, right: 1 }).subscribe({
    next: (value) => {
      sum = value;
    },
    error: (error: unknown) => {
      if (failed++ === 0) console.error(error);
      ask(left + 1);
    },
    complete: () => {
      if (sum !== left + 1) wrong++;
      latencies.push(performance.now() - askedAt);
      ask(left + 1);
    },
  });
}

for (let index = 0; index < Number(inFlight); index++) ask(index * 1_000_000);
await sleep(Number(warmUpSeconds) * 1000);
latencies = [];
process.send?.({ begun: true });
const begunAt = performance.now();
await sleep(Number(seconds) * 1000);
const measured = latencies;
const result: ClientResult = {
  answered: measured.length,
  seconds: (performance.now() - begunAt) / 1000,
  failed,
  wrong,
  p50: quantile(0.5),
  p99: quantile(0.99),
};
process.send?.({ result }, () => process.exit(0));

function quantile(share: number): number {
  const sorted = measured.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}
