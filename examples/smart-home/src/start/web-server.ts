/** Serves the page: a few files from memory, on loopback, with headers that let the page do what it does and no more. */
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { extname } from 'node:path';
import { URL } from 'node:url';
import type { PageSettings } from '../house/page-settings.js';

export interface WebServerOptions {
  /** A free port. */
  port: number;
  /** Folder with `index.html`; no folders below it are served. */
  folder: URL;
  settings: PageSettings;
}

interface File {
  type: string;
  body: Uint8Array;
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
};

/** Starts the server; `close` ends its connections too. */
export async function startWebServer({
  port,
  folder,
  settings,
}: WebServerOptions): Promise<{ close(): Promise<void> }> {
  const files = await readFiles(folder);
  files.set('/settings.json', { type: types['.json']!, body: Buffer.from(JSON.stringify(settings)) });
  const headers = securityHeaders(settings.webSocketPort);
  const hosts = [`localhost:${port}`, `127.0.0.1:${port}`];

  const server = createServer((request, response) => answer(request, response, { files, headers, hosts }));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1' }, resolve);
  });
  return { close: () => closeServer(server) };
}

interface Site {
  files: Map<string, File>;
  headers: Record<string, string>;
  hosts: readonly string[];
}

function answer(request: IncomingMessage, response: ServerResponse, { files, headers, hosts }: Site): void {
  const refuse = (status: number, text: string) =>
    response.writeHead(status, { ...headers, 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);

  // Another name that leads here is a foreign page that has its own name resolve to loopback.
  if (!hosts.includes(request.headers.host ?? '')) return void refuse(403, `ask for ${hosts.join(' or ')}`);
  if (request.method !== 'GET' && request.method !== 'HEAD') return void refuse(405, 'only GET and HEAD');
  const path = (request.url ?? '/').split('?', 1)[0]!;
  const file = files.get(path === '/' ? '/index.html' : path);
  if (file === undefined) return void refuse(404, 'there is no such page');
  response.writeHead(200, { ...headers, 'Content-Type': file.type, 'Content-Length': file.body.length });
  response.end(request.method === 'HEAD' ? undefined : file.body);
}

async function readFiles(folder: URL): Promise<Map<string, File>> {
  const files = new Map<string, File>();
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const type = types[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    files.set(`/${entry.name}`, { type, body: await readFile(new URL(entry.name, folder)) });
  }
  if (!files.has('/index.html'))
    throw new Error(`${folder.pathname} has no index.html: build the example first`);
  return files;
}

function securityHeaders(webSocketPort: number): Record<string, string> {
  const webSockets = `ws://127.0.0.1:${webSocketPort} ws://localhost:${webSocketPort}`;
  return {
    'Content-Security-Policy': [
      `default-src 'none'`,
      `script-src 'self'`,
      `style-src 'self'`,
      `font-src 'self'`,
      `img-src 'self' data:`,
      `connect-src 'self' ${webSockets}`,
      `base-uri 'none'`,
      `form-action 'none'`,
      `frame-ancestors 'none'`,
    ].join('; '),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cache-Control': 'no-cache',
  };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeAllConnections();
  });
}
