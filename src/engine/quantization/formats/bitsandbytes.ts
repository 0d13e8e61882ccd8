import { brief, isList, type JsonObject } from '../../config/json';
import { flag, keeps, listed, strings, text, withRules, type Block, type Recipe } from '../recipe';
import { fourBit, int8, type PackedType } from '../schemes/bitsandbytes';
import { textOnly } from '../selection';
import { listedInVersion5, moduleRules, modulesOf, withHead } from '../transformersModules';
import { expertsWriterOf, expertsWriters, withOthers, type Writer } from '../writers';

/**
 * `quant_method: bitsandbytes`. Every linear module is converted, in towers too. Without a list of modules to skip the head
 * stays; with one, exactly those of the list stay (transformers integrations/bitsandbytes.py, quantizers/base.py). Experts of a
 * mixture are modules of their own up to version 4, and one parameter, which is left alone, from version 5 on, which also reads
 * the list otherwise.
 *
 * @param told the writer, where someone knows it: other programs (Unsloth) quantize experts under any version
 */
export function readBitsAndBytes(block: Block, told?: Writer): Recipe {
  const { config } = block;
  const [fourBits, eightBits] = [isOn(config, 'load_in_4bit', 'bitsandbytes_4bit'), isOn(config, 'load_in_8bit', 'bitsandbytes_8bit')];
  if (!fourBits && !eightBits) return skipped(block);
  if (fourBits && eightBits) refuseBoth(block);
  const kept = config['llm_int8_skip_modules'];
  const writer = expertsWriterOf(block.savedBy, told);
  const converted = modulesOf(moduleRules.bitsandbytes, writer);
  const chosen = isList(kept) ? withHead(converted) : converted;
  const takes = block.inText ? textOnly(chosen) : chosen;
  const rules = {
    ...withRules(block, keeps(strings(kept), writer === 'transformers-5' ? listedInVersion5 : listed)),
    writers: withOthers(writer, expertsWriters),
  };
  if (eightBits) return { name: 'bnb-int8', fallback: int8('bnb-int8', takes), ...rules };
  // The type that transformers takes when the file names none (BitsAndBytesConfig).
  const type = text(config['bnb_4bit_quant_type']) === 'nf4' ? 'nf4' : 'fp4';
  const doubleQuant = flag(config, 'bnb_4bit_use_double_quant');
  const name = `bnb-${type}${doubleQuant ? '-dq' : ''}`;
  return { name, fallback: fourBit({ name, type, doubleQuant, packedType: packedTypeOf(block), takes }), ...rules };
}

/** A switch of the block; its second name, as transformers saves it, where the first is not there; or what the method is called. */
const isOn = (config: JsonObject, name: string, method: string): boolean =>
  typeof config[name] === 'boolean' ? config[name] : flag(config, `_${name}`) || config['quant_method'] === method;

/**
 * With neither switch on, transformers knows no method of this name: it warns, and loads the weights as they are
 * (quantizers/auto.py, supports_quant_method).
 */
function skipped({ path, sink }: Block): Recipe {
  sink.add({ code: 'quantization-skipped', severity: 'warning', path, values: {} });
  return {
    name: 'bitsandbytes',
    fallback: 'not-quantized',
    keepsWeights: true,
    basis: { kind: 'rule', reasons: ['quantization-skipped'] },
  };
}

/** Both switches: transformers refuses the block (BitsAndBytesConfig). */
function refuseBoth({ path, sink }: Block): void {
  const values = { expected: String(false), found: String(true), assumed: false };
  sink.add({ code: 'invalid-value', severity: 'error', path: [...path, 'load_in_4bit'], values });
}

/** Names that BitsAndBytesConfig takes for `bnb_4bit_quant_storage`. */
const packedTypes: Readonly<Record<string, PackedType>> = {
  uint8: 'U8',
  int8: 'I8',
  float16: 'F16',
  bfloat16: 'BF16',
  float32: 'F32',
  float64: 'F64',
};

function packedTypeOf({ config, path, sink }: Block): PackedType {
  const key = 'bnb_4bit_quant_storage';
  const written = config[key];
  if (written === undefined || written === null) return 'U8';
  const name = text(written)?.replace(/^torch\./, '') ?? '';
  if (Object.hasOwn(packedTypes, name)) return packedTypes[name] as PackedType;
  const values = { expected: Object.keys(packedTypes).join(', '), found: brief(written), assumed: 'uint8' };
  sink.add({ code: 'invalid-value', severity: 'error', path: [...path, key], values });
  return 'U8';
}
