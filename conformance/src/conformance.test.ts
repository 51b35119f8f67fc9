/** Petrel keeps every statement, the suite tests every statement, and a broker of others shows that the tests themselves still work. */
import { describePeer, findMosquitto } from '@petrel/testing';
import { describe, expect, test } from 'vitest';
import { startMosquittoTarget } from './brokers/mosquitto.js';
import { startPetrel } from './brokers/petrel.js';
import { readRecord, regressions, toRecord } from './record.js';
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

describe.each(testedVersions)('the suite for protocol level %i', (version) => {
  const tested = new Set(serverTests.filter((found) => found.version === version).flatMap(({ ids }) => ids));
  const isExplained = (id: string) => unobservable.has(unobservableKey(version, 'server', id));

  test('has a test or a reason for every statement that binds a server', () => {
    const missing = statementsOf(version, 'server').filter(({ id }) => !tested.has(id) && !isExplained(id));
    expect(missing.map(({ id }) => id)).toEqual([]);
  });

  test('has no test for a statement that does not exist or binds clients only', () => {
    const known = new Set(statementsOf(version, 'server').map(({ id }) => id));
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

test(
  'Petrel keeps every statement of both versions',
  async () => {
    const running = await startPetrel();
    const { versions } = await runServer(running.name, running.target).finally(() => running.stop());
    const failed = versions.flatMap(({ version, statements }) =>
      statements
        .filter(({ status }) => status === 'failed' || status === 'not tested')
        .map(({ id, status, reason }) => `${version} ${id} ${status}: ${reason}`),
    );
    expect(failed).toEqual([]);
    expect(versions.map(({ version }) => version)).toEqual(
      testedVersions.map((version) => versionName[version]),
    );
  },
  longestRunMs,
);

describePeer(findMosquitto(), 'Mosquitto', () => {
  test(
    'passes what it passed when its result was recorded',
    async () => {
      const recorded = readRecord('mosquitto');
      if (recorded === undefined)
        throw new Error('recorded/mosquitto.json is missing: npm run conformance -- --report');
      const running = await startMosquittoTarget();
      const result = await runServer(running.name, running.target).finally(() => running.stop());
      expect(regressions(recorded, toRecord(result))).toEqual([]);
    },
    longestRunMs,
  );
});
