import { FakeClock } from '@petrel/testing';
import { describe, expect, it } from 'vitest';
import { FakeNetwork } from './fake-network.suite.js';
import { Service } from './service.js';

const work = () => undefined;

describe('a group over MQTT 3.1.1', () => {
  it('that the server does not know fails the start with the filter and the reason, and leaves nothing subscribed', async () => {
    const network = new FakeNetwork();
    network.knowsGroups = false;
    const service = new Service(network.link({ protocolVersion: 4 }), { group: 'workers' });
    const refused = {
      code: 'PETREL_SUBSCRIPTION_REFUSED',
      message: expect.stringMatching(/"\$share\/workers\/jobs" is useless: .*knows no shared subscriptions/),
    };
    await expect(service.on('jobs', work)).rejects.toMatchObject(refused);
    expect(network.topicFilters()).toEqual([]);
    expect(service.endpoints).toEqual([]);
    await service.on('jobs', work, { group: false });
    expect(network.topicFilters()).toEqual(['jobs']);
  });

  it('is a warning where refused subscriptions are', async () => {
    const network = new FakeNetwork();
    network.knowsGroups = false;
    const warnings: Error[] = [];
    const service = new Service(network.link({ protocolVersion: 4 }), {
      onRefusedSubscription: 'warn',
      onWarning: (warning) => warnings.push(warning),
    });
    await service.on('jobs', work, { group: 'workers' });
    expect(warnings).toMatchObject([{ code: 'PETREL_SUBSCRIPTION_REFUSED' }]);
  });

  it('that the server knows is asked for once for all handlers', async () => {
    const network = new FakeNetwork();
    const service = new Service(network.link({ protocolVersion: 4 }), { group: 'workers' });
    await Promise.all(['a', 'b'].map((topic) => service.on(topic, work)));
    expect(network.topicFilters()).toEqual(['$share/workers/a', '$share/workers/b']);
    expect(network.published).toHaveLength(2);
  });

  it('goes on where access rules keep the answer away', async () => {
    const network = new FakeNetwork();
    network.knowsGroups = false;
    const clock = new FakeClock();
    const link = network.link({ protocolVersion: 4 });
    const service = new Service(link, { group: 'workers', clock });
    const publish = link.publish.bind(link);
    const asked = new Promise<void>((resolve) => {
      link.publish = async () => {
        resolve();
        return { reasonCode: 0 };
      };
    });
    const started = service.on('jobs', work);
    await asked;
    clock.advance(5_000);
    await started;
    link.publish = publish;
    expect(network.topicFilters()).toContain('$share/workers/jobs');
  });
});

it('over MQTT 5 a group is not asked for: CONNACK has said it', async () => {
  const network = new FakeNetwork();
  const service = new Service(network.link(), { group: 'workers' });
  await service.on('jobs', work);
  expect(network.published).toEqual([]);
});
