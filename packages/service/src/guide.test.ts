/** The code of the guide runs. */
import { readFileSync } from 'node:fs';
import { createBroker } from '@petrel/broker';
import { expect, it, vi } from 'vitest';
import { createService } from './create-service.js';
import { Outbound } from './handler.js';
import type { ServiceOptions } from './options.js';

type Run = (...values: unknown[]) => Promise<void>;

it('docs/guides/service.md: the example does what its comments say', async () => {
  const guide = readFileSync(new URL('../../../docs/guides/service.md', import.meta.url), 'utf8');
  const code =
    /^```ts service-guide\n([\s\S]*?)^```/m.exec(guide)?.[1] ?? expect.fail('the guide has no example');
  const broker = await createBroker();
  const names = {
    createService: (options: ServiceOptions) =>
      createService({ ...options, url: undefined, stream: () => broker.connect() }),
    Outbound,
    url: undefined,
    store: vi.fn(),
    averageOf: (rooms: string[]) => rooms.length,
    historyOf: async function* (room: string) {
      yield* [`${room} 20`, `${room} 21`];
    },
    print: vi.fn(),
  };
  const AsyncFunction = (async () => undefined).constructor as new (...parts: string[]) => Run;
  await new AsyncFunction(...Object.keys(names), code.replace(/^import .*$/gm, ''))(...Object.values(names));
  expect(names.print.mock.calls).toEqual([['kitchen 20'], ['kitchen 21']]);
  await broker.destroy();
});
