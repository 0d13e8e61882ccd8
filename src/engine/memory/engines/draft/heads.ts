import type { Analysis } from '../../../analysis';
import { isList, isObject, type JsonObject } from '../../../config/json';
import { hiddenSize, vocabularySize } from '../../parallel/textConfig';
import type { PlacedTensor } from '../../parallel/tensors';

/** How a draft is built: a model of its own, or layers on top of what the target makes of the tokens. */
export type DraftKind = 'model' | 'eagle' | 'eagle3';

/** By the names that drafts are published under: class, `model_type`, or the path that is given. */
export function kindOfDraft({ root }: Analysis, path = ''): DraftKind {
  const { architectures, model_type: type } = root;
  const names = [...(isList(architectures) ? architectures : []), type, path].filter((name): name is string => typeof name === 'string');
  if (names.some((name) => /eagle-?3/i.test(name))) return 'eagle3';
  return names.some((name) => /eagle/i.test(name)) ? 'eagle' : 'model';
}

const numberOf = (config: JsonObject, key: string): number | undefined => {
  const value = config[key];
  return typeof value === 'number' && value > 0 ? value : undefined;
};

/** Hidden vectors of the target that an EAGLE-3 head reads: as many layers as it names, 3 where it names none. */
function hiddenVectors({ root }: Analysis): number {
  const eagle = root['eagle_config'];
  const ids = isObject(eagle) ? eagle['eagle_aux_hidden_state_layer_ids'] : undefined;
  return numberOf(root, 'num_aux_hidden_states') ?? (isList(ids) && ids.length > 0 ? ids.length : 3);
}

const plain = (module: string, shape: readonly number[], dtype: string, cut: PlacedTensor['cut'] = 'whole'): PlacedTensor => {
  const elements = shape.reduce((product, size) => product * size, 1);
  return {
    module,
    part: 'weight',
    cut,
    component: cut === 'vocabulary' ? 'head' : 'other',
    layers: null,
    place: 'after',
    copies: 1,
    bytes: elements * 2,
    dtype,
    shape,
    parameters: elements,
    kind: 'plain',
    scheme: '',
    float32: false,
  };
};

/**
 * Tensors of an EAGLE head in place of those of the model that its config looks like. The embedding is the target's. EAGLE joins it
 * with the target's hidden vector into one (`fc`), has neither norms around its layers nor a head (vllm/model_executor/models/
 * llama_eagle.py). EAGLE-3 joins hidden vectors of several layers, reads both in its first attention, and has a head of
 * `draft_vocab_size` words with their places among the target's (llama_eagle3.py); SGLang the same (srt/models/llama_eagle*.py).
 */
export function headTensors(
  tensors: readonly PlacedTensor[],
  draft: Analysis,
  target: Analysis,
  kind: Exclude<DraftKind, 'model'>,
): readonly PlacedTensor[] {
  const hidden = hiddenSize(draft);
  const dtype = draft.dtype.value;
  const layers = tensors.filter(({ layers: own, cut }) => own !== null && cut !== 'vocabulary');
  if (kind === 'eagle')
    return [
      ...layers.filter(
        ({ module, layers: own }) => !(module.endsWith('.input_layernorm') && own?.includes(0) === true && own.length === 1),
      ),
      plain('fc', [hidden, 2 * hidden], dtype),
    ];
  const words = numberOf(draft.root, 'draft_vocab_size') ?? vocabularySize(draft);
  const reads = (numberOf(draft.root, 'target_hidden_size') ?? hidden) * hiddenVectors(draft);
  const maps = words !== vocabularySize(target);
  return [
    ...layers.flatMap(widened),
    ...layers
      .filter(({ module }) => module.endsWith('.input_layernorm'))
      .map((norm): PlacedTensor => ({ ...norm, module: norm.module.replace(/input_layernorm$/, 'hidden_norm') })),
    ...tensors.filter(({ layers: own, component }) => own === null && component === 'norm'),
    plain('fc', [hidden, reads], dtype),
    plain('lm_head', [words, hidden], dtype, 'vocabulary'),
    ...(maps ? [{ ...plain('draft_id_to_target_id', [words], 'int64'), bytes: words * 8, kind: 'overhead' as const }] : []),
  ];
}

/** Queries, keys and values of the first layer read the embedding beside the hidden vector. */
function widened(tensor: PlacedTensor): readonly PlacedTensor[] {
  const { module, layers, shape, bytes, parameters, part } = tensor;
  if (part !== 'weight' || !/\.[qkv]_proj$/.test(module) || layers?.includes(0) !== true || shape.length !== 2) return [tensor];
  const [outputs = 0, inputs = 0] = shape;
  const first = { ...tensor, layers: [0], shape: [outputs, 2 * inputs], bytes: 2 * bytes, parameters: 2 * parameters };
  const others = layers.filter((layer) => layer !== 0);
  return others.length === 0 ? [first] : [first, { ...tensor, layers: others }];
}
