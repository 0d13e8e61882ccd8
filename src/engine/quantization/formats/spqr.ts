import type { NameRule } from '../patterns/nameRules';
import { keeps, section, strings, withRules, type Block, type Recipe } from '../recipe';
import type { KeepReason, Scheme } from '../scheme';
import { bySource } from '../schemes/basis';
import { spqr } from '../schemes/spqr';
import { anyMatrix } from '../selection';
import { moduleOfWeight } from './aqlm';
import { positive, wholeOr } from './numbers';

const name = 'spqr-3bit-g16';

/**
 * `quant_method: spqr`. `shapes` holds the length of every stored tensor (Vahe1994/SpQR convert_to_hf.py), without which only
 * the usual share of outliers can be taken.
 */
export function readSpqr(block: Block): Recipe {
  const shapes = section(block.config['shapes']);
  const rules: NameRule<Scheme | KeepReason>[] = [...keeps(strings(block.config['modules_to_not_convert']).map(moduleOfWeight))];
  let told = 0;
  for (const key of Object.keys(shapes)) {
    if (!key.endsWith('.col_vals.shape')) continue;
    const module = key.slice(0, -'.col_vals.shape'.length);
    const outliers = wholeOr(shapes, key, 0, positive);
    const rowOffsets = wholeOr(shapes, `${module}.row_offsets.shape`, 0, positive) || undefined;
    told++;
    rules.push({
      kind: 'name',
      text: module,
      outcome: spqr({ name, sizesOf: () => ({ outliers, rowOffsets }), basis: bySource, takes: anyMatrix }),
    });
  }
  if (told === 0)
    block.sink.add({ code: 'quantization-incomplete', severity: 'warning', path: block.path, values: { key: 'shapes', assumed: '1 %' } });
  const fallback = spqr({
    name,
    sizesOf: (rows, columns) => ({ outliers: Math.round(rows * columns * 0.01) }),
    basis: { kind: 'approximate', reasons: ['outliers-by-data'] },
  });
  return { name, fallback, ...withRules(block, rules) };
}
