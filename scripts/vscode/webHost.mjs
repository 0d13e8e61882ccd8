import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { root } from '../support/paths.mjs';
import { ensureVSCode } from './install.mjs';
import { languageScript } from './locale.mjs';
import { quietSettings } from './settings.mjs';

const mimeTypes = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};

const workbenchPath = '/static/out/vs/code/browser/workbench/workbench.js';
const languagePath = '/language.js';
const manifestTextsPath = '/extension/package.nls.json';

// code-server's workbench always connects back to a server and keeps the user's settings there. Both are put back to what
// VS Code for the Web does.
const workbenchPatches = [
  [/remoteAuthority:location\.host/g, 'remoteAuthority:void 0'],
  [/([\w$]+)\.file\(this\.userDataPath\)\.with\(\{scheme:([\w$]+)\.vscodeRemote\}\)/g, '$1.file("/").with({scheme:$2.vscodeUserData})'],
];

/**
 * Serves the workbench with no server behind it: the extension's `browser` runs in a web worker, as on vscode.dev. The
 * workspace is read through the file system of fsProvider/; what a test writes stays in the browser's memory.
 *
 * @param {object} options as for startNodeHost; `extension` is required
 * @returns {Promise<{ host: 'web', version: string, url(page?: { file?: string }): string, close(): Promise<void> }>}
 */
export async function startWebHost({ folder, extension, tests, testMode = true, settings, locale, port = 0 }) {
  const { vscode, version } = ensureVSCode();
  const workspace = { dir: path.resolve(folder), name: path.basename(path.resolve(folder)) };
  const workbench = patchedWorkbench(vscode);
  const template = fs.readFileSync(path.join(vscode, 'out', 'vs', 'code', 'browser', 'workbench', 'workbench.html'), 'utf8');
  const folders = [
    ['/static/', vscode],
    ['/extension/', path.resolve(extension)],
    ['/fsProvider/', path.join(root, 'scripts', 'vscode', 'fsProvider')],
  ];

  const answer = (url, origin) => {
    if (url.pathname === '/') return html(renderPage(template, { origin, workspace, extension, tests, testMode, settings, locale }));
    if (url.pathname === languagePath) return script(languageScript(locale));
    if (url.pathname === workbenchPath) return script(workbench);
    if (url.pathname === manifestTextsPath && locale) return readFile(manifestTexts(extension, locale));
    if (url.pathname.startsWith('/wsfs/')) return readWorkspace(workspace, url);
    for (const [prefix, dir] of folders) {
      const file = url.pathname.startsWith(prefix) && inside(dir, decodeURIComponent(url.pathname.slice(prefix.length)));
      if (file && fs.existsSync(file) && fs.statSync(file).isFile()) return readFile(file);
    }
    // built-in extensions that the workbench lists and code-server ships without their browser bundle
    if (/^\/static\/extensions\/.*\.js$/.test(url.pathname)) return script('exports.activate = () => {};');
    return notFound;
  };

  const server = http.createServer((request, response) => {
    const url = new URL(request.url, 'http://localhost');
    const { status, type, body } = attempt(() => answer(url, `http://127.0.0.1:${server.address().port}`));
    if (status === 404 && process.env.DEBUG_WEB) console.error('404', url.pathname);
    response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-cache' });
    response.end(body);
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));

  return {
    host: 'web',
    version,
    url: ({ file } = {}) => {
      const payload = [
        ['skipWelcome', 'true'],
        ['skipReleaseNotes', 'true'],
      ];
      if (file) payload.push(['openFile', `wsfs://workspace/${workspace.name}/${posixRelative(workspace.dir, file)}`]);
      return `http://127.0.0.1:${server.address().port}/?payload=${encodeURIComponent(JSON.stringify(payload))}`;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

function patchedWorkbench(vscode) {
  let text = fs.readFileSync(path.join(vscode, 'out', 'vs', 'code', 'browser', 'workbench', 'workbench.js'), 'utf8');
  for (const [pattern, replacement] of workbenchPatches) {
    if (text.match(pattern)?.length !== 1) throw new Error(`The workbench of this code-server no longer matches ${pattern}`);
    text = text.replace(pattern, replacement);
  }
  return text;
}

function renderPage(template, { origin, workspace, extension, tests, testMode, settings, locale }) {
  const uri = (uriPath) => ({ scheme: 'http', authority: new URL(origin).host, path: uriPath });
  const configuration = {
    folderUri: { scheme: 'wsfs', authority: 'workspace', path: `/${workspace.name}` },
    additionalBuiltinExtensions: [uri('/fsProvider')],
    developmentOptions: {
      enableSmokeTestDriver: testMode ? true : undefined,
      extensions: [uri('/extension')],
      extensionTestsPath: tests ? uri(`/extension/${posixRelative(extension, tests)}`) : undefined,
    },
    configurationDefaults: { ...quietSettings, ...settings },
    enableWorkspaceTrust: false,
    // code-server throws without these three
    ...{ isEnabledFileDownloads: true, isEnabledFileUploads: true, isEnabledCoderGettingStarted: false },
    // else the worker and every webview are loaded from another origin on the internet
    _wrapWebWorkerExtHostInIframe: false,
    webviewEndpoint: `${origin}/static/out/vs/workbench/contrib/webview/browser/pre`,
    productConfiguration: {
      enableTelemetry: false,
      extensionEnabledApiProposals: { 'harness.wsfs': ['fileSearchProvider'] },
      extensionsGallery: undefined,
      nameShort: 'VS Code OSS',
      nameLong: 'VS Code OSS (web)',
    },
    callbackRoute: '/callback',
  };
  const values = {
    WORKBENCH_WEB_CONFIGURATION: escapeAttribute(JSON.stringify(configuration)),
    WORKBENCH_WEB_BASE_URL: '/static',
    WORKBENCH_NLS_FALLBACK_URL: '/static/out/nls.messages.js',
    WORKBENCH_NLS_URL: locale ? languagePath : '',
    WORKBENCH_SCRIPT_NONCE: 'nonce',
  };
  const page = template.replace(/\{\{([A-Z_]+)\}\}/g, (_, key) => values[key] ?? '');
  return page.replace('<script type="module" src=""></script>', '');
}

/** The manifest's texts in `locale`. The web host asks for the English ones only, unless an extension is from a gallery. */
function manifestTexts(extension, locale) {
  const localized = path.join(extension, `package.nls.${locale}.json`);
  return fs.existsSync(localized) ? localized : path.join(extension, 'package.nls.json');
}

function readWorkspace(workspace, url) {
  const [name, ...parts] = decodeURIComponent(url.pathname.slice('/wsfs/'.length)).split('/').filter(Boolean);
  const file = name === workspace.name && inside(workspace.dir, parts.join('/'));
  if (!file || !fs.existsSync(file)) return notFound;
  const kindOf = (entry) => (entry.isDirectory() ? 2 : 1);
  if (url.searchParams.has('stat')) {
    const { ctimeMs, mtimeMs, size } = fs.statSync(file);
    return json({ type: kindOf(fs.statSync(file)), ctime: ctimeMs, mtime: mtimeMs, size });
  }
  if (url.searchParams.has('list')) {
    return json(fs.readdirSync(file, { withFileTypes: true }).map((entry) => [entry.name, kindOf(entry)]));
  }
  return readFile(file);
}

const notFound = { status: 404, type: 'text/plain', body: 'not found' };
const html = (body) => ({ status: 200, type: mimeTypes['.html'], body });
const script = (body) => ({ status: 200, type: mimeTypes['.js'], body });
const json = (value) => ({ status: 200, type: mimeTypes['.json'], body: JSON.stringify(value) });
const readFile = (file) => ({
  status: 200,
  type: mimeTypes[path.extname(file)] ?? 'application/octet-stream',
  body: fs.readFileSync(file),
});

function attempt(action) {
  try {
    return action();
  } catch (error) {
    return { status: 500, type: 'text/plain', body: String(error) };
  }
}

/** The file `relative` inside `dir`, or undefined where it leads out of it. */
function inside(dir, relative) {
  const file = path.resolve(dir, relative);
  return file === dir || file.startsWith(dir + path.sep) ? file : undefined;
}

const posixRelative = (from, to) => path.relative(from, to).split(path.sep).join('/');
const escapeAttribute = (text) => text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;');
