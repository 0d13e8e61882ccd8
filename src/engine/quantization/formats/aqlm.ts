import { keeps, strings, withRules, type Block, type Recipe } from '../recipe';
import { aqlm } from '../schemes/aqlm';
import { numberOr, positive } from './numbers';

/** `aqlm-2bit-1x16`, with the vector's columns where they are not 8, and its rows where they are more than one. */
const nameOf = (codebooks: number, bits: number, inGroup: number, outGroup: number): string => {
  const perWeight = Math.round(((codebooks * bits) / (inGroup * outGroup)) * 100) / 100;
  return `aqlm-${perWeight}bit-${codebooks}x${bits}${inGroup === 8 ? '' : `-g${inGroup}`}${outGroup === 1 ? '' : `-o${outGroup}`}`;
};

/**
 * `quant_method: aqlm`, with the defaults of its class in transformers (AqlmConfig). The list of what is not quantized holds
 * names of weights (Vahe1994/AQLM convert_to_hf.py).
 */
export function readAqlm(block: Block): Recipe {
  const codebooks = numberOr(block, 'num_codebooks', 1, (count) => count >= 1 && count <= 64);
  const bitsPerCodebook = numberOr(block, 'nbits_per_codebook', 16, (bits) => bits >= 1 && bits <= 24);
  const inGroup = numberOr(block, 'in_group_size', 8, positive);
  const outGroup = numberOr(block, 'out_group_size', 1, positive);
  const name = nameOf(codebooks, bitsPerCodebook, inGroup, outGroup);
  const kept = strings(block.config['linear_weights_not_to_quantize']).map(moduleOfWeight);
  return { name, fallback: aqlm({ name, codebooks, bitsPerCodebook, inGroup, outGroup }), ...withRules(block, keeps(kept)) };
}

/** The module of a weight that is listed by its own name. */
export const moduleOfWeight = (name: string): string => name.replace(/\.(weight|bias)$/, '');
