/** The code of the delivery guide runs, and the guide names every option of the policy. */

import { readFileSync } from 'node:fs';
import { eventually } from '@petrel/testing';
import { expect, it, vi } from 'vitest';
import { deliveryPolicyNames } from './delivery-policy.js';
import { FakeNetwork } from './fake-network.suite.js';
import { Service } from './service.js';

type Run = (...values: unknown[]) => Promise<void>;

const guide = readFileSync(new URL('../../../docs/guides/delivery.md', import.meta.url), 'utf8');

it('docs/guides/delivery.md: the example keeps what fails, and tries what can be mended again', async () => {
  const code = /^```ts delivery-guide\n([\s\S]*?)^```/m.exec(guide)?.[1] ?? expect.fail('no example');
  const network = new FakeNetwork();
  const service = new Service(network.link(), { onError: () => undefined });
  const store = vi.fn(() => Promise.reject(Object.assign(new Error('-300'), { code: 'BAD_READING' })));
  const AsyncFunction = (async () => undefined).constructor as new (...parts: string[]) => Run;
  await new AsyncFunction('service', 'store', code)(service, store);
  await service.publish('sensors/hall/temperature/1', -300);
  await eventually(() =>
    expect(network.published.map(({ topicName }) => topicName)).toContain('dead/temperatures'),
  );
  expect(store).toHaveBeenCalledOnce();
});

it.each(deliveryPolicyNames)('docs/guides/delivery.md explains %s', (name) => {
  expect(guide).toContain(`| \`${name}\` |`);
});
