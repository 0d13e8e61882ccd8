import * as vscode from 'vscode';
import { deepEqual, equal, ok } from '../assert';
import {
  documentOf,
  hintAt,
  hintsOf,
  hoverAt,
  hoverOn,
  lensesOf,
  loadLens,
  modelLine,
  placeOf,
  problemsOf,
  replace,
  sample,
  sampleText,
  withSetting,
} from '../surfaces';
import { fixture, until } from '../workspace';

const stale = '(before edit)';

/** The position of every hint of a document is the end of a line that has the hint's key. */
async function hintsFollowTheirKeys(document: vscode.TextDocument, expected: Readonly<Record<string, string>>): Promise<void> {
  const hints = await hintsOf(document);
  for (const { position } of hints) ok(position.isEqual(document.lineAt(position.line).range.end), `line end ${position.line}`);
  deepEqual(Object.fromEntries(hints.map(({ key, text }) => [key, text])), expected, 'hints');
}

/** The hovers of the first brace and of every line's key. */
async function everyHover(document: vscode.TextDocument): Promise<readonly string[]> {
  const found: string[] = [];
  for (let line = 0; line < document.lineCount; line++) {
    const column = document.lineAt(line).firstNonWhitespaceCharacterIndex + (line === 0 ? 0 : 2);
    const hover = await hoverAt(document, new vscode.Position(line, column));
    if (hover) found.push(hover.value);
  }
  return found;
}

/** Escaped characters are text; what is left of the Markdown must be our own. */
function holdsNoForeignMarkup(hover: string): void {
  const live = hover.replace(/\\[\\`*_[\]#|<>~&:.@!]/g, '');
  for (const [, to] of live.matchAll(/\]\(([^)]*)\)/g)) ok(to?.startsWith('command:vramLens.'), `a link to ${to} in ${hover}`);
  ok(!live.includes('<'), `an element in ${hover}`);
  ok(!live.includes('!['), `an image in ${hover}`);
  ok(!live.includes('`'), `code in ${hover}`);
  ok(!/https?:\/\/|www\.|[a-z]@[a-z]/.test(live), `an address that becomes a link in ${hover}`);
}

describe('while a config is edited', () => {
  before(loadLens);

  it('figures follow a value', async () => {
    const document = await sample('Llama-3.1-8B');
    equal(await hintAt(document, 'num_key_value_heads'), 'KV 128 KiB/token · ¼ of 32 heads');
    await replace(document, '"num_key_value_heads": 8', '"num_key_value_heads": 4');
    equal(await hintAt(document, 'num_key_value_heads'), 'KV 64 KiB/token · ⅛ of 32 heads');
    ok((await modelLine(document))?.includes('7.90B params'), 'the line follows too');
  });

  const breaks: Readonly<Record<string, readonly [string, string]>> = {
    'a missing comma': ['"hidden_size": 4096,', '"hidden_size": 4096'],
    'a missing value': ['"hidden_size": 4096,', '"hidden_size": ,'],
    'an open string': ['"hidden_act": "silu",', '"hidden_act": "silu,'],
    'a half-typed key': ['"hidden_size": 4096,', '"hidden_size": 4096,\n  "hid'],
    'an open brace': ['"hidden_size": 4096,', '"hidden_size": 4096,\n  "extra": {'],
    'lines above that do not parse': ['"architectures"', '"note": [1,\n\n\n"architectures"'],
  };
  for (const [what, [text, by]] of Object.entries(breaks))
    it(`${what}: annotations stay, marked, at their keys`, async () => {
      const document = await sample('Llama-3.1-8B');
      const line = await modelLine(document);
      const hints = Object.fromEntries((await hintsOf(document)).map((hint) => [hint.key, hint.text]));
      await replace(document, text, by);
      const lenses = await lensesOf(document);
      equal(lenses.length, 3, 'lenses');
      equal(lenses[0]?.command?.title, line, 'the figures stay where they were');
      ok(lenses[2]?.command?.title.endsWith(stale), `marked at the end: ${lenses[2]?.command?.title}`);
      await hintsFollowTheirKeys(document, Object.fromEntries(Object.entries(hints).map(([key, hint]) => [key, `${hint} (old)`])));
      await replace(document, by, text);
      equal(await modelLine(document), line, 'after the repair');
    });

  it('a hover over stale figures says so', async () => {
    const document = await sample('Llama-3.1-8B');
    await modelLine(document);
    await replace(document, '"hidden_size": 4096,', '"hidden_size": 4096');
    ok((await hoverOn(document, 'vocab_size')).includes('figures from before this edit'), 'key');
    ok((await hoverOn(document, 'model_type')).includes('figures from before this edit'), 'model');
  });

  it('marks of the last whole text stay, and half a text adds none', async () => {
    const document = await sample('Llama-3.1-8B');
    await replace(document, '"hidden_size": 4096', '"hidden_size": 4098');
    await until(() => problemsOf(document).length > 0, 'a diagnostic');
    const before = problemsOf(document).map(({ message }) => message);
    await replace(document, '"intermediate_size": 14336,', '"intermediate_size"');
    await new Promise((resolve) => setTimeout(resolve, 600)); // they wait for the person to stop typing
    deepEqual(
      problemsOf(document).map(({ message }) => message),
      before,
    );
  });

  it('a text that is broken from the start is not marked for what it may yet say', async () => {
    const content = '{ "model_type": "llama", "hidden_size": 4096, "num_attention_heads": 31, ';
    const document = await vscode.workspace.openTextDocument({ language: 'json', content });
    await vscode.window.showTextDocument(document);
    await new Promise((resolve) => setTimeout(resolve, 600));
    deepEqual(problemsOf(document), []);
    await replace(document, content, `${content}"num_hidden_layers": 2 }`);
    await until(() => problemsOf(document).some(({ code }) => code === 'not-divisible'), 'the finding of the whole text');
  });

  it('what becomes something else loses its annotations', async () => {
    const document = await sample('Llama-3.1-8B');
    equal((await lensesOf(document)).length, 3);
    await replace(document, document.getText(), '{ "name": "app", "version": "1.0.0" }');
    deepEqual(await lensesOf(document), [], 'lenses');
    deepEqual(await hintsOf(document), [], 'hints');
    await until(() => problemsOf(document).length === 0, 'no diagnostics');
  });
});

describe('wrong values', () => {
  before(loadLens);

  for (const value of ['-1', '1.5', '"64"', '1e30', 'true', '[1]'])
    it(`hidden_size ${value} is marked at its place, with what is expected and what was assumed`, async () => {
      const document = await sample('Llama-3.1-8B');
      await replace(document, '"hidden_size": 4096', `"hidden_size": ${value}`);
      await until(() => problemsOf(document).length > 0, 'a diagnostic');
      const problem = problemsOf(document).find(({ code }) => code === 'invalid-value');
      ok(problem, 'an invalid value');
      equal(document.getText(problem.range), value, 'marked text');
      ok(/^Expected .+, found .+; figures assume 4,096\.$/.test(problem.message), problem.message);
      ok((await modelLine(document))?.includes('≈'), 'the figures are estimates');
      equal((await hoverAt(document, placeOf(document, '"vocab_size"').translate(0, 2))) !== undefined, true, 'the rest still works');
    });

  it('heads that do not divide the width are an error', async () => {
    const document = await sample('Llama-3.1-8B');
    await replace(document, '"num_attention_heads": 32', '"num_attention_heads": 31');
    await until(() => problemsOf(document).length > 0, 'a diagnostic');
    const problem = problemsOf(document).find(({ code }) => code === 'not-divisible');
    ok(problem, 'it is reported');
    equal(problem.severity, vscode.DiagnosticSeverity.Error);
  });

  it('a good config has no diagnostics', async () => {
    const document = await sample('Llama-3.1-8B');
    await new Promise((resolve) => setTimeout(resolve, 600)); // they wait for the person to stop typing
    deepEqual(problemsOf(document), []);
  });

  it('a repaired value takes its diagnostic away', async () => {
    const document = await sample('Llama-3.1-8B');
    await replace(document, '"hidden_size": 4096', '"hidden_size": -1');
    await until(() => problemsOf(document).length > 0, 'a diagnostic');
    await replace(document, '"hidden_size": -1', '"hidden_size": 4096');
    await until(() => problemsOf(document).length === 0, 'none');
  });
});

describe('texts out of the ordinary', () => {
  before(loadLens);

  it('byte-order mark, CRLF, comments and trailing commas', async () => {
    const plain = await sampleText('Llama-3.1-8B');
    const odd = `\ufeff// exported\n${plain.replace('"vocab_size": 128256', '/* 128k */ "vocab_size": 128256,')}`.replace(/\n/g, '\r\n');
    const uri = fixture('odd', 'config.json');
    await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(odd));
    try {
      const document = await vscode.workspace.openTextDocument(uri);
      equal(document.eol, vscode.EndOfLine.CRLF, 'line ends');
      const expected = await sample('Llama-3.1-8B');
      equal(await modelLine(document), await modelLine(expected));
      const texts = Object.fromEntries((await hintsOf(expected)).map(({ key, text }) => [key, text]));
      await hintsFollowTheirKeys(document, texts);
      ok((await hoverOn(document, 'vocab_size')).includes('128,256'), 'hover');
    } finally {
      await vscode.workspace.fs.delete(fixture('odd'), { recursive: true });
    }
  });

  it('a config on one line has lenses, and no pile of hints at its end', async () => {
    const document = await documentOf(JSON.stringify(JSON.parse(await sampleText('Llama-3.1-8B'))));
    equal((await lensesOf(document)).length, 3);
    ok((await hintsOf(document)).length <= 1, 'hints');
    ok((await hoverOn(document, 'vocab_size')).includes('128,256'), 'hover');
  });

  const markup = ['<img src=x>', '[a](command:evil)', '![a](b.png)', 'https://evil.example', 'www.evil.example', 'a@evil.example', '`|*_'];
  const fields: Readonly<Record<string, (config: Record<string, unknown>, text: string) => void>> = {
    architectures: (config, text) => (config['architectures'] = [text]),
    model_type: (config, text) => (config['model_type'] = text),
    dtype: (config, text) => (config['torch_dtype'] = text),
    'layer types': (config, text) => (config['layer_types'] = [text]),
    quantization: (config, text) => (config['quantization_config'] = { quant_method: text, bits: 4, modules_to_not_convert: [text] }),
  };
  for (const [field, spoil] of Object.entries(fields))
    it(`markup in ${field} stays text in every hover`, async () => {
      for (const text of markup) {
        const config = JSON.parse(await sampleText('Llama-3.1-8B')) as Record<string, unknown>;
        spoil(config, text);
        const hovers = await everyHover(await documentOf(JSON.stringify(config, undefined, 2)));
        ok(hovers.length > 3, 'it has hovers');
        for (const hover of hovers) holdsNoForeignMarkup(hover);
      }
    });

  it('hovers may run the commands that they link, and no other', async () => {
    const hover = await hoverAt(await sample('Llama-3.1-8B'), new vscode.Position(0, 0));
    const trust = hover?.isTrusted;
    ok(typeof trust === 'object', 'trust is limited');
    ok(
      trust.enabledCommands.every((command) => command.startsWith('vramLens.')),
      trust.enabledCommands.join(),
    );
    ok(!hover?.supportHtml, 'no HTML');
  });

  it('a file of 21 MB is annotated as the small one is', async function () {
    this.timeout(60_000);
    const text = await sampleText('Llama-3.1-8B');
    const padded = text.replace('"vocab_size"', `"padding": "${'x'.repeat(21 * 1024 * 1024)}",\n  "vocab_size"`);
    const document = await documentOf(padded);
    equal(await modelLine(document), 'Llama · 8.03B params · BF16 14.96 GiB · FP8 8.46 · INT4 5.33');
    equal(await hintAt(document, 'vocab_size'), 'in + out 1.05B · 13 %');
  });

  it('a file beyond what is read gets no figures, and says why', async function () {
    this.timeout(60_000);
    const text = await sampleText('Llama-3.1-8B');
    const document = await documentOf(text.replace(/\}\s*$/, `${' '.repeat(33 * 1024 * 1024)}}`));
    deepEqual(await lensesOf(document), [], 'lenses');
    deepEqual(await hintsOf(document), [], 'hints');
    await until(() => problemsOf(document).some(({ code }) => code === 'text-too-large'), 'the reason');
  });
});

describe('settings', function () {
  this.timeout(60_000); // VS Code's own JSON support may still be reading the large files above
  before(loadLens);

  const surfaces: Readonly<Record<string, (document: vscode.TextDocument) => Promise<boolean>>> = {
    'codeLens.enabled': async (document) => (await lensesOf(document)).length > 0,
    'inlayHints.enabled': async (document) => (await hintsOf(document)).length > 0,
    'hover.enabled': async (document) => (await hoverAt(document, new vscode.Position(0, 0))) !== undefined,
  };
  for (const [key, isShown] of Object.entries(surfaces))
    it(`${key} switches its surface off and on, and no other`, async () => {
      const document = await sample('Llama-3.1-8B');
      await withSetting(key, false, async () => {
        for (const [other, shown] of Object.entries(surfaces)) equal(await shown(document), other !== key, other);
      });
      equal(await isShown(document), true, 'on again');
    });

  it('diagnostics.enabled takes diagnostics away', async () => {
    const document = await documentOf((await sampleText('Llama-3.1-8B')).replace('"hidden_size": 4096', '"hidden_size": -1'));
    await until(() => problemsOf(document).length > 0, 'a diagnostic');
    await withSetting('diagnostics.enabled', false, () => until(() => problemsOf(document).length === 0, 'none'));
    await until(() => problemsOf(document).length > 0, 'the diagnostic again');
  });

  it('few hints on request', async () => {
    const document = await sample('Llama-3.1-8B');
    const all = await hintsOf(document);
    await withSetting('inlayHints.density', 'main', async () => {
      const main = await hintsOf(document);
      ok(main.length > 3 && main.length < all.length, `${main.length} of ${all.length}`);
      ok(
        main.every(({ text }) => all.some((hint) => hint.text === text)),
        'the same ones',
      );
    });
  });

  it('targets, with counts, and those that name nothing', async () => {
    const document = await sample('Llama-3.1-405B');
    const target = async (): Promise<string | undefined> => (await lensesOf(document))[1]?.command?.title;
    await withSetting('targets', [{ device: 'H100 SXM 80GB', count: 8 }], async () => {
      equal(await target(), '8 × H100 SXM 80GB: FP8 to its full 131,072');
    });
    await withSetting('targets', [], async () => equal(await target(), 'Choose target hardware'));
    await withSetting('targets', ['no such card'], async () => equal((await lensesOf(document)).length, 3));
  });

  it('own devices', async () => {
    const document = await sample('Llama-3.1-8B');
    await withSetting('customDevices', [{ name: 'Lab box', memoryGiB: 10 }], () =>
      withSetting('targets', ['Lab box'], async () => {
        const title = (await lensesOf(document))[1]?.command?.title;
        ok(title?.startsWith('Lab box: '), title ?? 'nothing');
      }),
    );
  });

  it('context and batch', async () => {
    const document = await sample('Llama-3.1-8B');
    await withSetting('context', 32_768, async () => {
      ok((await hoverOn(document, 'model_type')).includes('+ cache 4.00 GiB'), 'context');
      await withSetting('batch', 4, async () => ok((await hoverOn(document, 'model_type')).includes('+ cache 16.00 GiB'), 'batch'));
    });
  });

  it('decimal units', async () => {
    const document = await sample('Llama-3.1-8B');
    await withSetting('numbers.memory', 'decimal', async () => {
      ok((await modelLine(document))?.includes('BF16 16.06 GB'), 'lens');
      equal(await hintAt(document, 'torch_dtype'), '16.06 GB');
    });
  });

  it('values that mean nothing fall back to the defaults', async () => {
    const document = await sample('Llama-3.1-8B');
    const before = await hoverOn(document, 'model_type');
    for (const [key, value] of [
      ['context', -5],
      ['batch', 'many'],
      ['kvDtype', 'int1'],
      ['precisions', 7],
    ] as const)
      await withSetting(key, value, async () => ok((await hoverOn(document, 'model_type')).length > before.length / 2, key));
  });
});
