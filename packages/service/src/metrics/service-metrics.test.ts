/** What is counted, and how Prometheus reads it. */
import { eventually } from '@petrel/testing';
import { describe, expect, it } from 'vitest';
import { FakeNetwork } from '../fake-network.suite.js';
import { Service } from '../service.js';
import { prometheusText } from './prometheus-text.js';
import { ServiceMetrics } from './service-metrics.js';

/** Time that moves by 20 ms at each look. */
function steps(): () => number {
  let now = 0;
  return () => (now += 20);
}

async function counted(): Promise<ServiceMetrics> {
  const network = new FakeNetwork();
  const metrics = new ServiceMetrics({ now: steps() });
  const service = new Service(network.link(), { observers: [metrics], onError: () => undefined });
  await service.respond('sum', (data) => {
    if (!Array.isArray(data)) throw Object.assign(new Error('secret 4711'), { code: 'NO_NUMBERS' });
    return data.length;
  });
  await service.on('sensors/:room', () => undefined);
  await service.request('sum', [1]);
  await expect(service.request('sum', 'x')).rejects.toThrow();
  await expect(service.request('nobody', 'x')).rejects.toThrow();
  await service.publish('sensors/kitchen', 1);
  await service.publish('sensors/cellar', 1);
  await eventually(() => expect(service.inWork).toBe(0));
  return metrics;
}

describe('the counters of a service', () => {
  it('are kept by pattern, not by topic', async () => {
    const metrics = await counted();
    expect(metrics.handlers).toMatchObject([
      { topic: 'sum', kind: 'request', handled: 1, failed: 1, inFlight: 0, lastError: 'NO_NUMBERS' },
      { topic: 'sensors/:room', kind: 'event', handled: 2, failed: 0, inFlight: 0, lastError: undefined },
    ]);
    expect(metrics.published).toMatchObject({ succeeded: 2, failed: new Map() });
    expect(metrics.requests.succeeded).toBe(1);
    expect([...metrics.requests.failed]).toEqual([
      ['PETREL_REMOTE_ERROR', 1],
      ['PETREL_NO_RESPONDER', 1],
    ]);
  });

  it('see a message that is in work', async () => {
    const metrics = new ServiceMetrics();
    const service = new Service(new FakeNetwork().link(), { observers: [metrics] });
    let finish = (): void => undefined;
    await service.on('slow', () => new Promise<void>((resolve) => (finish = resolve)));
    await service.publish('slow');
    await eventually(() => expect(metrics.handlers[0]?.inFlight).toBe(1));
    finish();
    await eventually(() => expect(metrics.handlers[0]).toMatchObject({ inFlight: 0, handled: 1 }));
  });

  it('count what became of a message besides', () => {
    const metrics = new ServiceMetrics();
    const endpoint = { topicFilter: 'jobs', responds: false } as never;
    for (const what of ['retried', 'retried', 'deadLettered', 'dropped'] as const)
      metrics.happened(what, endpoint);
    expect(metrics.handlers[0]).toMatchObject({ retried: 2, deadLettered: 1, dropped: 1 });
  });

  it('have a bound: handlers beyond it are counted together', () => {
    const metrics = new ServiceMetrics({ maximumTopics: 2 });
    for (const topicFilter of ['a', 'b', 'c', 'd']) metrics.of({ topicFilter, responds: false }).handled++;
    expect(metrics.handlers.map(({ topic, handled }) => [topic, handled])).toEqual([
      ['a', 1],
      ['b', 1],
      ['(others)', 2],
    ]);
  });
});

describe('the text for Prometheus', () => {
  it('has a line for each counter and bucket, with the labels of the service', async () => {
    const text = prometheusText(await counted(), { service: 'climate' });
    const lines = text.split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        '# TYPE petrel_service_messages_handled_total counter',
        'petrel_service_messages_handled_total{service="climate",topic="sensors/:room",kind="event"} 2',
        'petrel_service_messages_failed_total{service="climate",topic="sum",kind="request"} 1',
        'petrel_service_messages_in_flight{service="climate",topic="sum",kind="request"} 0',
        'petrel_service_requests_total{service="climate",outcome="ok"} 1',
        'petrel_service_requests_total{service="climate",outcome="PETREL_NO_RESPONDER"} 1',
        'petrel_service_publishes_total{service="climate",outcome="ok"} 2',
        'petrel_service_request_duration_seconds_count{service="climate"} 3',
        'petrel_service_handler_duration_seconds_bucket{service="climate",topic="sum",kind="request",le="+Inf"} 2',
        'petrel_service_handler_duration_seconds_count{service="climate",topic="sum",kind="request"} 2',
      ]),
    );
    expect(text).not.toContain('4711');
  });

  it('is in the form that the format demands', async () => {
    const lines = prometheusText(await counted())
      .trimEnd()
      .split('\n');
    const form =
      /^(# HELP [a-z_]+ \S.*|# TYPE [a-z_]+ (counter|gauge|histogram)|[a-z_]+(\{([a-z]+="([^"\\\n]|\\.)*",?)+\})? [\d.e+-]+)$/;
    expect(lines.filter((line) => !form.test(line))).toEqual([]);
    const types = lines.filter((line) => line.startsWith('# TYPE'));
    expect(new Set(types).size).toBe(types.length);
  });

  it('has cumulative buckets, and escapes what a topic may hold', () => {
    const metrics = new ServiceMetrics();
    const { durations } = metrics.of({ topicFilter: 'a"b\\c\nd', responds: false });
    for (const seconds of [0.0005, 0.001, 0.3, 99]) durations.observe(seconds);
    const text = prometheusText(metrics);
    const bucket = (le: string) =>
      `petrel_service_handler_duration_seconds_bucket{topic="a\\"b\\\\c\\nd",kind="event",le="${le}"}`;
    expect(text).toContain(`${bucket('0.001')} 2\n`);
    expect(text).toContain(`${bucket('0.25')} 2\n`);
    expect(text).toContain(`${bucket('0.5')} 3\n`);
    expect(text).toContain(`${bucket('10')} 3\n`);
    expect(text).toContain(`${bucket('+Inf')} 4\n`);
  });
});
