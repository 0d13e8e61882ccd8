import { defaultSettings, sampleText } from './cases.mjs';
import { spread, timeInTurn } from './timing.mjs';

const deep = 126;
const shallow = 2;
/** A deep model may cost this many times as much as a shallow one. */
const limit = 2;

const sample = (name) => JSON.parse(sampleText(name));
const without = (config, key) => Object.fromEntries(Object.entries(config).filter(([name]) => name !== key));
/** One entry per layer, with both kinds among the first two. */
const alternating = (one, other) => (layers) => Array.from({ length: layers }, (_, index) => (index % 2 === 0 ? one : other));

/** Configs by their number of layers. A list has one entry per layer, as published files do; without one a rule fills it in. */
const families = {
  'Llama-3.1-405B': { config: sample('Llama-3.1-405B') },
  'DeepSeek-V3, without its quantization': {
    config: { ...without(sample('DeepSeek-V3'), 'quantization_config'), first_k_dense_replace: 1 },
  },
  'gemma3_text, layer_types written': {
    config: { ...sample('gemma-3-4b-it').text_config, model_type: 'gemma3_text', architectures: ['Gemma3ForCausalLM'] },
    types: alternating('sliding_attention', 'full_attention'),
  },
  'gpt_oss, layer_types written': {
    config: without(sample('gpt-oss-20b'), 'quantization_config'),
    types: alternating('sliding_attention', 'full_attention'),
  },
  'gpt_oss, with its quantization': { config: sample('gpt-oss-20b'), types: alternating('sliding_attention', 'full_attention') },
  'qwen3_next, layer_types written': {
    config: { model_type: 'qwen3_next', architectures: ['Qwen3NextForCausalLM'], dtype: 'bfloat16' },
    types: alternating('linear_attention', 'full_attention'),
  },
  'qwen3_next, layer_types by its rule': {
    config: { model_type: 'qwen3_next', architectures: ['Qwen3NextForCausalLM'], dtype: 'bfloat16', full_attention_interval: 2 },
  },
};

/** Times text to parameters and estimate at two depths. */
export function timeDepths(engine, { warm, rounds }) {
  const settings = defaultSettings(engine);
  const tasks = {};
  for (const [name, { config, types }] of Object.entries(families))
    for (const layers of [deep, shallow]) {
      const lists = types ? { layer_types: types(layers) } : {};
      const text = JSON.stringify({ ...config, num_hidden_layers: layers, ...lists }, null, 2);
      tasks[`${name} ${layers}`] = () => engine.estimate(engine.analyzeText(text).result, settings);
    }
  const times = timeInTurn(tasks, { warm, rounds });
  return Object.keys(families).flatMap((name) => {
    const [many, few] = [deep, shallow].map((layers) => spread(times[`${name} ${layers}`]));
    return [
      { name: `${name}: ${deep} layers`, unit: 'µs', ...many },
      { name: `${name}: ${shallow} layers`, unit: 'µs', ...few },
      { name: `${name}: deep against shallow`, unit: '×', median: many.median / few.median, limit },
    ];
  });
}
