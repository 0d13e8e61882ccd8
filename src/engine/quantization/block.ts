import { isObject, type JsonObject } from '../config/json';
import { textSections } from '../config/textSections';
import type { ConfigPath } from '../findings';
import { readAqlm } from './formats/aqlm';
import { readAutoRound } from './formats/autoRound';
import { readAwq } from './formats/awq';
import { readBitnet } from './formats/bitnet';
import { readBitsAndBytes } from './formats/bitsandbytes';
import { readChatGlm } from './formats/chatglm';
import { readCompressedTensors } from './formats/compressedTensors';
import { readEetq } from './formats/eetq';
import { readExl2 } from './formats/exl2';
import { readExl3 } from './formats/exl3';
import { readFbgemmFp8, readFp8 } from './formats/fp8';
import { readGptq } from './formats/gptq';
import { readHqq } from './formats/hqq';
import { readMlx } from './formats/mlx';
import { readModelOpt } from './formats/modelopt';
import { readMxfp4 } from './formats/mxfp4';
import { holdsFullWeights, readFpQuant, readHiggs, readQqq } from './formats/others';
import { readQuanto } from './formats/quanto';
import { readQuark } from './formats/quark';
import { readQuip } from './formats/quip';
import { readSpqr } from './formats/spqr';
import { readTorchao } from './formats/torchao';
import { nominal } from './formats/unknown';
import { readVptq } from './formats/vptq';
import { text, type Block, type Recipe } from './recipe';
import { sidecarBlocks, sidecarFiles, type SidecarFile, type Sidecars } from './sidecars';
import type { Writer } from './writers';

/** What says how the files are quantized, and where it stands. */
export interface FoundBlock {
  readonly config: JsonObject;
  /** In the config; empty for a file beside it. */
  readonly path: ConfigPath;
  readonly source: 'config.json' | SidecarFile;
}

/** Everything that says how the files are quantized, in order of precedence: the config itself, then the files beside it. */
export function findBlocks(root: JsonObject, sidecars: Sidecars = {}): readonly FoundBlock[] {
  const [own, ...others] = blocksIn(root);
  const beside = sidecarBlocks(sidecars).map(({ file, config }): FoundBlock => ({ config, path: [], source: file }));
  if (!own) return beside;
  // ExLlamaV3 repeats its block beside the config, with every stored tensor.
  const more = own.config['quant_method'] === 'exl3' && beside.find(({ source }) => source === sidecarFiles.quantizationConfig);
  const config = more ? { ...more.config, ...own.config } : own.config;
  return [{ ...own, config }, ...others, ...beside.filter((block) => block !== more)];
}

/** Where a config says how its files are quantized. */
export const findBlock = (root: JsonObject): FoundBlock | undefined => blocksIn(root)[0];

/** Blocks of a config, the one that counts first. MLX has a key of its own, and repeats it under the usual one. */
function blocksIn(root: JsonObject): readonly FoundBlock[] {
  const found: FoundBlock[] = [];
  const add = (config: JsonObject, ...path: string[]): unknown => found.push({ config, path, source: 'config.json' });
  for (const [holder, ...place] of holdersIn(root)) {
    const own = holder['quantization'];
    if (isObject(own) && (typeof own['bits'] === 'number' || own['quant_algo'] !== undefined)) add(own, ...place, 'quantization');
    for (const key of ['quantization_config', 'compression_config']) {
      const written = holder[key];
      if (!isObject(written)) continue;
      const [config, ...inner] = unwrapped(written);
      if (Object.keys(config).length > 0 && !holdsFullWeights(config)) add(config, ...place, key, ...inner);
    }
  }
  // ChatGLM's own code has a key of its own; 0 means not quantized.
  const bits = root['quantization_bit'];
  if (typeof bits === 'number' && bits > 0) add({ quant_method: 'chatglm', bits }, 'quantization_bit');
  // Research code has a key for its own settings, too.
  for (const [key, method] of ownKeys) {
    const config = root[key];
    if (isObject(config)) add({ ...config, quant_method: method }, key);
  }
  return found;
}

/**
 * A block in another. As compressed-tensors wrote it in its first months: beside it what is said of sparse weights
 * (transformers utils/quantization_config.py, CompressedTensorsConfig.from_dict). As ModelOpt's hf_quant_config.json has it, which
 * loaders take in config.json, too (vllm-project/vllm model_executor/layers/quantization/modelopt.py, from_config).
 */
function unwrapped(written: JsonObject): readonly [JsonObject, ...string[]] {
  const ofModelOpt = written['quantization'];
  if (isObject(ofModelOpt) && ofModelOpt['quant_algo'] !== undefined) return [{ quant_method: 'modelopt', ...ofModelOpt }, 'quantization'];
  const inner = written['quantization_config'];
  if (!isObject(inner) || isObject(written['config_groups'])) return [written];
  const isOurs = isObject(inner['config_groups']) || [written, inner].some(({ quant_method }) => quant_method === 'compressed-tensors');
  if (!isOurs) return [written];
  const { sparsity_config } = written;
  return [
    { quant_method: 'compressed-tensors', ...(sparsity_config !== undefined && { sparsity_config }), ...inner },
    'quantization_config',
  ];
}

/** The config and its text models' sections, a section's own text section included (`thinker_config.text_config`). */
function* holdersIn(root: JsonObject): Generator<readonly [JsonObject, ...string[]]> {
  yield [root];
  for (const name of textSections) {
    const section = root[name];
    if (!isObject(section)) continue;
    yield [section, name];
    for (const inner of textSections) {
      const text = section[inner];
      if (isObject(text)) yield [text, name, inner];
    }
  }
}

/** Keys of QuIP# and QTIP (Cornell-RelaxML), and of AQLM before transformers knew it. */
const ownKeys = [
  ['quip_params', 'quip_params'],
  ['aqlm', 'aqlm'],
] as const;

/**
 * What a block says, read by the method that it names or whose keys it has.
 * @param told who wrote the files, where someone knows it: some writers leave no sign in the block.
 */
export function readBlock(block: Block, told?: Writer): Recipe {
  const { config } = block;
  const method = (text(config['quant_method']) ?? '').toLowerCase();
  if (config['quant_algo'] !== undefined || method.startsWith('modelopt')) return readModelOpt(block, told);
  if (method === '') return readUnnamed(block, told);
  const known = (Object.hasOwn(otherNames, method) && otherNames[method]) || method;
  return Object.hasOwn(readers, known) ? (readers[known] as Reader)(block, told) : nominal(block, method);
}

/** Names that engines give to a method of theirs, or that older writers gave it. */
const otherNames: Readonly<Record<string, string>> = {
  auto_gptq: 'gptq',
  autoround: 'auto-round',
  auto_round: 'auto-round',
  awq_marlin: 'awq',
  bitsandbytes_4bit: 'bitsandbytes',
  bitsandbytes_8bit: 'bitsandbytes',
  compressed_tensors: 'compressed-tensors',
  gptq_marlin: 'gptq',
  gptqmodel: 'gptq',
};

type Reader = (block: Block, told?: Writer) => Recipe;

/** Readers by `quant_method`. */
const readers: Readonly<Record<string, Reader>> = {
  aqlm: readAqlm,
  'auto-round': readAutoRound,
  awq: readAwq,
  bitnet: readBitnet,
  bitsandbytes: readBitsAndBytes,
  chatglm: readChatGlm,
  'compressed-tensors': readCompressedTensors,
  eetq: readEetq,
  exl2: readExl2,
  exl3: readExl3,
  fbgemm_fp8: readFbgemmFp8,
  fp8: readFp8,
  fp_quant: readFpQuant,
  gptq: readGptq,
  higgs: readHiggs,
  hqq: readHqq,
  'intel/auto-round': readAutoRound,
  mxfp4: readMxfp4,
  qqq: readQqq,
  quanto: readQuanto,
  quark: readQuark,
  quip_params: readQuip,
  spqr: readSpqr,
  torchao: readTorchao,
  vptq: readVptq,
};

/** Blocks from before `quant_method`, and MLX's, which has none. */
function readUnnamed(block: Block, told?: Writer): Recipe {
  const { config } = block;
  if (config['load_in_4bit'] !== undefined || config['load_in_8bit'] !== undefined) return readBitsAndBytes(block, told);
  if (isObject(config['config_groups'])) return readCompressedTensors(block, told);
  if (config['desc_act'] !== undefined) return readGptq(block, told);
  if (config['zero_point'] !== undefined && config['version'] !== undefined) return readAwq(block);
  if (typeof config['bits'] === 'number' && config['group_size'] !== undefined) return readMlx(block, told);
  return nominal(block, 'unknown');
}
