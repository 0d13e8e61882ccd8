import { isObject, type JsonObject } from '../config/json';
import { textSections } from '../config/textSections';
import type { ConfigPath } from '../findings';
import { readAwq } from './formats/awq';
import { readBitsAndBytes } from './formats/bitsandbytes';
import { readChatGlm } from './formats/chatglm';
import { readCompressedTensors } from './formats/compressedTensors';
import { readFbgemmFp8, readFp8 } from './formats/fp8';
import { readAutoRound, readGptq } from './formats/gptq';
import { readMlx } from './formats/mlx';
import { readModelOpt } from './formats/modelopt';
import { readMxfp4 } from './formats/mxfp4';
import { nominal } from './formats/unknown';
import { text, type Block, type Recipe } from './recipe';
import type { GptqWriter } from './schemes/gptq';
import { sidecarBlocks, type SidecarFile, type Sidecars } from './sidecars';

/** What says how the files are quantized, and where it stands. */
export interface FoundBlock {
  readonly config: JsonObject;
  /** In the config; empty for a file beside it. */
  readonly path: ConfigPath;
  readonly source: 'config.json' | SidecarFile;
}

/** Everything that says how the files are quantized, in order of precedence: the config itself, then the files beside it. */
export function findBlocks(root: JsonObject, sidecars: Sidecars = {}): readonly FoundBlock[] {
  const own = findBlock(root);
  const beside = sidecarBlocks(sidecars).map(({ file, config }): FoundBlock => ({ config, path: [], source: file }));
  return own ? [{ ...own, source: 'config.json' }, ...beside] : beside;
}

/** Where a config says how its files are quantized. MLX has a key of its own, and repeats it under the usual one. */
export function findBlock(root: JsonObject): Omit<FoundBlock, 'source'> | undefined {
  const own = root['quantization'];
  if (isObject(own) && (typeof own['bits'] === 'number' || own['quant_algo'] !== undefined)) return { config: own, path: ['quantization'] };
  for (const place of [[], ...textSections.map((name) => [name])]) {
    const holder = place[0] === undefined ? root : root[place[0]];
    if (!isObject(holder)) continue;
    for (const key of ['quantization_config', 'compression_config']) {
      const config = holder[key];
      if (isObject(config) && Object.keys(config).length > 0) return { config, path: [...place, key] };
    }
  }
  // ChatGLM's own code has a key of its own; 0 means not quantized.
  const bits = root['quantization_bit'];
  if (typeof bits === 'number' && bits > 0) return { config: { quant_method: 'chatglm', bits }, path: ['quantization_bit'] };
  return undefined;
}

/** What a block says, read by the method that it names or whose keys it has. */
export function readBlock(block: Block, told?: GptqWriter): Recipe {
  const { config } = block;
  const method = (text(config['quant_method']) ?? '').toLowerCase();
  if (config['quant_algo'] !== undefined || method === 'modelopt') return readModelOpt(block);
  switch (method) {
    case 'gptq':
      return readGptq(block, told);
    case 'awq':
      return readAwq(block);
    case 'bitsandbytes':
      return readBitsAndBytes(block);
    case 'fp8':
      return readFp8(block);
    case 'fbgemm_fp8':
      return readFbgemmFp8(block);
    case 'compressed-tensors':
      return readCompressedTensors(block);
    case 'mxfp4':
      return readMxfp4();
    case 'chatglm':
      return readChatGlm(block);
    case 'auto-round':
    case 'intel/auto-round':
      return readAutoRoundAs(block);
    case '':
      return readUnnamed(block);
    default:
      return nominal(block, method);
  }
}

/** Blocks from before `quant_method`, and MLX's, which has none. */
function readUnnamed(block: Block): Recipe {
  const { config } = block;
  if (config['load_in_4bit'] !== undefined || config['load_in_8bit'] !== undefined) return readBitsAndBytes(block);
  if (isObject(config['config_groups'])) return readCompressedTensors(block);
  if (config['desc_act'] !== undefined) return readGptq(block);
  if (config['zero_point'] !== undefined && config['version'] !== undefined) return readAwq(block);
  if (typeof config['bits'] === 'number' && config['group_size'] !== undefined) return readMlx(block);
  return nominal(block, 'unknown');
}

function readAutoRoundAs(block: Block): Recipe {
  const packing = text(block.config['packing_format']) ?? text(block.config['backend']) ?? '';
  if (/awq/.test(packing)) return readAwq(block);
  if (/llm_compressor/.test(packing)) return readCompressedTensors(block);
  return readAutoRound(block);
}
