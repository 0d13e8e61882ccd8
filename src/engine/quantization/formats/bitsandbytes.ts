import { flag, keeps, strings, text, withRules, type Block, type Recipe } from '../recipe';
import { fourBit, int8 } from '../schemes/bitsandbytes';
import { separateLinearLayersAndTowers, separateLinearModules, textOnly } from '../selection';
import { isList } from '../../config/json';

/**
 * `quant_method: bitsandbytes`. Every linear module is converted, in towers too. Without a list of modules to skip the head
 * stays; with one, exactly those of the list stay (transformers integrations/bitsandbytes.py, quantizers/base.py).
 */
export function readBitsAndBytes(block: Block): Recipe {
  const { config } = block;
  const skipped = config['llm_int8_skip_modules'];
  const everywhere = isList(skipped) ? separateLinearModules : separateLinearLayersAndTowers;
  const takes = block.inText ? textOnly(everywhere) : everywhere;
  const rules = withRules(block, keeps(strings(skipped)));
  if (flag(config, 'load_in_8bit') || flag(config, '_load_in_8bit'))
    return { name: 'bnb-int8', fallback: int8('bnb-int8', takes), ...rules };
  if (!flag(config, 'load_in_4bit') && !flag(config, '_load_in_4bit'))
    block.sink.add({
      code: 'quantization-incomplete',
      severity: 'warning',
      path: block.path,
      values: { key: 'load_in_4bit', assumed: true },
    });
  // The type that transformers takes when the file names none (BitsAndBytesConfig).
  const type = text(config['bnb_4bit_quant_type']) === 'nf4' ? 'nf4' : 'fp4';
  const doubleQuant = flag(config, 'bnb_4bit_use_double_quant');
  const name = `bnb-${type}${doubleQuant ? '-dq' : ''}`;
  return { name, fallback: fourBit({ name, type, doubleQuant, takes }), ...rules };
}
