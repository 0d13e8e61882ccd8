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
  plain,
  placeOf,
  problemsOf,
  sample,
  sampleNames,
} from '../surfaces';
import { open } from '../workspace';

/** What VS Code shows of the hints of one line. */
const longestHint = 43;

describe('annotations of real configs', () => {
  before(loadLens);

  it('the first line carries three lenses: the model, the hardware, the guide', async () => {
    const lenses = await lensesOf(await sample('Llama-3.1-8B'));
    deepEqual(
      lenses.map(({ command }) => command?.title),
      ['Llama · 8.03B params · BF16 14.96 GiB · FP8 8.46 · INT4 5.33', 'RTX 4090: BF16 to 61k tokens', 'Why & how to shrink'],
    );
    deepEqual(
      lenses.map(({ command }) => command?.command),
      ['vramLens.openPanel', 'vramLens.whichHardware', 'vramLens.openPanel'],
    );
    for (const { range } of lenses) ok(range.isEqual(new vscode.Range(0, 0, 0, 0)), 'on the first line');
  });

  const lines: Readonly<Record<string, string>> = {
    'DeepSeek-V3': 'DeepSeek-V3 · 671B params, 37.6B active · FP8 641.3 GiB, 626.9 loaded · INT4 327.4',
    'Mixtral-8x7B': 'Mixtral · 46.7B params, 12.9B active · BF16 86.99 GiB · FP8 43.76 · INT4 22.96',
    'gemma-3-4b-it': 'Gemma 3 · 4.30B = text 3.88B + vision 416.9M · BF16 8.01 GiB · FP8 5.02 · INT4 3.59',
    'Qwen2.5-7B-Instruct-AWQ': 'Qwen2 · 7.62B params · AWQ INT4 5.19 GiB (BF16 would be 14.19)',
    'gpt-oss-20b': 'gpt-oss · 20.9B params, 4.19B active · MXFP4 12.82 GiB (BF16 would be 38.96)',
    'GPT-3-175B': 'GPT-2 · 175B params · FP16 325.2 GiB · FP8 163.2 · INT4 85.39',
  };
  for (const [name, line] of Object.entries(lines)) it(`${name} in one line`, async () => equal(await modelLine(await sample(name)), line));

  it('every sample has three lenses, whatever it is', async () => {
    for (const name of await sampleNames()) {
      const lenses = await lensesOf(await sample(name));
      equal(lenses.length, 3, name);
      for (const { command } of lenses) ok(command?.title, `${name}: a lens has text`);
    }
  });

  it('says which hardware it would take where none of the targets is enough', async () => {
    const [, target] = await lensesOf(await sample('Llama-3.1-405B'));
    equal(target?.command?.title, 'INT4 needs 3 × H100 SXM 80GB');
  });

  it("names the model's own limit where memory would hold more", async () => {
    const [, target] = await lensesOf(await sample('Qwen3-30B-A3B'));
    equal(target?.command?.title, 'H100 SXM 80GB: BF16 to its full 40,960');
  });

  it('marks the figures of a model type that it does not know', async () => {
    const text = (await sample('Llama-3.1-8B'))
      .getText()
      .replace('"llama"', '"llama_of_tomorrow"')
      .replace('LlamaForCausalLM', 'TomorrowForCausalLM');
    const document = await documentOf(text);
    const line = await modelLine(document);
    ok(line?.includes(' · ≈8.03B params · BF16 ≈'), `≈ before figures: ${line}`);
    const hints = await hintsOf(document);
    ok(hints.length > 3, 'it has hints');
    for (const { text: hint } of hints) ok(hint.includes('≈'), `≈ in ${hint}`);
  });

  it('hints say what the key of their line costs or saves', async () => {
    const document = await sample('Llama-3.1-8B');
    const texts = Object.fromEntries((await hintsOf(document)).map(({ key, text }) => [key, text]));
    deepEqual(texts, {
      intermediate_size: 'MLP 5.64B · 70 %',
      max_position_embeddings: 'KV 16.00 GiB at 131,072',
      num_attention_heads: 'attention 1.34B · 17 %',
      num_hidden_layers: '218.1M each · 6.98B',
      num_key_value_heads: 'KV 128 KiB/token · ¼ of 32 heads',
      factor: '8,192 → 131,072: KV 1.00 → 16.00 GiB',
      tie_word_embeddings: 'tying saves 525.3M',
      torch_dtype: '14.96 GiB',
      vocab_size: 'in + out 1.05B · 13 %',
    });
  });

  it('hints of latent attention, experts, windows and packed weights', async () => {
    const deepseek = await sample('DeepSeek-V3');
    equal(await hintAt(deepseek, 'kv_lora_rank'), 'KV 68.6 KiB/token · 1/71 of full');
    equal(await hintAt(deepseek, 'n_routed_experts'), '654B in experts · 8 of 256 active');
    equal(await hintAt(deepseek, 'num_nextn_predict_layers'), '+13.5B, not loaded by default');
    equal(await hintAt(await sample('gemma-3-4b-it'), 'sliding_window'), '29 of 34 layers keep 1,023 tokens');
    equal(await hintAt(await sample('Qwen2.5-7B-Instruct-AWQ'), 'group_size'), 'scales + zeros 121.5 MiB');
  });

  it('every hint stands at the end of its line, alone there, and is short enough to be shown whole', async () => {
    for (const name of await sampleNames()) {
      const document = await sample(name);
      const hints = await hintsOf(document);
      ok(hints.length > 0, `${name} has hints`);
      equal(new Set(hints.map(({ position }) => position.line)).size, hints.length, `${name}: lines with a hint`);
      for (const { text, position } of hints) {
        ok(position.isEqual(document.lineAt(position.line).range.end), `${name}: "${text}" stands at the end of its line`);
        ok(text.length <= longestHint && !/\S…$/.test(text), `${name}: "${text}" has ${text.length} characters`);
        ok(!/NaN|Infinity|undefined/.test(text), `${name}: "${text}"`);
      }
    }
  });

  it('the hover of a key has the formula with its numbers, other values with their effect, and the basis', async () => {
    const hover = await hoverOn(await sample('Llama-3.1-8B'), 'num_key_value_heads');
    ok(hover.includes('**128 KiB per token** = 2 · 8 heads · 128 · 2 B · 32 layers'), `formula in ${hover}`);
    ok(/^\| change to \| parameters \| .*cache at 8,192 \|$/m.test(hover), `table in ${hover}`);
    ok(/^\| 32 \(multi-head\) \| \+805\.3M \|.* 4\.00 GiB \(\+3\.00 GiB\) \|$/m.test(hover), `multi-head in ${hover}`);
    ok(hover.includes('exact · '), `basis in ${hover}`);
    ok(hover.split('\n').filter((line) => line !== '').length <= 14, `short: ${hover}`);
  });

  it('model_type, architectures and the first brace have the table of the whole model', async () => {
    const document = await sample('Llama-3.1-8B');
    const hovers = [await hoverOn(document, 'model_type'), await hoverOn(document, 'architectures')];
    hovers.push(plain((await hoverAt(document, new vscode.Position(0, 0)))?.value ?? ''));
    for (const hover of hovers) {
      ok(
        /^\| precision \| weights \| \+ cache 1\.00 GiB \| RTX 4090 \| H100 SXM 80GB \| smallest that fits \|$/m.test(hover),
        `columns in ${hover}`,
      );
      ok(/^\| BF16 \| 14\.96 GiB \| 15\.96 GiB \| ≈61k \| 131,072 \|/m.test(hover), `BF16 in ${hover}`);
      ok(hover.includes('8,030,261,248'), `the exact number in ${hover}`);
    }
  });

  it('keys that say nothing about size have no hover of ours', async () => {
    const document = await sample('Llama-3.1-8B');
    equal(await hoverAt(document, placeOf(document, '"hidden_act"').translate(0, 2)), undefined, 'hidden_act');
    equal(await hoverAt(document, placeOf(document, '"bos_token_id"').translate(0, 2)), undefined, 'bos_token_id');
  });

  it('a JSON file of something else gets nothing', async () => {
    const others = [
      await open('other', 'config.json'),
      await documentOf('{ "model_type": "sedan", "doors": 4 }'),
      await documentOf('{ "name": "app", "dependencies": { "transformers": "1" } }'),
      await documentOf('{ "processor_class": "Qwen2_5_VLProcessor", "image_processor_type": "Qwen2VLImageProcessor", "hidden_size": 4 }'),
      await documentOf('{ "tokenizer_class": "LlamaTokenizer", "model_max_length": 131072 }'),
    ];
    await new Promise((resolve) => setTimeout(resolve, 600)); // diagnostics wait for the person to stop typing
    for (const document of others) {
      deepEqual(await lensesOf(document), [], 'lenses');
      deepEqual(await hintsOf(document), [], 'hints');
      equal(await hoverAt(document, new vscode.Position(0, 0)), undefined, 'hover');
      deepEqual(problemsOf(document), [], 'diagnostics');
    }
  });
});
