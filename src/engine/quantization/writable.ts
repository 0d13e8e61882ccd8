/** Parts that the writer of a format cannot be told to quantize: it has no form for them. */
import type { InventoryEntry } from '../weights/inventory';
import { partOf, type EditablePart } from './edits';
import type { Preset } from './presets/preset';

/** Where it stands that a writer takes linear modules alone: no embeddings, and no routers that are none. */
const linearModulesAlone: readonly { readonly presets: RegExp; readonly source: string }[] = [
  { presets: /^awq-/, source: 'casper-hansen/AutoAWQ: awq/utils/module.py (get_named_linears)' },
  { presets: /^gptq-|^fp8-e5m2-/, source: 'ModelCloud/GPTQModel: gptqmodel/models/base.py, nn_modules/qlinear' },
  { presets: /^autoround-/, source: 'intel/auto-round: auto_round/export/export_to_autogptq' },
  { presets: /^bnb-/, source: 'huggingface/transformers: integrations/bitsandbytes.py (replace_with_bnb_linear)' },
  {
    presets: /^fp8-(block128|block128-ue8m0|tensor-dynamic)$/,
    source: 'huggingface/transformers: integrations/finegrained_fp8.py (replace_with_fp8_linear)',
  },
  { presets: /^eetq-/, source: 'huggingface/transformers: integrations/eetq.py (replace_with_eetq_linear)' },
  { presets: /^hqq-/, source: 'mobiusml/hqq: hqq/models/base.py (get_linear_tags_from_model)' },
  // Int8Tensor and Float8Tensor are looked up in; FqnToConfig names an embedding.
  { presets: /^torchao-int4-/, source: 'pytorch/ao: torchao/quantization/quantize_/workflows/int4/int4_tensor.py' },
  { presets: /^aqlm-/, source: 'Vahe1994/AQLM: src/modelutils.py (find_sublayers)' },
  { presets: /^vptq-/, source: 'microsoft/VPTQ: vptq/layers/vqlinear.py' },
  { presets: /^quip-|^qtip-/, source: 'Cornell-RelaxML/quip-sharp: lib/linear' },
  { presets: /^spqr-/, source: 'Vahe1994/SpQR: modelutils.py (find_sublayers)' },
];

/** torchao's other layouts take an embedding that is named, but no router that is a bare parameter, either. */
const torchao = { presets: /^torchao-/, source: 'huggingface/transformers: quantizers/quantizer_torchao.py (param_needs_quantization)' };

/** Why no writer of a preset quantizes tensors of a part: where that stands; `undefined` where one does, or where nothing was read. */
export function unwritable({ name }: Preset, part: EditablePart, entries: readonly InventoryEntry[]): string | undefined {
  if (part !== 'embedding' && part !== 'router') return undefined;
  const rule = [...linearModulesAlone, ...(part === 'router' ? [torchao] : [])].find(({ presets }) => presets.test(name));
  if (!rule) return undefined;
  const shut = part === 'embedding' || entries.some(({ role, moduleClass }) => role === 'router' && moduleClass === undefined);
  return shut ? rule.source : undefined;
}

/** Tensors of a part that stand in the files by themselves. */
export const entriesOf = (entries: readonly InventoryEntry[], part: EditablePart): readonly InventoryEntry[] =>
  entries.filter(({ component, tiedTo, buffer }) => partOf[component] === part && tiedTo === undefined && !buffer);
