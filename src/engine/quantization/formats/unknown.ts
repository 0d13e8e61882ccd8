import { isList, isObject, type JsonObject, type JsonValue } from '../../config/json';
import { keeps, strings, withRules, type Block, type Recipe } from '../recipe';
import type { Scheme } from '../scheme';
import { linearLayers } from '../selection';
import { groupsIn } from '../storage';

/** Widths of methods whose configuration does not state one. */
const widthByMethod: Readonly<Record<string, number>> = { quip: 2, vptq: 2, paroquant: 4, fouroversix: 4, sinq: 4 };

/**
 * A method whose layout is not known here: linear layers at the nominal width that the block states, plus 16 bits per group
 * when it states one; everything else as it is. A finding says so, and the figure is approximate.
 */
export function nominal(block: Block, method: string): Recipe {
  const bits = nominalBits(block.config) ?? widthByMethod[method] ?? 8;
  const groupSize = firstNumber(block.config, ['group_size', 'q_group_size'], (value) => value > 0 && Number.isInteger(value)) ?? null;
  block.sink.add({ code: 'quantization-unknown', severity: 'warning', path: block.path, values: { method: method.slice(0, 80), bits } });
  const scheme: Scheme = {
    name: method.slice(0, 80),
    bits,
    groupSize,
    basis: { kind: 'approximate', reasons: ['quantization-unknown'] },
    takes: linearLayers,
    store: ({ matrices, rows, columns }) => [
      { suffix: 'weight', dtype: 'U8', shape: [rows, Math.ceil((columns * bits) / 8)], copies: matrices, packed: true },
      { suffix: 'scales', dtype: 'F16', shape: [rows, groupSize === null ? 1 : groupsIn(columns, groupSize)], copies: matrices },
    ],
  };
  const kept = [...strings(block.config['modules_to_not_convert']), ...strings(block.config['ignore'])];
  return { name: scheme.name, fallback: scheme, basis: scheme.basis, ...withRules(block, keeps(kept)) };
}

const firstNumber = (config: JsonObject, keys: readonly string[], allowed: (value: number) => boolean): number | undefined =>
  keys.map((key) => config[key]).find((value): value is number => typeof value === 'number' && allowed(value));

const bitKeys = ['bits', 'w_bit', 'nbits', 'weight_bits', 'num_bits', 'bits_per_weight', 'wbits'] as const;

/** A width somewhere in the block: a number under one of the usual keys, or in words such as `int4_weight_only`. */
function nominalBits(config: JsonObject, depth = 0): number | undefined {
  const stated = firstNumber(config, bitKeys, (value) => value >= 1 && value <= 16);
  if (stated !== undefined) return stated;
  const codebooks = firstNumber(config, ['num_codebooks'], (value) => value > 0);
  const codeBits = firstNumber(config, ['nbits_per_codebook'], (value) => value > 0 && value <= 32);
  const inGroup = firstNumber(config, ['in_group_size'], (value) => value > 0);
  if (codebooks && codeBits && inGroup) return Math.min(16, (codebooks * codeBits) / inGroup);
  for (const value of Object.values(config)) {
    const found = typeof value === 'string' ? wordBits(value) : depth < 4 ? insideBits(value, depth) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

const insideBits = (value: JsonValue | undefined, depth: number): number | undefined =>
  isObject(value)
    ? nominalBits(value, depth + 1)
    : isList(value)
      ? value
          .slice(0, 50)
          .map((item) => insideBits(item, depth + 1))
          .find((bits) => bits !== undefined)
      : undefined;

function wordBits(word: string): number | undefined {
  const match = /^(?:u?int|qu?int|float|fp|w|nf|e\dm\d_?)(\d{1,2})(?!\d)/i.exec(word.slice(0, 40));
  const bits = match ? Number(match[1]) : NaN;
  return bits >= 1 && bits <= 8 ? bits : undefined;
}
