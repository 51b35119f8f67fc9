/** Petrel keeps every statement, the suite tests every statement, and a broker of others shows that the tests themselves still work. */
import { describePeer, findMosquitto } from '@petrel/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startMosquittoTarget } from './brokers/mosquitto.js';
import { startPetrel } from './brokers/petrel.js';
import type { RunningTarget } from './brokers/running-target.js';
import { clientTests } from './client/index.js';
import { petrelClient } from './clients/petrel.js';
import { readRecord, regressions, toRecord } from './record.js';
import type { RunResult } from './results.js';
import { runClient } from './run-client.js';
import { runServer } from './run-server.js';
import { serverTests } from './server/index.js';
import {
  statements,
  statementsOf,
  testedVersions,
  unobservable,
  unobservableKey,
  versionName,
} from './statements.js';

const longestRunMs = 120_000;

const suites = [
  { role: 'server', tests: serverTests },
  { role: 'client', tests: clientTests },
] as const;
const cases = suites.flatMap((suite) => testedVersions.map((version) => ({ ...suite, version })));

describe.each(cases)('the suite for the $role, protocol level $version', ({ role, tests, version }) => {
  const tested = new Set(tests.filter((found) => found.version === version).flatMap(({ ids }) => ids));
  const isExplained = (id: string) => unobservable.has(unobservableKey(version, role, id));

  test(`has a test or a reason for every statement that binds a ${role}`, () => {
    const missing = statementsOf(version, role).filter(({ id }) => !tested.has(id) && !isExplained(id));
    expect(missing.map(({ id }) => id)).toEqual([]);
  });

  test('has no test for a statement that does not exist or binds only the other end', () => {
    const known = new Set(statementsOf(version, role).map(({ id }) => id));
    expect([...tested].filter((id) => !known.has(id))).toEqual([]);
  });

  test('gives reasons only where there is no test', () => {
    expect([...tested].filter(isExplained)).toEqual([]);
  });
});

test('the lists have all 251 statements of MQTT 5.0 and all 141 of 3.1.1', () => {
  expect([statements[5].length, statements[4].length]).toEqual([251, 141]);
});

test('fewer than 12 statements cannot be observed', () => {
  expect(unobservable.size).toBeLessThan(12);
});

async function runAgainst(start: () => Promise<RunningTarget>): Promise<RunResult> {
  const running = await start();
  try {
    return await runServer(running.name, running.target);
  } finally {
    await running.stop();
  }
}

/** What a run has to be empty of, and which versions it covered. */
function shortcomings({ versions }: RunResult): readonly string[] {
  expect(versions.map(({ version }) => version)).toEqual(
    testedVersions.map((version) => versionName[version]),
  );
  return versions.flatMap(({ version, statements }) =>
    statements
      .filter(({ status }) => status === 'failed' || status === 'not tested')
      .map(({ id, status, reason }) => `${version} ${id} ${status}: ${reason}`),
  );
}

test(
  "Petrel's broker keeps every statement of both versions",
  async () => {
    expect(shortcomings(await runAgainst(startPetrel))).toEqual([]);
  },
  longestRunMs,
);

test(
  "Petrel's client keeps every statement of both versions",
  async () => {
    expect(shortcomings(await runClient(petrelClient))).toEqual([]);
  },
  longestRunMs,
);

describePeer(findMosquitto(), 'Mosquitto', () => {
  test(
    'passes what it passed when its result was recorded',
    async () => {
      const recorded = readRecord('server-mosquitto');
      if (recorded === undefined)
        throw new Error('recorded/server-mosquitto.json is missing: npm run conformance -- --report');
      const running = await startMosquittoTarget();
      onTestFinished(() => running.stop());
      const result = await runServer(running.name, running.target);
      expect(regressions(recorded, toRecord(result))).toEqual([]);
    },
    longestRunMs,
  );
});
