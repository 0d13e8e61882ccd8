import { brief } from '../config/json';
import type { Build } from './family';

/** One entry per layer, computed; `total` is already bounded by the config's reader. */
export function perLayer<S>(total: number, sort: (index: number) => S): readonly S[] {
  const sorts: S[] = [];
  for (let index = 0; index < total; index++) sorts.push(sort(index));
  return sorts;
}

/** Names of older files: transformers configuration_utils.py, remap_legacy_layer_types. */
const today: Readonly<Record<string, string>> = { mamba: 'linear_attention', attention: 'full_attention' };

/**
 * The `layer_types` of a config: the file's own list when it has one, checked against the number of layers, else the
 * reference's pattern. Entries that the family does not know, and layers that the list leaves out, take the pattern's.
 */
export function layerTypes<S extends string>(
  written: unknown,
  total: number,
  known: readonly S[],
  pattern: (index: number) => S,
  build: Pick<Build, 'report' | 'path'>,
  key = 'layer_types',
): readonly S[] {
  if (!Array.isArray(written)) {
    if (written !== undefined && written !== null)
      build.report({
        code: 'invalid-value',
        severity: 'error',
        path: [...build.path, key],
        values: { expected: 'list', found: brief(written), assumed: 'defaults' },
      });
    return perLayer(total, pattern);
  }
  if (written.length !== total)
    build.report({
      code: 'layer-list-length',
      severity: 'error',
      path: [...build.path, key],
      values: { key, length: written.length, expected: total },
    });
  return perLayer(total, (index) => {
    const entry: unknown = written[index];
    if (entry === undefined) return pattern(index);
    for (const name of [entry, typeof entry === 'string' ? today[entry] : undefined])
      if ((known as readonly unknown[]).includes(name)) return name as S;
    const assumed = pattern(index);
    build.report({
      code: 'layer-type-unknown',
      severity: 'error',
      path: [...build.path, key, index],
      values: { entry: brief(entry), assumed },
    });
    return assumed;
  });
}
