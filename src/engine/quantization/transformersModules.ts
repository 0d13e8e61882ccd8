/** Which tensors transformers converts when it quantizes a model as it loads it. */
import type { Inventory, InventoryEntry } from '../weights/inventory';
import { listed, type Listing } from './recipe';
import type { KeepReason } from './scheme';

type Selection = (entry: InventoryEntry) => KeepReason | undefined;

/**
 * Modules that become bitsandbytes layers in transformers 5: every `torch.nn.Linear` and `Conv1D` of the whole model, towers and
 * projectors included, except the head, what is tied to it, and what the class names in `_keep_in_fp32_modules`. What is no such
 * module is passed over: routers (but the gate of a shared expert is one), bare parameters, subclasses, and experts, which
 * version 5 holds in one parameter for a layer however the files name them.
 *
 * huggingface/transformers 5.23: integrations/bitsandbytes.py (replace_with_bnb_linear), quantizers/base.py
 * (get_keys_to_not_convert). Held against the modules of its classes in test/fixtures/bitsandbytesModules.json.
 */
export const convertedModules = (inventory: Inventory): Selection => asOfVersion5(convertedModulesBefore5(inventory));

/** The same but for routed experts, which are one parameter, and for classes derived from `Linear` (Falcon's), which are not asked for. */
export const asOfVersion5 =
  (selection: Selection): Selection =>
  (entry) =>
    selection(entry) ?? (isRoutedExpert(entry) ? 'fused-experts' : entry.derived ? 'not-a-module' : undefined);

/** The same for version 4, in which the experts of most classes are linear modules of their own, and derived classes are taken. */
export function convertedModulesBefore5({ entries }: Inventory): Selection {
  const attentions = entries.flatMap(({ name }) => (name.endsWith(fusedInput) ? [name.slice(0, -fusedInput.length)] : []));
  return (entry) => {
    const { name, role, shape } = entry;
    if (role !== 'linear') return role === 'router' && name.endsWith('.shared_expert_gate.weight') ? undefined : role;
    if (shape.length > 2) return 'fused-experts';
    if (!name.endsWith('.weight')) return 'not-a-module';
    if (keptInFloat32.test(name)) return 'kept-by-name';
    return attentions.some((attention) => name === `${attention}.out_proj.weight`) ? 'not-a-module' : undefined;
  };
}

/** torch.nn.MultiheadAttention: its input projections are one bare parameter, and its output is a subclass of Linear. */
const fusedInput = '.in_proj_weight';

/** The second matrix of T5's feed-forward part: `_keep_in_fp32_modules` of models/t5/modeling_t5.py and its kin. */
const keptInFloat32 = /\.DenseReluDense\.wo\.weight$/;

const isRoutedExpert = ({ component, role }: InventoryEntry): boolean => component === 'experts' && role === 'linear';

/** Whether version 5 leaves alone what version 4 converted: what it holds in one parameter and files name one by one, or derived classes. */
export const convertsLess = ({ entries }: Inventory): boolean =>
  entries.some((entry) => entry.derived || (isRoutedExpert(entry) && entry.shape.length === 2 && entry.name.endsWith('.weight')));

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
