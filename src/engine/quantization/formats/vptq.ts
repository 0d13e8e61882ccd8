import { isList, isObject, type JsonObject, type JsonValue } from '../../config/json';
import type { NameRule } from '../patterns/nameRules';
import { flag, keeps, section, strings, withRules, type Block, type Recipe } from '../recipe';
import type { KeepReason, Scheme } from '../scheme';
import { bySource } from '../schemes/basis';
import { vptq, type VptqLayout } from '../schemes/vptq';
import { anyMatrix, linearLayers } from '../selection';
import { positive, wholeOr } from './numbers';
import { nominal } from './unknown';

/**
 * `quant_method: vptq`: a layout for each layer by its full name, or for all of one name (microsoft/VPTQ
 * vptq/layers/model_base.py, make_quant_linear). Layers without one stay.
 */
export function readVptq(block: Block): Recipe {
  const known = new Map<string, Scheme>();
  const rules: NameRule<Scheme | KeepReason>[] = [...keeps(strings(block.config['modules_to_not_convert']))];
  for (const key of ['config_for_layers', 'shared_layer_config'])
    for (const [module, written] of Object.entries(section(block.config[key]))) {
      if (!isObject(written)) continue;
      const layout = layoutOf(written);
      if (!layout) continue;
      const print = JSON.stringify(layout);
      let scheme = known.get(print);
      if (!scheme) known.set(print, (scheme = vptq(layout)));
      rules.push({ kind: 'name', text: module, outcome: scheme });
    }
  const [first] = known.values();
  if (!first) return nominal(block, 'vptq');
  return { name: first.name, fallback: 'not-named', otherwise: { ...first, takes: linearLayers }, ...withRules(block, rules) };
}

/** What one layer's arguments say: outliers first and the rest second in each pair, -1 for none. */
function layoutOf(config: JsonObject): VptqLayout | undefined {
  const [outlierLength, vectorLength] = pair(config['vector_lens']);
  const [outlierCentroids, centroids] = pair(config['num_centroids']);
  const [, residualCentroids] = pair(config['num_res_centroids']);
  const outlierColumns = wholeOr(config, 'outlier_size', 0, positive);
  if (vectorLength < 1 || vectorLength > mostRows || outlierLength > mostRows || centroids < 2) return undefined;
  const groups = wholeOr(config, 'group_num', 1, (value) => value > 0 && value <= mostGroups);
  const groupSize = wholeOr(config, 'group_size', -1, positive);
  return {
    name: `vptq-v${vectorLength}-k${centroids}${residualCentroids > 0 ? `-${residualCentroids}` : ''}`,
    vectorLength,
    centroids,
    residualCentroids: Math.max(residualCentroids, 0),
    groups,
    ...(groupSize > 0 && { groupSize }),
    ...(outlierLength > 1 &&
      outlierCentroids > 0 && { outliers: { columns: outlierColumns, vectorLength: outlierLength, centroids: outlierCentroids } }),
    norm: flag(config, 'enable_norm'),
    permutation: flag(config, 'enable_perm'),
    packed: config['is_indice_packed'] !== false,
    basis: bySource,
    takes: anyMatrix,
  };
}

function pair(value: JsonValue | undefined): readonly [number, number] {
  const [a, b] = isList(value) ? value : [];
  return [whole(a), whole(b)];
}

/** Centroids have indices of 16 bits in every published file; more than this is no file's. */
const mostCentroids = 2 ** 20;
const mostRows = 1024;
const mostGroups = 1024;

const whole = (value: JsonValue | undefined): number =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= mostCentroids ? value : -1;
