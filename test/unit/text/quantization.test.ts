import assert from 'node:assert/strict';
import { hintText, longestHint } from '../../../src/shared/text/hints';
import { keyHover } from '../../../src/shared/text/hovers';
import { analysisOf, insightsOf, languages, matchesGolden } from './support';

const llama = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 14336,
  max_position_embeddings: 131072,
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 8,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
  vocab_size: 128256,
};

const blocks = {
  GPTQ: {
    quant_method: 'gptq',
    bits: 3,
    group_size: 128,
    desc_act: true,
    sym: false,
    lm_head: true,
    damp_percent: 0.01,
    checkpoint_format: 'gptq',
    dynamic: { '-:.*down_proj': {} },
    meta: { quantizer: ['gptqmodel:4.0'] },
  },
  bitsandbytes: {
    quant_method: 'bitsandbytes',
    load_in_4bit: true,
    load_in_8bit: false,
    bnb_4bit_quant_type: 'nf4',
    bnb_4bit_use_double_quant: true,
    bnb_4bit_compute_dtype: 'bfloat16',
    llm_int8_skip_modules: ['lm_head', 'model.layers.0.mlp'],
    llm_int8_enable_fp32_cpu_offload: true,
  },
  'compressed-tensors': {
    quant_method: 'compressed-tensors',
    format: 'float-quantized',
    quantization_status: 'compressed',
    ignore: ['lm_head'],
    kv_cache_scheme: { num_bits: 8, type: 'float', dynamic: false },
    config_groups: {
      group_0: {
        targets: ['Linear'],
        input_activations: { num_bits: 8, type: 'float', dynamic: false, strategy: 'tensor' },
        weights: { num_bits: 8, type: 'float', symmetric: true, strategy: 'channel', dynamic: false, observer: 'minmax' },
      },
    },
  },
};

describe('keys of quantization blocks', () => {
  for (const { name: language, t, style } of languages)
    it(`read well (${language})`, () => {
      const texts = Object.entries(blocks).flatMap(([name, block]) => {
        const analysis = analysisOf(JSON.stringify({ ...llama, quantization_config: block }));
        const keys = insightsOf(analysis).filter(({ section }) => section === 'quantization');
        assert.ok(keys.length >= Object.keys(block).length);
        return keys.map((insight) => {
          const hint = insight.hint && hintText(insight.hint, insight.basis, t, style);
          assert.ok(hint === undefined || (hint.length <= longestHint && !hint.includes('…')), hint);
          const title = `${name} ${insight.path.slice(1).join('.')}${hint === undefined ? '' : `    ${hint}`}`;
          return `${title}\n\n${keyHover(insight, analysis, false, t, style)}\n`;
        });
      });
      matchesGolden(`quantization.${language}.txt`, texts.join(`\n${'─'.repeat(20)}\n\n`));
    });
});
