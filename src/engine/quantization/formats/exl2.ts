import type { Basis } from '../../basis';
import type { Block, Recipe } from '../recipe';
import { exl2, isHeadWidth } from '../schemes/exl2';
import { averageBits, exllamaName } from './exllama';
import { numberOr } from './numbers';

const basis: Basis = { kind: 'rule', reasons: ['exllama-layers', 'bits-by-measurement'] };

/** `quant_method: exl2`: the target of the layers and that of the head, both as they were asked for. */
export function readExl2(block: Block): Recipe {
  const bits = averageBits(block);
  const headBits = numberOr(block, 'head_bits', 6, (value) => isHeadWidth(value) || value === 16);
  const name = exllamaName('exl2', bits);
  return { name, fallback: exl2({ name, bits, headBits, basis }), ...(isHeadWidth(headBits) && { storesTiedHead: true }) };
}
