/** Which tensors of a checkpoint the names of a `quantization` block mean, where mlx-lm's classes name them otherwise. */
import type { NameRule } from '../patterns/nameRules';
import { isKept, type KeepReason, type Scheme } from '../scheme';
import { anyMatrix } from '../selection';
import type { StoredTensor } from '../storage';

type Outcome = Scheme | KeepReason;

/**
 * Experts as mlx-lm holds them, all of a layer in one module for each projection (mlx_lm/models/switch_layers.py; gpt_oss.py calls
 * it `experts`, nemotron_h.py its projections fc1 and fc2).
 */
const experts = /^(.*)\.(?:switch_mlp|experts)\.(gate_proj|up_proj|down_proj|fc1|fc2)$/;

/**
 * What checkpoints call these one by one (`sanitize` of mlx_lm/models: mixtral.py, lfm2_moe.py and minimax.py have w1 to w3,
 * nemotron_h.py up and down).
 */
const oneByOne: Readonly<Record<string, readonly string[]>> = {
  gate_proj: ['gate_proj', 'w1'],
  up_proj: ['up_proj', 'w3'],
  down_proj: ['down_proj', 'w2'],
  fc1: ['up_proj'],
  fc2: ['down_proj'],
};

/**
 * Rules of a block's entries about single modules, by the names of the model's own checkpoint; names that are in no model do
 * nothing.
 *
 * @param fallback for what no entry names: half of a tensor that holds two modules may be such
 */
export function mlxRules(entries: ReadonlyMap<string, Outcome>, fallback: Scheme): readonly NameRule<Outcome>[] {
  return [...entries].flatMap(([path, outcome]): NameRule<Outcome>[] => {
    const [, place, projection] = experts.exec(path) ?? [];
    if (place === undefined || projection === undefined) return [{ kind: 'name', text: path, outcome }];
    const apart = (oneByOne[projection] ?? []).map((name): NameRule<Outcome> => ({
      kind: 'glob',
      text: `${place}.experts.*.${name}`,
      outcome,
    }));
    const own: NameRule<Outcome> = { kind: 'name', text: path, outcome };
    if (projection === 'down_proj')
      return [
        own,
        ...apart,
        { kind: 'name', text: `${place}.output_linear`, outcome },
        { kind: 'name', text: `${place}.experts.down_proj`, outcome },
      ];
    if (projection !== 'gate_proj' && projection !== 'up_proj') return [own, ...apart];
    const other = entries.get(path.replace(projection, projection === 'gate_proj' ? 'up_proj' : 'gate_proj')) ?? fallback;
    const both = projection === 'gate_proj' ? together(outcome, other) : together(other, outcome);
    return [
      own,
      ...apart,
      ...['experts.gate_up_proj', 'input_linear'].map((name): NameRule<Outcome> => ({
        kind: 'name',
        text: `${place}.${name}`,
        outcome: both,
      })),
    ];
  });
}

/** Of a tensor that holds gate and up projections, which mlx-lm takes apart. */
function together(gate: Outcome, up: Outcome): Outcome {
  if (typeof gate === 'string' && typeof up === 'string') return gate;
  if (typeof gate !== 'string' && typeof up !== 'string' && gate.name === up.name) return gate;
  const [first] = [gate, up].filter((outcome) => typeof outcome !== 'string');
  if (first === undefined) return gate;
  return {
    ...first,
    takes: anyMatrix,
    store(matrix, context, entry) {
      const half = { ...matrix, rows: matrix.rows / 2 };
      const stored = [gate, up].map((outcome): readonly StoredTensor[] => {
        const found = typeof outcome === 'string' ? outcome : outcome.store(half, context, entry);
        if (!isKept(found)) return found;
        return [{ suffix: 'weight', dtype: context.kept, shape: [half.matrices, half.rows, half.columns], copies: 1 }];
      });
      return stored.flat();
    },
  };
}
