/** Methods whose one or two parameters are all that there is to read, with the defaults of their classes in transformers. */
import type { JsonObject } from '../../config/json';
import { flag, groupSize, integer, keeps, strings, text, withRules, type Block, type Recipe } from '../recipe';
import { fpQuant } from '../schemes/fpQuant';
import { higgs } from '../schemes/higgs';
import { qqq } from '../schemes/qqq';
import { numberOr } from './numbers';

/** `quant_method: higgs` (HiggsConfig). */
export function readHiggs(block: Block): Recipe {
  const bits = numberOr(block, 'bits', 4, (value) => value >= 2 && value <= 4);
  const size = numberOr(block, 'group_size', 256, (value) => value >= 64 && value <= 256);
  const hadamard = numberOr(block, 'hadamard_size', 512, (value) => value >= 64 && value <= 4096);
  const name = `higgs-${bits}bit-g${size}`;
  return { name, fallback: higgs(name, bits, size, hadamard), ...withRules(block, keeps(strings(block.config['modules_to_not_convert']))) };
}

/** `quant_method: fp_quant` (FPQuantConfig). */
export function readFpQuant(block: Block): Recipe {
  const { config } = block;
  const mx = text(config['forward_dtype']) === 'mxfp4';
  const rotation = numberOr(block, 'hadamard_group_size', mx ? 32 : 16, (value) => value >= 16 && value <= 128);
  const name = `fp-quant-${mx ? 'mxfp4' : 'nvfp4'}`;
  return {
    name,
    fallback: fpQuant(name, mx ? 32 : 16, rotation),
    ...withRules(block, keeps(strings(config['modules_to_not_convert']))),
  };
}

/** `quant_method: qqq` (GPTQModel's QQQConfig; `wbits` and `group_size` of HandH1998/QQQ). */
export function readQqq(block: Block): Recipe {
  integer(block, ['bits', 'wbits'], 4, (value) => value === 4);
  const size = groupSize(block, ['group_size'], 128);
  const name = `qqq-int4-${size === null ? 'channel' : `g${size}`}`;
  return { name, fallback: qqq(name, size) };
}

/**
 * Whether the files hold the weights in full and each pass quantizes them anew: BitNet's masters (AutoBitLinear, online), weights
 * to be trained on, and those that only imitate a format.
 */
export function holdsFullWeights(config: JsonObject): boolean {
  switch (config['quant_method']) {
    case 'bitnet':
      return config['linear_class'] === 'autobitlinear' && config['quantization_mode'] === 'online';
    case 'fp_quant':
      return flag(config, 'store_master_weights') || flag(config, 'pseudoquantization');
    case 'fouroversix':
      return flag(config, 'keep_master_weights');
    default:
      return false;
  }
}
