import type { Basis } from '../../basis';
import type { JsonObject } from '../../config/json';
import type { NameRule } from '../patterns/nameRules';
import { flag, groupSize, integer, section, strings, text, withRules, type Block, type Recipe } from '../recipe';
import { awq } from '../schemes/awq';
import { bySource } from '../schemes/basis';
import { bitblas, gptq, gptqWriters, type GptqLayout, type GptqWriter } from '../schemes/gptq';
import type { Scheme } from '../scheme';
import { toldAmong, withOthers, type Writer } from '../writers';
import { changedGroup, dynamicRules } from './dynamic';

const widths = (bits: number): boolean => bits >= 2 && bits <= 8;

/** `gptq-int4-g128`, `gptq-int4-channel`, `gptq-int4-g128-actorder`. */
const nameOf = (bits: number, size: number | null, actOrder: boolean): string =>
  `gptq-int${bits}-${size === null ? 'channel' : `g${size}`}${actOrder ? '-actorder' : ''}`;

/**
 * Who wrote the files, from what only some writers put into the block: `meta.quantizer` and `dynamic` (GPTQModel),
 * `checkpoint_format` (AutoGPTQ since its pull request 603, three days after 602 stopped the zero bias), a `dataset` (optimum,
 * which never had it). Nothing of these: AutoGPTQ up to 0.7.1.
 */
function writerOf({ config }: Block): GptqWriter {
  const quantizers = [text(section(config['meta'])['quantizer']) ?? '', ...strings(section(config['meta'])['quantizer'])].join(' ');
  const recent =
    /gptqmodel/i.test(quantizers) || ['checkpoint_format', 'dynamic', 'dataset', 'autoround_version'].some((key) => config[key] != null);
  return recent ? 'gptqmodel' : 'autogptq';
}

/**
 * `quant_method: gptq` of AutoGPTQ, optimum and GPTQModel.
 * @param told the writer, where someone knows it: files of GPTQ-for-LLaMa carry no sign of it.
 */
export function readGptq(block: Block, told?: Writer): Recipe {
  const { config } = block;
  const bits = integer(block, ['bits', 'w_bit'], 4, widths);
  const size = groupSize(block, ['group_size', 'q_group_size'], 128);
  if (flag(config, 'is_marlin_format') || text(config['checkpoint_format']) === 'marlin') return marlin(size);
  if (text(config['checkpoint_format'] ?? config['format']) === 'bitblas') return inBitblas(block, bits, size);
  const known = toldAmong(gptqWriters, told);
  const writer = known ?? writerOf(block);
  const basis: Basis =
    known === undefined && writer === 'autogptq' ? { kind: 'rule', reasons: ['gptq-zero-bias'] } : { kind: 'exact', reasons: [] };
  const layout: GptqLayout = {
    name: nameOf(bits, size, flag(config, 'desc_act')),
    bits,
    groupSize: size,
    writer,
    head: flag(config, 'lm_head'),
    basis,
  };
  const scheme = gptq(layout);
  const writers = withOthers(writer, gptqWriters);
  const inBlock = strings(config['modules_in_block_to_quantize']);
  if (inBlock.length > 0) {
    const rules = inBlock.map((name): NameRule<Scheme> => ({ kind: 'name', text: name, outcome: scheme }));
    return { name: layout.name, fallback: 'not-named', otherwise: scheme, writers, ...withRules(block, rules) };
  }
  const rules = dynamicRules(config, (changes) => gptq(changedBy(layout, changes)));
  return { name: layout.name, fallback: scheme, writers, ...withRules(block, rules) };
}

/** Files that GPTQModel packed for the BitBLAS kernels; without zero points unless the block says that it is not symmetric. */
function inBitblas(block: Block, bits: number, size: number | null): Recipe {
  const { config } = block;
  const schemeOf = (changes: JsonObject): Scheme => {
    const itsBits = typeof changes['bits'] === 'number' && widths(changes['bits']) ? changes['bits'] : bits;
    const group = changedGroup(changes, size);
    const name = `${nameOf(itsBits, group, false)}-bitblas`;
    return bitblas({ name, bits: itsBits, groupSize: group, zeros: config['sym'] === false, head: flag(config, 'lm_head') });
  };
  const fallback = schemeOf({});
  return { name: fallback.name, fallback, ...withRules(block, dynamicRules(config, schemeOf)) };
}

/**
 * Files that AutoGPTQ repacked for the Marlin kernel: symmetric, 4 bits in tiles, scales F16, and nothing else (AutoGPTQ 0.7
 * auto_gptq/nn_modules/qlinear/qlinear_marlin.py). AWQ has the same packing under other names.
 */
function marlin(size: number | null): Recipe {
  const name = `${nameOf(4, size, false)}-marlin`;
  const packing = awq({ name, groupSize: size, version: 'marlin', basis: bySource });
  const names: Readonly<Record<string, string>> = { qweight: 'B', scales: 's' };
  const scheme: Scheme = {
    ...packing,
    store(matrix, context, entry) {
      const stored = packing.store(matrix, context, entry);
      return typeof stored === 'string' ? stored : stored.map((tensor) => ({ ...tensor, suffix: names[tensor.suffix] ?? tensor.suffix }));
    },
  };
  return { name, fallback: scheme };
}

/** What `dynamic` makes of a layout; what it names is quantized, the head too. */
function changedBy(layout: GptqLayout, changes: JsonObject): GptqLayout {
  const bits = typeof changes['bits'] === 'number' && widths(changes['bits']) ? changes['bits'] : layout.bits;
  const size = changedGroup(changes, layout.groupSize);
  return { ...layout, name: nameOf(bits, size, layout.name.endsWith('-actorder')), bits, groupSize: size, head: true };
}
