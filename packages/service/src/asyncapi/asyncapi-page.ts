/**
 * A page that shows an AsyncAPI document with the renderer of the AsyncAPI initiative, all of it from this process: nothing is
 * loaded from elsewhere. Needs the optional peer `@asyncapi/react-component`; Node only.
 */
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { UsageError } from '@petrel/protocol';
import type { AsyncApiDocument } from './asyncapi-document.js';

/** Answers HTTP requests: for `http.createServer`, and for `app.use(path, handler)` of Express or NestJS. */
export type PageHandler = (request: IncomingMessage, response: ServerResponse, next?: () => void) => void;

interface Asset {
  readonly contentType: string;
  readonly read: () => Promise<string | Buffer>;
}

const renderer = '@asyncapi/react-component';
/** Only its own files; the renderer compiles JSON Schemas to functions, and writes styles on elements. */
const policy =
  "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:";

/**
 * Serves the page and its parts: `createServer(asyncApiPage(() => asyncApiDocument(service)))`. The document is made anew at each
 * request. Throws UsageError where the renderer is not installed.
 */
export function asyncApiPage(document: () => AsyncApiDocument): PageHandler {
  const file = fileOfRenderer();
  const assets = new Map<string, Asset>([
    ['', { contentType: 'text/html; charset=utf-8', read: async () => html }],
    ['start.js', { contentType: 'text/javascript; charset=utf-8', read: async () => script }],
    ['document.json', { contentType: 'application/json', read: async () => JSON.stringify(document()) }],
    [
      'renderer.js',
      {
        contentType: 'text/javascript; charset=utf-8',
        read: () => readFile(file('browser/standalone/index.js')),
      },
    ],
    [
      'renderer.css',
      { contentType: 'text/css; charset=utf-8', read: () => readFile(file('styles/default.min.css')) },
    ],
  ]);
  return (request, response, next) => {
    const [path = '/'] = (request.url ?? '/').split('?', 1);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const asset = isRead ? assets.get(path.replace(/^\//, '')) : undefined;
    if (asset !== undefined) void answer(asset, response);
    else if (next !== undefined) next();
    else response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found\n');
  };
}

async function answer({ contentType, read }: Asset, response: ServerResponse): Promise<void> {
  try {
    const body = await read();
    response.writeHead(200, {
      'content-type': contentType,
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
    });
    response.end(body);
  } catch (error) {
    response.writeHead(500, { 'content-type': 'text/plain' }).end('The document could not be made\n');
    console.error(error);
  }
}

function fileOfRenderer(): (path: string) => string {
  const { resolve } = createRequire(import.meta.url);
  try {
    resolve(`${renderer}/package.json`);
  } catch (cause) {
    throw new UsageError(`the page of an AsyncAPI document needs the package ${renderer}`, { cause });
  }
  return (path) => resolve(`${renderer}/${path}`);
}

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>AsyncAPI</title>
<base href="./">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="renderer.css">
</head>
<body>
<main id="document"></main>
<script src="renderer.js"></script>
<script src="start.js"></script>
</body>
</html>
`;

const script = `fetch('document.json')
  .then((answer) => answer.json())
  .then((schema) => {
    document.title = schema.info.title;
    AsyncApiStandalone.render({ schema, config: { show: { errors: true } } }, document.getElementById('document'));
  });
`;
