/** Which tensors are converted by writers that go through the modules of a model that transformers has loaded. */
import type { InventoryEntry } from '../weights/inventory';
import { listed, type Listing } from './recipe';
import type { KeepReason } from './scheme';
import type { ExpertsWriter } from './writers';

export type Selection = (entry: InventoryEntry) => KeepReason | undefined;

/** What a writer asks of a module before it converts it: a `torch.nn.Linear` it always takes. */
export interface ModuleRule {
  /** Modules of classes derived from it, too (`isinstance`): Falcon's layers, some routers, outputs of attention. */
  readonly derived?: true;
  /** But the output of `torch.nn.MultiheadAttention` never. */
  readonly exceptAttentionOutput?: true;
  /** GPT-2's `Conv1D`, too. */
  readonly conv1d?: true;
  /** Leaves alone what the model's class names in `_keep_in_fp32_modules`; names that end in `.weight` never meet that list. */
  readonly heedsFloat32?: true;
}

/**
 * huggingface/transformers 5.23: integrations/bitsandbytes.py (replace_with_bnb_linear), quantizers/quantizer_torchao.py
 * (param_needs_quantization) with pytorch/ao 0.18 torchao/quantization/quant_api.py (_is_linear), integrations/eetq.py,
 * integrations/quanto.py, quantizers/base.py (get_keys_to_not_convert: the head and what is tied to it stay); mobiusml/hqq
 * 0.2.8 hqq/models/base.py (get_linear_tags_from_model). Held against modules in test/fixtures/bitsandbytesModules.json and
 * files in torchaoFiles.json.
 */
export const moduleRules = {
  bitsandbytes: { conv1d: true, heedsFloat32: true },
  torchao: { derived: true, exceptAttentionOutput: true },
  hqq: {},
  eetq: { derived: true, heedsFloat32: true },
  quanto: { derived: true, heedsFloat32: true },
} as const satisfies Readonly<Record<string, ModuleRule>>;

/**
 * Modules that such a writer converts, of the whole model, towers and projectors included, the head left out. What is no such
 * module is passed over: most routers, bare parameters, and experts, which version 5 holds in one parameter for a layer however
 * the files name them; in version 4 the experts of most classes are linear modules of their own, and derived classes are taken.
 */
export const modulesOf =
  (rule: ModuleRule, version: ExpertsWriter = 'transformers-5'): Selection =>
  (entry) => {
    const { name, role, shape, layout, moduleClass } = entry;
    if (role !== 'linear' && (role !== 'router' || moduleClass === undefined)) return role;
    if (shape.length > 2) return 'fused-experts';
    if (!name.endsWith('.weight')) return 'not-a-module';
    if (layout === 'in,out' && !rule.conv1d) return 'not-a-module';
    if (rule.heedsFloat32 && keptInFloat32.test(name)) return 'kept-by-name';
    if (moduleClass === 'attentionOutput' && rule.exceptAttentionOutput) return 'not-a-module';
    if (version === 'transformers-4') return undefined;
    if (isRoutedExpert(entry)) return 'fused-experts';
    return isDerived(entry) && !rule.derived ? 'not-a-module' : undefined;
  };

/** The same where the head is converted like any other module. */
export const withHead =
  (selection: Selection): Selection =>
  (entry) =>
    entry.role === 'head' ? undefined : selection(entry);

/** Experts that transformers 5 holds in one parameter, and derived classes, left out of what a program of its own takes (Quark). */
export const asOfVersion5 =
  (selection: Selection): Selection =>
  (entry) =>
    selection(entry) ?? (isRoutedExpert(entry) ? 'fused-experts' : isDerived(entry) ? 'not-a-module' : undefined);

/** The second matrix of T5's feed-forward part, and the weights of DeepSeek's indexer: `_keep_in_fp32_modules` of their classes. */
const keptInFloat32 = /\.(DenseReluDense\.wo|indexer\.weights_proj)\.weight$/;

const isDerived = ({ moduleClass }: InventoryEntry): boolean => moduleClass === 'derived' || moduleClass === 'attentionOutput';

const isRoutedExpert = ({ component, role }: InventoryEntry): boolean => component === 'experts' && role === 'linear';

/** What stands below `model.` in the classes of version 5, and at the top in the names of many published files. */
const belowModel = /^(language_model|vision_tower|multi_modal_projector|visual)(\.|$)/;

/**
 * A string of a list of modules to leave alone as version 5 reads it: an expression for the start of a module's name up to the
 * end of one of its parts, or the end of the name, letter by letter (quantizers/quantizers_utils.py, should_convert_module;
 * version 4 found it anywhere in a name). Names are those of its own classes, in which `vision_tower` is the start of none.
 */
export const listedInVersion5: Listing = (pattern, outcome) => {
  if (isWholeName(pattern)) return listed(pattern, outcome);
  const end = `.*${escaped(pattern)}$`;
  const text = belowModel.test(pattern) ? end : `(?:${pattern})(?:\\.|$)|${end}`;
  return { kind: 'expression', text, outcome };
};

/** The same where names are those of parameters, so that only a string with `weight` at its end meets the end of one (quantizer_torchao.py). */
export const listedAsParameters: Listing = (pattern, outcome) => {
  const weight = '.weight';
  if (pattern.endsWith(weight)) return { kind: 'expression', text: `.*${escaped(pattern.slice(0, -weight.length))}$`, outcome };
  if (isWholeName(pattern)) return listed(pattern, outcome);
  return belowModel.test(pattern)
    ? { kind: 'exact', text: pattern, outcome }
    : { kind: 'expression', text: `(?:${pattern})(?:\\.|$)`, outcome };
};

const escaped = (pattern: string): string => pattern.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
const isWholeName = (pattern: string): boolean => /^(model|language_model\.model)\.[\w.]+$/.test(pattern);
