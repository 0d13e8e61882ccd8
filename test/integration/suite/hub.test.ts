import * as vscode from 'vscode';
import { browserTransport } from '../../../src/hub/browserTransport';
import { parseEndpoint } from '../../../src/hub/endpoint';
import { requestText } from '../../../src/hub/requestText';
import { deepEqual, equal, ok } from '../assert';
import { hintsOf, hoverOn, lensesOf, loadLens, modelLine, problemsOf } from '../surfaces';
import { until } from '../workspace';

interface Seen {
  readonly host: string;
  readonly path: string;
  readonly token?: string;
}

// scripts/vscode/hubServer.mjs, which the runner of the suite has named in the settings
const endpoint = (): string => vscode.workspace.getConfiguration('vramLens').get<string>('hub.endpoint') ?? '';
const ask = async (address: string): Promise<string> => (await fetch(address)).text();
const seenAt = async (origin: string): Promise<readonly Seen[]> => JSON.parse(await ask(`${origin}/seen`)) as readonly Seen[];
const pathsAsked = async (): Promise<readonly string[]> => (await seenAt(endpoint())).map(({ path }) => path);

const openFromHub = (...args: unknown[]): Thenable<unknown> => vscode.commands.executeCommand('vramLens.openFromHub', ...args);
const addressOf = (path: string, query = ''): vscode.Uri => vscode.Uri.from({ scheme: 'vram-lens-hub', path, query });

function active(): vscode.TextDocument {
  const document = vscode.window.activeTextEditor?.document;
  ok(document, 'an editor is open');
  return document;
}

/** Opens what cannot be, and closes the message. */
async function openAndDismiss(name: string): Promise<void> {
  const answered = openFromHub(name);
  await new Promise((resolve) => setTimeout(resolve, 500));
  await vscode.commands.executeCommand('notifications.clearAll');
  await answered;
}

/** The promise of something that must fail. */
async function rejected(doing: Thenable<unknown>, what: string): Promise<void> {
  const done = await doing.then(
    () => true,
    () => false,
  );
  ok(!done, `${what} fails`);
}

describe('models of the Hub', () => {
  before(async () => {
    ok(endpoint().startsWith('http://127.0.0.1:'), `the endpoint is this machine's: ${endpoint()}`);
    await loadLens();
  });

  it('nothing has been asked for before the command', async () => deepEqual(await pathsAsked(), []));

  it('open by name as a read-only document with every annotation', async () => {
    await openFromHub('org/llama');
    const document = active();
    equal(document.uri.toString(true), 'vram-lens-hub:/org/llama/config.json');
    equal(document.languageId, 'json');
    equal(vscode.workspace.fs.isWritableFileSystem('vram-lens-hub'), false, 'writable');
    const line = await modelLine(document);
    ok(line?.startsWith('Llama · 8.03B params'), String(line));
    ok((await hintsOf(document)).length > 5, 'hints');
    ok((await hoverOn(document, 'num_key_value_heads')).includes('128 KiB'), 'a hover');
    // The index of this hub names no tensor, which is said once it was looked into.
    const ofConfig = problemsOf(document).filter(({ code }) => code !== 'checkpoint-unreadable');
    deepEqual(ofConfig, [], 'problems');
    await vscode.commands.executeCommand('vramLens.copyMarkdown', document.uri);
    ok((await vscode.env.clipboard.readText()).includes('**8,030,261,248**'), 'the estimate');
  });

  it('ask for the config and for what belongs to it, and for nothing else', async () => {
    const commit = '0e9e39f249a16976918f6564b8830bc894c89659';
    const [config, cache, ...companions] = await pathsAsked();
    deepEqual([config, cache], ['/org/llama/resolve/main/config.json', '/cache/config.json']);
    const names = ['hf_quant_config', 'model.safetensors.index', 'quant_config', 'quantization_config', 'quantize_config'];
    deepEqual(
      [...companions].sort(),
      names.map((name) => `/org/llama/resolve/${commit}/${name}.json`),
    );
  });

  it('have the files that came with the config beside it', async () => {
    const bytes = await vscode.workspace.fs.readFile(addressOf('/org/llama/model.safetensors.index.json'));
    ok(new TextDecoder().decode(bytes).includes('16060522496'), 'the index');
    deepEqual(await vscode.workspace.fs.readDirectory(addressOf('/org/llama')), [
      ['config.json', vscode.FileType.File],
      ['model.safetensors.index.json', vscode.FileType.File],
    ]);
    await rejected(vscode.workspace.fs.stat(addressOf('/org/llama/hf_quant_config.json')), 'what is not there');
  });

  it('cannot be changed', async () => {
    await rejected(vscode.workspace.fs.writeFile(addressOf('/org/llama/config.json'), new Uint8Array()), 'writing');
    await rejected(vscode.workspace.fs.delete(addressOf('/org/llama/config.json')), 'deleting');
  });

  it('open at a revision as another document', async () => {
    await openFromHub(`${endpoint()}/org/llama/blob/half/config.json`);
    equal(active().uri.toString(true), 'vram-lens-hub:/org/llama/config.json?half');
    const line = await modelLine(active());
    ok(line?.includes('4.54B'), String(line));
  });

  it('open from the list of the last ones', async () => {
    await openFromHub('org/llama');
    await openFromHub('org/again');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    let done = false;
    const opening = openFromHub().then(() => (done = true));
    for (let attempt = 0; attempt < 20 && !done; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      if (!done) await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
    }
    await opening;
    equal(active().uri.path, '/org/again/config.json');
  });

  it('stay closed where there is none: a message, and no second request', async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    const before = (await pathsAsked()).length;
    for (const name of ['org/missing', 'org/gated', 'no model', 'https://example.com/org/llama']) await openAndDismiss(name);
    equal(vscode.window.activeTextEditor, undefined, 'an editor');
    deepEqual((await pathsAsked()).slice(before), ['/org/missing/resolve/main/config.json', '/org/gated/resolve/main/config.json']);
  });

  it('a document of an earlier session says so, asks for nothing, and is fetched again by its link', async () => {
    const before = (await pathsAsked()).length;
    const uri = addressOf('/org/llama/config.json', 'main2');
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document);
    ok(Array.isArray(JSON.parse(document.getText())), 'a list, as JSON');
    equal(await modelLine(document), '$(cloud-download) Fetch org/llama@main2 again');
    equal((await pathsAsked()).length, before, 'requests');

    const again = await vscode.workspace.openTextDocument(addressOf('/org/llama/config.json', '0e9e39f249a16976918f6564b8830bc894c89659'));
    await vscode.window.showTextDocument(again);
    const [link] = await lensesOf(again);
    ok(link?.command, 'a link');
    await vscode.commands.executeCommand(link.command.command, ...(link.command.arguments ?? []));
    await until(() => again.getText().includes('LlamaForCausalLM'), 'the config in the same document');
    equal((await lensesOf(again)).length, 3, 'lenses');
  });

  it('addresses that no model has are no documents', async () => {
    for (const path of ['/a/b/c/config.json', '/org/.hidden/config.json', '/config.json', '/org/llama/other.json'])
      await rejected(vscode.workspace.openTextDocument(addressOf(path)), path);
    await rejected(vscode.workspace.openTextDocument(addressOf('/org/llama/config.json', '../x')), 'a revision of dots');
  });

  it('a fetch of the platform keeps the token from another origin', async () => {
    const elsewhere = await ask(`${endpoint()}/elsewhere`);
    const place = parseEndpoint(endpoint());
    ok(place, 'an endpoint');
    const client = { transport: browserTransport(fetch), endpoint: place, token: 'hf_secret' };
    const answer = await requestText(
      client,
      `${place.url}/org/elsewhere/resolve/main/model.safetensors.index.json`,
      1_000_000,
      new AbortController().signal,
    );
    equal(answer.kind, 'text');
    equal((await seenAt(endpoint())).at(-1)?.token, 'Bearer hf_secret', 'at the endpoint');
    const [last] = (await seenAt(elsewhere)).slice(-1);
    deepEqual([last?.path, last?.token], ['/org/llama/resolve/main/model.safetensors.index.json', undefined], 'elsewhere');
  });

  it('requests go through the proxy of VS Code’s settings', async function () {
    // a browser has its own proxy; what it is nobody tells its pages
    if (typeof process === 'undefined') this.skip();
    const proxy = endpoint();
    const set = (key: string, value: string | undefined): Thenable<void> =>
      vscode.workspace.getConfiguration().update(key, value, vscode.ConfigurationTarget.Global);
    await set('http.proxy', proxy);
    await set('vramLens.hub.endpoint', 'http://hub.test');
    try {
      await openFromHub('org/llama');
    } finally {
      await set('http.proxy', undefined);
      await set('vramLens.hub.endpoint', proxy);
    }
    equal((await seenAt(proxy)).at(-1)?.host, 'hub.test', 'the host that was asked for');
  });

  // the last one: this hub is left alone from here on
  it('a hub that asks for a pause gets it', async () => {
    const before = (await pathsAsked()).length;
    for (const name of ['org/limited', 'org/limited', 'org/llama']) await openAndDismiss(name);
    deepEqual((await pathsAsked()).slice(before), ['/org/limited/resolve/main/config.json']);
  });
});
