import { flag, keeps, strings, withRules, type Block, type Recipe } from '../recipe';
import { bySource } from '../schemes/basis';
import { bitnet } from '../schemes/bitnet';

/** `quant_method: bitnet` (huggingface/transformers integrations/bitnet.py); the head stays without being listed. */
export function readBitnet(block: Block): Recipe {
  const name = 'bitnet-1.58bit';
  return {
    name,
    fallback: bitnet({ name, norm: flag(block.config, 'use_rms_norm'), basis: bySource }),
    ...withRules(block, keeps(strings(block.config['modules_to_not_convert']))),
  };
}
