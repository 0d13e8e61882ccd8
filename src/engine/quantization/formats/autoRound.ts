import type { JsonObject } from '../../config/json';
import type { NameRule } from '../patterns/nameRules';
import { groupSize, integer, section, text, withRules, type Block, type Recipe } from '../recipe';
import type { KeepReason, Scheme } from '../scheme';
import { bySource } from '../schemes/basis';
import { fp4 } from '../schemes/compressedTensors';
import { gptq } from '../schemes/gptq';
import { mxfp8 } from '../schemes/mxfp8';
import { anyMatrix, stackedLinearLayers } from '../selection';
import { readAwq } from './awq';
import { readCompressedTensors } from './compressedTensors';
import { nominal } from './unknown';

/** What AutoRound says of a layer. */
interface Numbers {
  readonly bits: number;
  /** Columns of a group; null for the whole row. */
  readonly groupSize: number | null;
  readonly type: 'int' | 'mx_fp' | 'nv_fp';
  /** Whether activations are quantized, whose scale NVFP4 stores. */
  readonly activations: boolean;
}

const widths = (bits: number): boolean => bits >= 2 && bits <= 8;
const full = 16;

/**
 * `quant_method: auto-round` (intel/auto-round auto_round/export): a method that writes the packing of others, as
 * `packing_format` (before: `backend`) says, GPTQ's without the permutation where it says nothing else. `extra_config` gives
 * single layers other numbers, by their names or by expressions.
 */
export function readAutoRound(block: Block): Recipe {
  const { config } = block;
  const packing = text(config['packing_format']) ?? text(config['backend']) ?? '';
  if (/awq/.test(packing)) return readAwq(block);
  if (/llm_compressor/.test(packing)) return readCompressedTensors(block);
  const type = typeOf(config);
  if (type === undefined) return nominal(block, 'auto-round');
  const numbers: Numbers = {
    bits: integer(block, ['bits'], 4, widths),
    groupSize: groupSize(block, ['group_size'], 128),
    type,
    activations: typeof config['act_bits'] === 'number' && config['act_bits'] <= 8,
  };
  const known = new Map<string, Scheme>();
  const rules = Object.entries(section(config['extra_config'])).map(([name, changes]): NameRule<Scheme | KeepReason> => {
    const own = changed(numbers, section(changes));
    const print = JSON.stringify(own);
    let outcome: Scheme | KeepReason | undefined = own === undefined ? 'kept-by-name' : known.get(print);
    if (own && outcome === undefined) known.set(print, (outcome = schemeOf(own, anyMatrix)));
    return { kind: /[\\*^$|()[\]?+]/.test(name) ? 'expression' : 'name', text: name, outcome: outcome ?? 'kept-by-name' };
  });
  const fallback = schemeOf(numbers, stackedLinearLayers);
  return { name: fallback.name, fallback, ...withRules(block, rules) };
}

/** The family of numbers; `undefined` for one whose packing is not known here. */
function typeOf({ data_type }: JsonObject): Numbers['type'] | undefined {
  const written = text(data_type) ?? 'int';
  if (/^int/.test(written)) return 'int';
  if (/^mx_fp/.test(written)) return 'mx_fp';
  return /^nv_fp/.test(written) ? 'nv_fp' : undefined;
}

/** The numbers of one layer; `undefined` where it stays. */
function changed(numbers: Numbers, changes: JsonObject): Numbers | undefined {
  const { bits, group_size } = changes;
  if (typeof bits === 'number' && bits >= full) return undefined;
  return {
    bits: typeof bits === 'number' && Number.isInteger(bits) && widths(bits) ? bits : numbers.bits,
    groupSize: typeof group_size === 'number' && Number.isInteger(group_size) ? (group_size > 0 ? group_size : null) : numbers.groupSize,
    activations: numbers.activations,
    type: (changes['data_type'] === undefined ? undefined : typeOf(changes)) ?? numbers.type,
  };
}

function schemeOf({ bits, groupSize: size, type, activations }: Numbers, takes: Scheme['takes']): Scheme {
  if (type === 'nv_fp') {
    const scalars = ['weight_global_scale', ...(activations ? ['input_global_scale'] : [])];
    return fp4({ name: 'autoround-nvfp4', groupSize: size ?? 16, scale: 'F8_E4M3', scalars, basis: bySource, takes });
  }
  if (type === 'mx_fp' && bits === 4)
    return fp4({ name: 'autoround-mxfp4', groupSize: size ?? 32, scale: 'U8', scalars: [], basis: bySource, takes });
  if (type === 'mx_fp') return { ...mxfp8('autoround-mxfp8', bySource), takes };
  const name = `autoround-int${bits}-${size === null ? 'channel' : `g${size}`}`;
  return {
    ...gptq({ name, bits, groupSize: size, groupIndex: false, basis: { kind: 'rule', reasons: ['autoround-packing'] } }),
    takes,
  };
}
