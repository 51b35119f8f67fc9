/** What an operator gets besides the packages: a unit for systemd, an image, manifests for Kubernetes. Checked as far as that goes without their machines. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBroker, hashPassword } from '@petrel/broker';
import { metricsText, openHealthServer } from '@petrel/broker/admin';
import {
  describePeer,
  findSystemdAnalyze,
  freePort,
  launchProcess,
  pathOf,
  serverCertificate,
} from '@petrel/testing';
import { run } from 'petrel';
import { afterAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { manifestOf, root } from './source-files.js';

const folder = mkdtempSync(join(tmpdir(), 'petrel-deploy-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (path: string) => readFileSync(join(root, 'deploy', path), 'utf8');

describePeer(findSystemdAnalyze(), 'the unit for systemd', () => {
  const analyze = (...args: string[]) =>
    execFileSync(pathOf(findSystemdAnalyze()), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  test('is right', () => {
    // The program has to exist, and here it is elsewhere.
    const unit = join(folder, 'petrel.service');
    writeFileSync(unit, read('petrel.service').replaceAll('/usr/bin/petrel', process.execPath));
    expect(analyze('verify', unit)).toBe('');
  });

  test('leaves the broker little to do harm with: at most 2.0 of 10', () => {
    const unit = join(root, 'deploy', 'petrel.service');
    // Exits with 1 above the threshold.
    expect(analyze('security', '--offline=true', '--threshold=20', unit)).toMatch(/Overall exposure level/);
  });

  test('lets V8 ask for what it can do without', () => {
    expect(read('petrel.service')).toMatch(/^SystemCallErrorNumber=EPERM$/m);
    expect(read('petrel.service')).not.toMatch(/^MemoryDenyWriteExecute=/m);
  });
});

describe('the image', () => {
  const instructions = read('docker/Dockerfile')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, keyword = '', rest = ''] = /^\s*(\S+)\s+(.*)$/.exec(line) ?? [];
      return { keyword, rest };
    });
  const of = (keyword: string) => instructions.filter((each) => each.keyword === keyword);
  const last = (keyword: string) => of(keyword).at(-1)?.rest ?? '';

  test('knows only instructions that there are', () => {
    const known = 'FROM RUN CMD COPY ENV EXPOSE ENTRYPOINT VOLUME USER WORKDIR HEALTHCHECK'.split(' ');
    expect(instructions.filter(({ keyword }) => !known.includes(keyword))).toEqual([]);
    expect(of('FROM').length).toBe(2);
  });

  test('runs on a Node that the packages take, as somebody who is not root', () => {
    const [, wanted = ''] = /(\d+)\.\d+/.exec(manifestOf('packages/cli').engines?.node ?? '') ?? [];
    for (const { rest } of of('FROM'))
      expect(Number(/^node:(\d+)/.exec(rest)?.[1])).toBeGreaterThanOrEqual(Number(wanted));
    expect(last('USER')).toBe('node');
    expect(instructions.findLastIndex(({ keyword }) => keyword === 'USER')).toBeGreaterThan(
      instructions.findLastIndex(({ keyword }) => keyword === 'RUN'),
    );
  });

  test('packs every package that the command needs', () => {
    const packed = [...(of('RUN')[0]?.rest.matchAll(/--workspace (\S+)/g) ?? [])].map(
      ([, path = '']) => path,
    );
    const namesOf = new Map(packed.map((path) => [manifestOf(path).name, path]));
    const missing = packed.flatMap((path) =>
      Object.keys(manifestOf(path).dependencies ?? {}).filter(
        (name) => name.startsWith('@petrel/') && !namesOf.has(name),
      ),
    );
    expect(missing).toEqual([]);
    expect(namesOf.has('petrel')).toBe(true);
  });

  test('starts the command in a form that gets its signals', () => {
    expect(JSON.parse(last('ENTRYPOINT'))).toEqual(['petrel']);
    expect(JSON.parse(last('CMD'))).toEqual(['broker', '--config', '/etc/petrel/petrel.yaml']);
  });

  test('its health check tells a broker from nobody', async () => {
    const [command = '', ...args] = JSON.parse(
      /CMD (\[.*\])$/.exec(last('HEALTHCHECK'))?.[1] ?? '[]',
    ) as string[];
    expect(command).toBe('node');
    const check = async (port: number) => {
      const env = { PETREL_HEALTH_PORT: `${port}` };
      const launched = await launchProcess({ command: process.execPath, args, env });
      return (await launched.exited).code;
    };
    const broker = await createBroker({ listeners: [{ type: 'tcp', port: 0 }] });
    expect(await check(broker.addresses[0]?.port ?? 0)).toBe(0);
    await broker.close();
    expect(await check(await freePort())).toBe(1);
  });
});

test('the limits for a broker that strangers can reach are right, at the end of a configuration', async () => {
  const file = join(folder, 'strangers.yaml');
  writeFileSync(file, `listeners: [{ type: tcp, port: 1883 }]\n${read('limits.yaml')}`);
  expect(await check(file)).toEqual([0, `${file} is right`]);
});

/** Exit code and words of `petrel config check`. */
async function check(file: string): Promise<readonly [number, string]> {
  const said: string[] = [];
  const code = await run(['config', 'check', file], {
    out: (line) => said.push(line),
    err: (line) => said.push(line),
    write: () => {},
    status: () => {},
    isShown: false,
    input: (async function* () {})(),
    interrupted: new AbortController().signal,
    onHangup: () => () => {},
    readNewSecret: () => Promise.reject(new Error('nobody is asked')),
  });
  return [code, said.join('\n')];
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is Kubernetes' affair
  readonly spec: any;
}

describe('the dashboard for Grafana', () => {
  const dashboard = JSON.parse(read('grafana/petrel.json')) as {
    readonly panels: readonly {
      readonly id: number;
      readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
      readonly targets: readonly { readonly expr: string }[];
    }[];
  };

  test('asks for figures that the broker has, and shows all of them', async () => {
    const broker = await createBroker();
    const figures = { residentBytes: 1, heapBytes: 1, cpuSeconds: 1 };
    const text = metricsText(broker.metrics(), figures);
    await broker.close();
    const known = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    const asked = dashboard.panels.flatMap(({ targets }) =>
      targets.flatMap(({ expr }) => expr.match(/(petrel|process|nodejs)_[a-z_]+/g) ?? []),
    );
    expect(asked.filter((name) => !known.includes(name))).toEqual([]);
    const shown = new Set([...asked, 'petrel_broker_uptime_seconds', 'petrel_broker_shared_groups']);
    const isPackets = (name = '') => name.endsWith('_packets_total');
    expect(known.filter((name) => !shown.has(name as string) && !isPackets(name))).toEqual([]);
  });

  test('has panels that do not lie on each other', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });
});

describe('the manifests for Kubernetes', () => {
  const documents = parseAllDocuments(read('kubernetes/petrel.yaml'));
  const manifests = documents.map((document) => document.toJS() as Manifest);
  const one = (kind: string) => manifests.find((each) => each.kind === kind) as Manifest;

  test('are YAML without a mistake, and one of each', () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    expect(manifests.map(({ kind }) => kind)).toEqual(['ConfigMap', 'Service', 'StatefulSet']);
  });

  test('belong together: labels, ports, volumes', () => {
    const { template, selector, volumeClaimTemplates, replicas } = one('StatefulSet').spec;
    const { containers, volumes } = template.spec;
    const [container] = containers;
    expect(replicas).toBe(1);
    expect(template.metadata.labels).toMatchObject(selector.matchLabels);
    expect(template.metadata.labels).toMatchObject(one('Service').spec.selector);
    const ports = container.ports.map(({ name }: { name: string }) => name);
    for (const { targetPort } of one('Service').spec.ports) expect(ports).toContain(targetPort);
    const named = [
      ...volumes.map(({ name }: { name: string }) => name),
      ...volumeClaimTemplates.map(({ metadata }: Manifest) => metadata.name),
    ];
    expect(container.volumeMounts.map(({ name }: { name: string }) => name).toSorted()).toEqual(
      named.toSorted(),
    );
    expect(volumes[0].configMap.name).toBe(one('ConfigMap').metadata.name);
  });

  test('probe what the broker answers, and are patient with a slow one', async () => {
    const { startupProbe, readinessProbe, livenessProbe, ports } =
      one('StatefulSet').spec.template.spec.containers[0];
    const configured = parse(one('ConfigMap').data?.['petrel.yaml'] ?? '').health;
    expect(ports).toContainEqual({ name: 'health', containerPort: configured.port });
    // No client of the Service needs it.
    expect(one('Service').spec.ports.map(({ targetPort }: { targetPort: string }) => targetPort)).toEqual([
      'mqtts',
    ]);
    const broker = await createBroker({ listeners: [{ type: 'tcp', port: 0 }] });
    const server = await openHealthServer(broker, { port: 0 });
    for (const { httpGet } of [startupProbe, readinessProbe, livenessProbe]) {
      expect(httpGet.port).toBe('health');
      expect((await fetch(`${server.url}${httpGet.path}`)).status).toBe(200);
    }
    await server.close();
    await broker.close();
    expect(livenessProbe.httpGet.path).toBe('/health');
    const { timeoutSeconds, periodSeconds, failureThreshold } = livenessProbe;
    expect(timeoutSeconds).toBeGreaterThanOrEqual(10);
    expect(periodSeconds * failureThreshold).toBeGreaterThanOrEqual(60);
  });

  test('give the broker no rights that it does not need', () => {
    const { securityContext, containers, automountServiceAccountToken } =
      one('StatefulSet').spec.template.spec;
    expect(securityContext.runAsNonRoot).toBe(true);
    expect(automountServiceAccountToken).toBe(false);
    expect(containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  test('bring a configuration that the broker would start with', async () => {
    const configuration = one('ConfigMap').data?.['petrel.yaml'] ?? '';
    // Where the container has its secrets and its disk.
    writeFileSync(join(folder, 'tls.key'), serverCertificate.key);
    writeFileSync(join(folder, 'tls.crt'), serverCertificate.cert);
    writeFileSync(join(folder, 'passwords'), `alice:${await hashPassword('opensesame')}\n`);
    const file = join(folder, 'petrel.yaml');
    writeFileSync(file, configuration.replaceAll(/\/etc\/petrel-[a-z]+|\/var\/lib\/petrel/g, folder));
    expect(await check(file)).toEqual([0, expect.any(String)]);
  });
});
