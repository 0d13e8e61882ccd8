import { exact, type Basis } from '../../basis';
import { isList } from '../../config/json';
import { keeps, strings, text, withRules, type Block, type Recipe } from '../recipe';
import { fp8Block, fp8Channel, fp8Tensor } from '../schemes/fp8';
import { linearLayers, linearLayersAndTowers } from '../selection';
import type { StoredDtype } from '../storage';

/** Publishers whose block scales are BF16 (Qwen3-FP8, checked against published sizes); DeepSeek's and all others' are F32. */
const bf16Scales = /^qwen/;
/** The config of DeepSeek-V3.1 and V3.2 says `ue8m0` of scales that the files hold in F32 (deepseek-ai/DeepSeek-V3 issue 961). */
const f32Despite = /^(deepseek_v3|deepseek_v32|kimi_k2)$/;

function scaleDtype({ config, modelType }: Block): StoredDtype {
  if (text(config['scale_fmt']) === 'ue8m0' && !f32Despite.test(modelType)) return 'F8_E8M0';
  return bf16Scales.test(modelType) ? 'BF16' : 'F32';
}

/** `quant_method: fp8` of transformers (fine-grained), of DeepSeek and Qwen, and of AutoFP8 (per tensor). */
export function readFp8(block: Block): Recipe {
  const { config } = block;
  const listedModules = config['modules_to_not_convert'] ?? config['ignored_layers'];
  // A publisher who lists modules lists the towers, too; one who lists none left them out of the conversion.
  const takes = isList(listedModules) && !block.inText ? linearLayersAndTowers : linearLayers;
  // Converted from the publisher's own files, tensor by tensor.
  const rules = { ...withRules(block, keeps(strings(listedModules))), savesUnloaded: true } as const;
  const blockSize = config['weight_block_size'];
  if (isList(blockSize) && blockSize.every((side) => typeof side === 'number' && Number.isInteger(side) && side > 0)) {
    const [rows, columns] = blockSize as readonly number[];
    const sides = [rows ?? 128, columns ?? rows ?? 128] as const;
    const name = sides[0] === sides[1] ? `fp8-block${sides[0]}` : `fp8-block${sides[0]}x${sides[1]}`;
    const basis: Basis = { kind: 'rule', reasons: ['scale-dtype-by-publisher'] };
    return { name, fallback: fp8Block({ name, block: sides, scale: scaleDtype(block), takes, basis }), ...rules };
  }
  const name = 'fp8-tensor';
  const isStatic = text(config['activation_scheme']) === 'static';
  const basis: Basis = { kind: 'rule', reasons: ['scale-dtype-by-publisher'] };
  // transformers writes `weight_block_size` even when there are no blocks; AutoFP8 does not know the key.
  const fallback =
    blockSize === null
      ? fp8Tensor({ name, scalars: isStatic ? ['weight_scale_inv', 'activation_scale'] : ['weight_scale_inv'], basis, takes })
      : fp8Tensor({ name, scalars: isStatic ? ['weight_scale', 'input_scale'] : ['weight_scale'], scale: 'F32', basis, takes });
  return { name, fallback, ...rules };
}

/** `quant_method: fbgemm_fp8` (Llama 3.1 405B): F32 scales per row (transformers integrations/fbgemm_fp8.py). */
export const readFbgemmFp8 = (block: Block): Recipe => ({
  name: 'fp8-channel',
  fallback: fp8Channel('fp8-channel', 'F32', linearLayers, exact),
  ...withRules(block, keeps(strings(block.config['modules_to_not_convert']))),
});
