import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  codeLens,
  hoverWord,
  openFile,
  openWorkbench,
  quickInput,
  runCommand,
  screenshot,
  webviewFrame,
} from '../../scripts/vscode/workbench.mjs';
import { root } from '../../scripts/support/paths.mjs';

const tiny = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  torch_dtype: 'bfloat16',
  vocab_size: 64,
  hidden_size: 32,
  intermediate_size: 64,
  num_hidden_layers: 1,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  tie_word_embeddings: true,
};

/** The tensors that a config like this is saved with, by hand: what the product computes is what is tested. */
const tinyTensors = {
  'model.embed_tokens.weight': [64, 32],
  'model.layers.0.self_attn.q_proj.weight': [32, 32],
  'model.layers.0.self_attn.k_proj.weight': [16, 32],
  'model.layers.0.self_attn.v_proj.weight': [16, 32],
  'model.layers.0.self_attn.o_proj.weight': [32, 32],
  'model.layers.0.mlp.gate_proj.weight': [64, 32],
  'model.layers.0.mlp.up_proj.weight': [64, 32],
  'model.layers.0.mlp.down_proj.weight': [32, 64],
  'model.layers.0.input_layernorm.weight': [32],
  'model.layers.0.post_attention_layernorm.weight': [32],
  'model.norm.weight': [32],
};

function safetensors(tensors) {
  let end = 0;
  const header = {};
  for (const [name, shape] of Object.entries(tensors)) {
    const start = end;
    end += shape.reduce((a, b) => a * b, 2);
    header[name] = { dtype: 'BF16', shape, data_offsets: [start, end] };
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(end)]);
}

function makeWorkspace() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'quantized-'));
  const write = (name, files) => {
    fs.mkdirSync(path.join(folder, name));
    for (const [file, content] of Object.entries(files)) fs.writeFileSync(path.join(folder, name, file), content);
  };
  const sample = (name) => fs.readFileSync(path.join(root, 'samples', name, 'config.json'), 'utf8');
  write('llama', { 'config.json': sample('Llama-3.1-8B') });
  write('awq', { 'config.json': sample('Qwen2.5-7B-Instruct-AWQ') });
  write('same', { 'config.json': JSON.stringify(tiny, undefined, 2), 'model.safetensors': safetensors(tinyTensors) });
  write('other', {
    'config.json': JSON.stringify({ ...tiny, num_hidden_layers: 2 }, undefined, 2),
    'model.safetensors': safetensors(tinyTensors),
  });
  return folder;
}

describe('quantization, as a person sees it', () => {
  let folder, workbench, page;
  before(async () => {
    folder = makeWorkspace();
    workbench = await openWorkbench({ host: 'node', folder, file: 'llama/config.json' });
    page = workbench.page;
    await codeLens(page, 'Llama').waitFor({ timeout: 30_000 });
  });
  after(async () => {
    await workbench?.close();
    if (folder) fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  const rows = () => page.locator('.pane-body [role=treeitem]');
  /** Expands a row, whatever it was; the tree may still move under the pointer. */
  const open = async (text) => {
    const row = rows().filter({ hasText: text }).first();
    for (let attempt = 0; attempt < 5 && (await row.getAttribute('aria-expanded')) !== 'true'; attempt++) {
      await row.locator('.monaco-tl-twistie').click();
      await page.waitForTimeout(300);
    }
  };

  const openLlama = async () => {
    await openFile(page, 'llama/config.json');
    await codeLens(page, 'Llama').waitFor();
  };
  const listPrecisions = async () => {
    await openLlama();
    await runCommand(page, 'VRAM Lens: Estimate at a Precision…');
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'as the file says' }).waitFor();
    await quickInput(page, 'Q4_K_M');
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'GGUF Q4_K_M' }).waitFor();
  };
  /** The tensors of the layers' feed-forward networks at Q4_K_M. */
  const showTensors = async () => {
    await listPrecisions();
    await page.keyboard.press('Enter');
    await runCommand(page, 'VRAM Lens: Focus on Tensors View');
    const model = page.locator('.pane-header', { hasText: 'Model' });
    if ((await model.getAttribute('aria-expanded')) === 'true') await model.click(); // room for the tree
    await rows().filter({ hasText: 'MLP' }).first().waitFor();
    await page.locator('.pane-header .description', { hasText: 'Q4_K_M' }).waitFor();
    await open('MLP');
    await open('blk.');
    await rows().filter({ hasText: 'all 32 together' }).first().waitFor();
  };

  it('every precision in one list, by size, with what stays high', async () => {
    await listPrecisions();
    await screenshot(page, 'precisions');
    await page.keyboard.press('Escape');
  });

  it('the tensors at a precision', async () => {
    await showTensors();
    await open('all 32 together');
    await rows().filter({ hasText: 'ffn_down' }).first().waitFor();
    await screenshot(page, 'tensors');
    assert.match(await rows().filter({ hasText: 'ffn_down' }).first().innerText(), /Q[46]_K.*× 16/);
  });

  it('its layers one by one, each with its own types', async () => {
    await showTensors();
    await open('blk 0–9');
    await rows().filter({ hasText: 'blk 4' }).waitFor();
    assert.match(
      await rows()
        .filter({ has: page.locator('.label-name', { hasText: /^blk 3$/ }) })
        .innerText(),
      /Q4_K, Q6_K/,
    );
    assert.match(await rows().filter({ hasText: 'blk 4' }).innerText(), /Q4_K · unlike the one before/);
    await open('blk 4');
    const down = page.locator('.pane-body [role=treeitem][aria-label^="blk.4.ffn_down.weight"]');
    await down.waitFor();
    await screenshot(page, 'layers');
    assert.match(await down.innerText(), /Q4_K/);
  });

  it('a what-if with groups of its own, part by part, and its report', async () => {
    await openLlama();
    await runCommand(page, 'VRAM Lens: What If: Quantize Differently…');
    await quickInput(page, 'AWQ INT4 g128');
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'AWQ INT4 g128' }).first().waitFor();
    await page.keyboard.press('Enter');
    const another = page.locator('.quick-input-list .monaco-list-row', { hasText: 'Another size…' }).first();
    await another.waitFor();
    await screenshot(page, 'what-if-groups');
    await another.click();
    const message = page.locator('.quick-input-message');
    await message.filter({ hasText: 'Weights that share a scale' }).waitFor();
    await quickInput(page, '96');
    await message.filter({ hasText: 'Groups of 96 do not divide' }).waitFor();
    await screenshot(page, 'what-if-own-group');
    await quickInput(page, '256');
    await message.filter({ hasText: 'Weights that share a scale' }).waitFor();
    await page.keyboard.press('Enter');
    const head = page.locator('.quick-input-list .monaco-list-row', { hasText: /^head.*if quantized too/ }).first();
    await head.waitFor();
    await head.click();
    await page.locator('.quick-input-title', { hasText: '(−' }).waitFor();
    await screenshot(page, 'what-if-parts');
    await page.keyboard.press('Enter');
    const report = await webviewFrame(page, (frame) => frame.locator('h1', { hasText: 'AWQ INT4 g256' }));
    await report.locator('li', { hasText: 'Quantized as well: head' }).waitFor();
    await screenshot(page, 'what-if-report');
  });

  it('keys of a quantization block say what they do to memory', async () => {
    await openFile(page, 'awq/config.json');
    await codeLens(page, 'Qwen').waitFor();
    await hoverWord(page, 'zero_point');
    await screenshot(page, 'quantization-hover');
  });

  it('files that hold what the config says', async () => {
    await openFile(page, 'same/config.json');
    await codeLens(page, 'verified, 0 bytes off').waitFor({ timeout: 20_000 });
    await screenshot(page, 'files-verified');
  });

  it('files that do not, with a report', async () => {
    await openFile(page, 'other/config.json');
    await codeLens(page, 'files differ by').waitFor({ timeout: 20_000 });
    await screenshot(page, 'files-differ');
    await codeLens(page, 'files differ by').click();
    const report = await webviewFrame(page, (frame) => frame.locator('h1', { hasText: 'against the files beside it' }));
    await report.locator('li', { hasText: 'model.layers.1.self_attn.q_proj.weight is missing' }).waitFor();
    await screenshot(page, 'files-report');
  });
});
