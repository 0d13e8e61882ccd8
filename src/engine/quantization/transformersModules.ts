/** Which tensors transformers converts when it quantizes a model as it loads it. */
import type { Inventory, InventoryEntry } from '../weights/inventory';
import type { KeepReason } from './scheme';

type Selection = (entry: InventoryEntry) => KeepReason | undefined;

/**
 * Modules that become bitsandbytes layers in transformers 5: every `torch.nn.Linear` and `Conv1D` of the whole model, towers and
 * projectors included, except the head, what is tied to it, and what the class names in `_keep_in_fp32_modules`. What is no such
 * module is passed over: routers (but the gate of a shared expert is one), bare parameters, subclasses, and experts, which
 * version 5 holds in one parameter for a layer however the files name them.
 *
 * huggingface/transformers 5.23: integrations/bitsandbytes.py (replace_with_bnb_linear), quantizers/base.py
 * (get_keys_to_not_convert). Held against the modules of its classes in test/fixtures/bitsandbytesModules.json, which lists
 * Falcon apart: its layers are a subclass of `Linear`, so that 5.23 converts none of them; here they are counted as converted, as
 * version 4 did.
 */
export const convertedModules = (inventory: Inventory): Selection => withoutExperts(convertedModulesBefore5(inventory));

/** The same but for routed experts, which are one parameter. */
export const withoutExperts =
  (selection: Selection): Selection =>
  (entry) =>
    selection(entry) ?? (isRoutedExpert(entry) ? 'fused-experts' : undefined);

/** The same for version 4, in which the experts of most classes are linear modules of their own. */
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

/** Whether version 5 holds in one parameter what the files name one by one. */
export const fusesExperts = ({ entries }: Inventory): boolean =>
  entries.some((entry) => isRoutedExpert(entry) && entry.shape.length === 2 && entry.name.endsWith('.weight'));
