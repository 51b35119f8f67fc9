/** What a bundler makes of the browser entry: no Node inside, and small. */
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

function bundle(contents: string) {
  return build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['@petrel/source', 'browser'],
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
}

test('the browser bundle builds without Node built-ins and without ws', async () => {
  const { outputFiles, metafile } = await bundle("export * from '@petrel/client';");
  const inputs = Object.keys(metafile.inputs);
  expect(inputs.some((path) => path.endsWith('client/src/index.browser.ts'))).toBe(true);
  expect(inputs.filter((path) => path.startsWith('node:') || path.includes('node_modules/ws'))).toEqual([]);
  const code = outputFiles[0]?.text ?? '';
  expect(code).not.toMatch(/["']node:/);
  // A bound, so that growth is noticed; MQTT.js takes 105 KB.
  expect(gzipSync(code).length).toBeLessThan(34_000);
});

test('a program that names neither SCRAM nor the store in IndexedDB does not ship them', async () => {
  const { outputFiles } = await bundle(
    "import { connect } from '@petrel/client'; globalThis.connect = connect;",
  );
  const code = outputFiles[0]?.text ?? '';
  expect(code).toContain('MQIsdp');
  expect(code).not.toContain('SCRAM-SHA-256');
  expect(code).not.toContain('petrel-sessions');
  expect(gzipSync(code).length).toBeLessThan(29_000);
});
