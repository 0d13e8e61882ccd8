import assert from 'node:assert/strict';
import { analyze, knownModelTypes, toJson, type Analysis, type JsonObject } from '../../src/engine/index';
import { findBlock } from '../../src/engine/quantization/block';
import { describeCheckpoint } from '../../src/engine/quantization/checkpoint';
import type { Writer } from '../../src/engine/quantization/writers';
import { publishedConfig, quantizedRows, type QuantizedRow } from './quantizedSizes';
import { codeShellInt4, publishedBlocks } from './publishedBlocks';
import { publishedShape } from './publishedShapes';
import { fileSize, tensorsOf, type FileTensor } from './safetensorsFile';
import { truthRows } from './truth';

/** Rows that are no size of a file: the nominal width times all parameters but the embedding, in GiB to two decimals. */
const nominal = new Set(['meta-llama/Meta-Llama-3-8B-Instruct transformers']);
/** Files of spring 2023 that carry no sign of their writer. */
const gptqForLlama = new Set(['TheBloke/wizard-mega-13B-GPTQ 4 128', 'TheBloke/Wizard-Vicuna-30B-Uncensored-GPTQ 4 -1']);
/** LLaMA-1 conversions that saved each layer's rotary frequencies, as `stored_buffer_elements` says of the unquantized sibling. */
const withRotaryFrequencies = /Wizard-Vicuna-30B|wizard-mega-13B/;
/** Files of Falcon-180B that hold the tied head a second time; its main branch does not. */
const withTiedHead = new Set(['TheBloke/Falcon-180B GPTQ (base or chat card) 4 -1', 'TheBloke/Falcon-180B GPTQ (base or chat card) 3 128']);

/** 1.5 MB beyond what rounds to the figure, which two megabytes of tokenizer beside the file would be. */
const withTokenizer = {
  why: '1.5 MB more than rounds to it, as with a tokenizer beside the file',
  explained: (bytes: number) => bytes + 2e6,
};
/**
 * AQLM cards whose figure is not the file's by the layout that all others bear out, and what explains it. Bytes are those of
 * the tensors under what the row names.
 */
const aqlmCards: Readonly<Record<string, { readonly why: string; explained(bytes: number, model: Analysis): number }>> = {
  'Llama-2-7b-AQLM-2Bit-2x8-hf': withTokenizer,
  'Llama-2-7b-AQLM-PV-2Bit-2x8-hf': withTokenizer,
  'Meta-Llama-3-70B-AQLM-PV-1Bit-1x16': { why: 'in GiB where the table says GB', explained: (bytes) => (bytes / 2 ** 30) * 1e9 },
  'Mistral-7B-Instruct-v0.2-AQLM-2Bit-2x8': {
    why: 'as for one codebook of 16 bits, not for the two of 8 bits that the row names',
    explained: (_bytes, { root, inventory }) =>
      describeCheckpoint({ ...root, quantization_config: { quant_method: 'aqlm' } }, inventory, 'fp16').bytes,
  },
  'Mixtral-8x7b-AQLM-2Bit-1x16-hf': {
    why: 'without embedding and head',
    explained: (bytes, { root }) => bytes - 2 * 2 * Number(root['vocab_size']) * 4096,
  },
};

/** The quantization block that a row describes in words of its own. */
function blockOf({ format, details }: QuantizedRow): object | undefined {
  switch (format) {
    case 'GPTQ': // The table names the layout; the files are older than the key for it.
      return { quant_method: 'gptq', ...details, checkpoint_format: null };
    case 'AQLM':
      return { quant_method: 'aqlm', ...details };
    case 'AWQ':
      return { quant_method: 'awq', ...details };
    case 'FP8-block':
      return { quant_method: 'fp8', ...details };
    case 'NVFP4-modelopt':
      return { quant_method: 'modelopt', ...details, exclude_modules: details['exclude'] };
    case 'compressed-tensors': {
      if (details['format'] === 'mixed-precision') return undefined;
      const weights = { type: 'int', strategy: details['group_size'] ? 'group' : 'channel', ...details };
      const input_activations = details['dynamic_activations'] ? { dynamic: true, num_bits: 8 } : null;
      const config_groups = { group_0: { targets: ['Linear'], weights, input_activations } };
      return { quant_method: 'compressed-tensors', format: details['format'], ignore: ['lm_head'], config_groups };
    }
    default:
      return undefined;
  }
}

/** Qwen3.8 has keys that the config of the table, of Qwen3.5, lacks; its files hold no float32. */
const later = (base: object): object => {
  const { text_config: text } = base as { readonly text_config?: object };
  return text ? { ...base, text_config: { ...text, bos_token_id: 248044 } } : base;
};

/** The config of a row with its block, or why there is none. */
function rootOf(row: QuantizedRow): JsonObject | string {
  if (row.format === 'custom-int4') return toJson({ ...publishedConfig(row.configFile), ...codeShellInt4 }) as JsonObject;
  const own = row.configFile === '' ? undefined : publishedConfig(row.configFile);
  if (own && findBlock(own)) return own;
  const base = own ?? publishedShape(row.id);
  if (base === undefined) return 'no shapes are known';
  const block = publishedBlocks[row.id]?.block ?? blockOf(row);
  if (block === undefined) return 'the table does not tell the layers apart';
  // Only the shapes are another model's: AutoGPTQ, AutoAWQ and AQLM save F16 whatever they read.
  const half = ['GPTQ', 'AWQ', 'AQLM'].includes(row.format) ? { torch_dtype: 'float16' } : {};
  return toJson({ ...(row.id.includes('Qwen3.8') ? later(base) : base), ...half, quantization_config: block }) as JsonObject;
}

function analyzed(root: JsonObject): Analysis | string {
  const type = root['model_type'];
  if (typeof type !== 'string' || !knownModelTypes().includes(type)) return `${String(type)} is not registered`;
  const result = analyze(root);
  assert.ok(result.kind === 'model');
  return result;
}

/** `total_size` less our tensors is nothing, or text whose length depends on the data: give or take two characters each. */
function assertTensorBytes({ bytes, extras }: Analysis['checkpoint'], published: number): void {
  if (extras.textBytes === 0) assert.equal(bytes, published);
  else assert.ok(Math.abs(published - bytes - extras.textBytes) <= 2 * extras.tensors, `${published - bytes}, text ${extras.textBytes}`);
}

const rotaryFrequencies = (layers: number): FileTensor[] =>
  Array.from({ length: layers }, (_, layer) => ({
    name: `model.layers.${layer}.self_attn.rotary_emb.inv_freq`,
    dtype: 'F32',
    shape: [64],
  }));

describe('quantized checkpoints', () => {
  const rows = quantizedRows();
  const manifest = truthRows();
  if (!rows || !manifest) {
    it.skip('skipped: ../shared/truth is not beside this project');
    return;
  }

  /** How rows ended, for the line at the end. */
  const counts = new Map<string, number>();
  const count = (outcome: string): void => void counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  after(() => {
    console.log(`\n  ${[...counts].map(([outcome, number]) => `${number} ${outcome}`).join('\n  ')}`);
  });

  for (const row of rows)
    it(`${row.id} ${row.format} ${JSON.stringify(row.details)}`, function () {
      if (nominal.has(row.id)) {
        const { parameters } = analyzed(publishedConfig(row.configFile)) as Analysis;
        const figure = ((parameters.total - (parameters.byComponent.embedding ?? 0)) * Number(row.details['bpw'])) / 8;
        assert.ok(Math.abs(figure - row.bytes) <= 0.005 * 2 ** 30, `${figure}, published ${row.bytes} rounded`);
        return count('nominal: the stated width times all parameters but the embedding, as the row says');
      }
      const root = rootOf(row);
      const model = typeof root === 'string' ? root : analyzed(root);
      if (typeof root === 'string' || typeof model === 'string') {
        count(`skipped: ${String(typeof root === 'string' ? root : model)}`);
        this.skip();
      }
      const layout = `${row.id} ${String(row.details['bits'])} ${String(row.details['group_size'])}`;
      const writer: Writer | undefined = gptqForLlama.has(layout) ? 'gptq-for-llama' : undefined;
      const hints = writer ? { writer } : {};
      const { inventory, unloaded, dtype } = model;
      const found = describeCheckpoint(root, inventory, dtype.value, undefined, { unloaded, ...hints });
      assert.notEqual(found.basis.kind, 'approximate');

      if (row.rounding !== undefined) {
        // Cards round the size of the file, whose header takes 100 to 125 bytes per tensor.
        const head = withTiedHead.has(layout) ? 2 * Number(root['vocab_size']) * Number(root['hidden_size']) : 0;
        const other = aqlmCards[row.id.replace(/^.*\//, '')];
        if (other) {
          const figure = other.explained(found.bytes, model);
          assert.ok(Math.abs(found.bytes - row.bytes) > row.rounding, 'the card agrees after all');
          assert.ok(Math.abs(figure - row.bytes) <= row.rounding, `${figure}, published ${row.bytes} rounded`);
          return count(`whose card is ${other.why}`);
        }
        const file = found.bytes + head + found.extras.tensors * 112;
        assert.ok(Math.abs(file - row.bytes) <= row.rounding, `${file}, published ${row.bytes} rounded`);
        return count(
          head > 0 ? 'within the rounding of their card, with the tied head that the files hold' : 'within the rounding of their card',
        );
      }
      if (row.kind === 'total_size') {
        assertTensorBytes(found, row.bytes);
        if (row.statedByIndex !== undefined) {
          assert.notEqual(row.statedByIndex, found.bytes);
          const off = (row.statedByIndex - found.bytes).toLocaleString('en');
          return count(`to the byte by their tensors, which the index contradicts: ${row.id}, ${off} bytes too many`);
        }
        return count(found.extras.textBytes > 0 ? 'to the byte but for text of data-dependent length' : 'to the byte');
      }
      if (row.format === 'custom-int4') {
        const container = (row.bytes - found.bytes) / found.extras.tensors;
        assert.ok(container >= 100 && container <= 400, `${container} bytes of pickle per tensor`);
        return count('explained by the layout of bitsandbytes, of which the config says nothing, and the container of pickles');
      }
      const shards = publishedBlocks[row.id]?.shards ?? (row.id === 'deepseek-ai/DeepSeek-V3' ? 163 : 1);
      const tensors = tensorsOf(model, writer);
      if (withRotaryFrequencies.test(row.id)) tensors.push(...rotaryFrequencies(Number(root['num_hidden_layers'])));
      const beside = row.bytes - fileSize(tensors);
      if (shards > 1) {
        // Offsets of a shard have up to three digits less than those of one file; each shard has a header of its own.
        assert.ok(beside >= -6 * tensors.length && beside <= 100 * shards, `${beside} bytes beside tensors and one header`);
        return count('to the byte but for the headers of several files');
      }
      // Writers put a line of their own into the header: format, version, settings; the text of bitsandbytes varies by some bytes.
      const [least, most] = found.extras.textBytes > 0 ? [-160, 160] : [0, 160];
      assert.ok(beside >= least && beside <= most, `${beside} bytes beside tensors and header`);
      return count('to the byte with the header, but for a line of metadata');
    });

  for (const { file, bytes, config } of manifest.filter((row) => row.bytes !== undefined && findBlock(row.config)))
    it(`${file} in total`, function () {
      const model = analyzed(config);
      if (typeof model === 'string') {
        count(`skipped: ${model}`);
        this.skip();
      }
      assertTensorBytes(model.checkpoint, bytes ?? 0);
    });

  it('never show the size of their plain weights', () => {
    const quantized = manifest.map(({ config }) => config).filter((config) => findBlock(config));
    let seen = 0;
    for (const config of quantized) {
      const model = analyze(config);
      if (model.kind !== 'model') continue;
      seen++;
      assert.ok(model.checkpoint.bytes < 2 * model.parameters.stored, `${String(config['model_type'])} ${model.checkpoint.scheme}`);
    }
    assert.ok(seen > 20);
  });
});
