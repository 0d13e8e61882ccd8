import * as vscode from 'vscode';
import { analyze, defaultStyle, expectedTensors, formatBytes, type Analysis, type JsonObject } from '../../../src/engine/index';
import { safetensorsBytes } from '../../support/safetensorsBytes';
import { equal, ok } from '../assert';
import { lensesOf, loadLens, modelLine, problemsOf } from '../surfaces';
import { fixture, until } from '../workspace';

const tiny = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  torch_dtype: 'bfloat16',
  vocab_size: 64,
  hidden_size: 32,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  tie_word_embeddings: false,
} as const;

const textOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value, undefined, 2));

/** The file that a config of this model is saved beside. */
const checkpointOf = (config: JsonObject): Uint8Array => safetensorsBytes([...expectedTensors(analyze(config) as Analysis)]);

describe('files beside a config', () => {
  before(loadLens);
  let folder: vscode.Uri;
  let number = 0;
  const { fs } = vscode.workspace;
  beforeEach(async () => {
    folder = fixture('beside', String(number++));
    await fs.createDirectory(folder);
  });
  after(() => fs.delete(fixture('beside'), { recursive: true }));

  const write = (name: string, bytes: Uint8Array): Thenable<void> => fs.writeFile(vscode.Uri.joinPath(folder, name), bytes);
  async function openConfig(config: JsonObject = tiny): Promise<vscode.TextDocument> {
    await write('config.json', textOf(config));
    const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder, 'config.json'));
    await vscode.window.showTextDocument(document);
    return document;
  }
  async function proofLens(document: vscode.TextDocument): Promise<string> {
    let title: string | undefined;
    for (const end = Date.now() + 20_000; title === undefined && Date.now() < end;) {
      title = (await lensesOf(document))[3]?.command?.title;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    ok(title, 'a fourth link');
    return title;
  }

  it('that hold what the config says are verified', async () => {
    await write('model.safetensors', checkpointOf(tiny));
    const document = await openConfig();
    equal(await proofLens(document), 'verified, 0 bytes off');
    equal(problemsOf(document).filter(({ code }) => String(code).startsWith('checkpoint')).length, 0, 'diagnostics');
  });

  it('that differ are told with their first differences, at the key that decides', async () => {
    await write('model.safetensors', checkpointOf({ ...tiny, tie_word_embeddings: true }));
    const document = await openConfig();
    equal(await proofLens(document), 'files differ by −4,096 bytes');
    await until(() => problemsOf(document).some(({ code }) => code === 'checkpoint-differs'), 'the diagnostic');
    const problem = problemsOf(document).find(({ code }) => code === 'checkpoint-differs');
    ok(problem, 'the diagnostic');
    ok(problem.message.includes('lm_head.weight'), problem.message);
    equal(document.getText(problem.range), '"tie_word_embeddings": false');
  });

  it('are compared again when the config is edited', async () => {
    await write('model.safetensors', checkpointOf({ ...tiny, num_hidden_layers: 3 }));
    const document = await openConfig();
    ok((await proofLens(document)).startsWith('files differ by'), 'differs at first');
    const edit = new vscode.WorkspaceEdit();
    const at = document.positionAt(document.getText().indexOf('"num_hidden_layers": 2') + '"num_hidden_layers": '.length);
    edit.replace(document.uri, new vscode.Range(at, at.translate(0, 1)), '3');
    await vscode.workspace.applyEdit(edit);
    equal(await proofLens(document), 'verified, 0 bytes off');
  });

  it('that are cut off are named, and nothing hangs', async () => {
    await write('model.safetensors', checkpointOf(tiny).slice(0, 200));
    const document = await openConfig();
    equal(await proofLens(document), 'files cannot be read');
    await until(() => problemsOf(document).some(({ code }) => code === 'checkpoint-unreadable'), 'the diagnostic');
  });

  it('leave a config alone that has none', async () => {
    const document = await openConfig();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    equal((await lensesOf(document)).length, 3, 'links');
  });

  it('say how the weights are quantized where the config does not', async () => {
    await write('hf_quant_config.json', textOf({ producer: { name: 'modelopt' }, quantization: { quant_algo: 'NVFP4', group_size: 16 } }));
    const document = await openConfig();
    let line = '';
    for (const end = Date.now() + 20_000; !line.includes('NVFP4') && Date.now() < end;) line = (await modelLine(document)) ?? '';
    ok(line.includes('NVFP4'), line);
  });

  it('tell who wrote them where the config does not: they are verified, and it is read so', async () => {
    const quantization_config = { quant_method: 'gptq', bits: 4, group_size: 32, desc_act: false };
    const config: JsonObject = {
      ...tiny,
      torch_dtype: 'float16',
      vocab_size: 256,
      hidden_size: 64,
      intermediate_size: 128,
      quantization_config,
    };
    const assumed = analyze(config) as Analysis;
    const written = analyze(config, { told: { writer: 'gptq-for-llama' } }) as Analysis;
    await write('model.safetensors', safetensorsBytes([...expectedTensors(written)]));
    const document = await openConfig(config);
    equal(await proofLens(document), 'verified, 0 bytes off');
    const [before, after] = [assumed, written].map(({ checkpoint }) => formatBytes(checkpoint.bytes, defaultStyle));
    ok(before !== after, 'another size');
    let hover = '';
    for (const end = Date.now() + 20_000; !hover.includes(after ?? '') && Date.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      await vscode.commands.executeCommand('vramLens.copyMarkdown', document.uri);
      hover = await vscode.env.clipboard.readText();
    }
    ok(hover.includes(after ?? ''), `${after} in ${hover}`);
    await vscode.commands.executeCommand('vramLens.verify', document.uri);
    const report = vscode.workspace.textDocuments.find(
      (each) => each.languageId === 'markdown' && each.getText().includes('GPTQ-for-LLaMa'),
    );
    ok(report?.getText().includes('0 bytes off'), 'the report');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('have a report in full', async () => {
    await write('model.safetensors', checkpointOf(tiny));
    const document = await openConfig();
    await vscode.commands.executeCommand('vramLens.verify', document.uri);
    const report = vscode.workspace.textDocuments.find(({ languageId, isUntitled }) => languageId === 'markdown' && isUntitled);
    ok(report, 'a report');
    ok(report.getText().includes('model.safetensors'), report.getText());
    ok(report.getText().includes('0 bytes off'), report.getText());
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('are shown without a config, by their header', async () => {
    await write('lonely.safetensors', checkpointOf(tiny));
    await vscode.commands.executeCommand('vramLens.showHeader', vscode.Uri.joinPath(folder, 'lonely.safetensors'));
    const report = vscode.workspace.textDocuments.find((document) => document.isUntitled && document.getText().startsWith('# lonely'));
    ok(report, 'a report');
    ok(report.getText().includes(`${(analyze(tiny) as Analysis).parameters.total.toLocaleString('en-US')}, exact`), report.getText());
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });
});
