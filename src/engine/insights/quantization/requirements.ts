/**
 * What a key of a quantization block asks of hardware, engine or preparation, as codes. Sources: vllm-project/vllm
 * docs/features/quantization/README.md (table of hardware) and quantized_kvcache.md, model_executor/layers/quantization
 * auto_gptq.py (types of weights, scales over several devices) and utils/marlin_utils.py (groups); vllm-project/llm-compressor
 * docs/steps/choosing-scheme.md (least compute capability); huggingface/transformers utils/quantization_config.py and
 * docs on mxfp4; bitsandbytes-foundation/bitsandbytes README.md (table of accelerators); vllm-project/compressed-tensors quantization/quant_args.py (order of activations).
 */
import { isObject, type JsonValue } from '../../config/json';
import type { RecognisedKey } from '../sections';
import type { View } from '../view';
import { isEightBit } from './effects';
import type { QuantMeaning } from './keys';

export type Requirement =
  | 'gptq-kernels'
  | 'awq-kernels'
  | 'weight-only-kernels'
  | 'int8-units'
  | 'fp8-units'
  | 'fp4-units'
  | 'fp4-weight-only'
  | 'mxfp4-kernels'
  | 'mxfp8-units'
  | 'bitsandbytes'
  | 'mlx'
  | 'exllamav2'
  | 'exllamav3'
  | 'package-of-the-method'
  /** Values were chosen with samples of text. */
  | 'calibration'
  /** Values follow from the weights alone. */
  | 'no-calibration'
  | 'act-order-kernels'
  | 'symmetric-only'
  | 'marlin-bits'
  | 'marlin-groups'
  | 'group-divides'
  | 'quantized-head'
  | 'eight-bit-cache'
  | 'activation-calibration'
  | 'bf16-units'
  | 'cpu-memory';

/** By how the scheme's name begins (`Checkpoint.scheme`); the first that fits. */
const bySchemes: readonly (readonly [RegExp, readonly Requirement[]])[] = [
  [/^(gptq|autoround)/, ['gptq-kernels', 'calibration']],
  [/^awq/, ['awq-kernels', 'calibration']],
  [/^w\d+a16/, ['weight-only-kernels']],
  [/^w8a8-int8/, ['int8-units']],
  [/^(fp8|quark-fp8)/, ['fp8-units']],
  [/^nvfp4-w4a16/, ['fp4-weight-only']],
  [/^nvfp4/, ['fp4-units']],
  [/^(mxfp4|quark-mxfp4)/, ['mxfp4-kernels']],
  [/^mxfp8/, ['mxfp8-units']],
  [/^bnb/, ['bitsandbytes', 'no-calibration']],
  [/^mlx/, ['mlx', 'no-calibration']],
  [/^exl2/, ['exllamav2', 'calibration']],
  [/^exl3/, ['exllamav3', 'calibration']],
  [/^(hqq|eetq|torchao|quanto)/, ['package-of-the-method', 'no-calibration']],
  [/^(aqlm|vptq|quip|spqr|higgs|bitnet|fp_quant)/, ['package-of-the-method']],
];

const ofScheme = (scheme: string): readonly Requirement[] => bySchemes.find(([name]) => name.test(scheme))?.[1] ?? [];

const ofCheckpoint = ({ analysis }: View): readonly Requirement[] => [
  ...new Set(analysis.checkpoint.scheme.split('+', maxSchemes).flatMap(ofScheme)),
];
const maxSchemes = 3;

/** Formats that multiply activations of fewer bits, too. */
const units: ReadonlySet<Requirement> = new Set<Requirement>(['int8-units', 'fp8-units', 'fp4-units', 'mxfp8-units', 'mxfp4-kernels']);

const unitsOf = (view: View): readonly Requirement[] => ofCheckpoint(view).filter((code) => units.has(code));

/** Group sizes of vLLM's Marlin kernels; -1 is the whole row. */
const marlinGroups: ReadonlySet<JsonValue> = new Set<JsonValue>([-1, 32, 64, 128]);

export function requirementsOf(key: RecognisedKey, view: View): readonly Requirement[] {
  const { meaning, value, section } = key;
  const { scheme } = view.analysis.checkpoint;
  const isGptq = scheme.startsWith('gptq');
  const when = (holds: boolean, ...codes: readonly Requirement[]): readonly Requirement[] => (holds ? codes : []);
  if (section.scope === 'cache') return [];
  switch (meaning as QuantMeaning) {
    case 'quantMethod':
      return ofCheckpoint(view);
    case 'quantActivations':
      return when(isObject(value) || typeof value === 'string', ...unitsOf(view));
    case 'quantNumberType':
      return section.scope === 'activations' ? [] : unitsOf(view);
    case 'quantBits':
      return when(isGptq && typeof value === 'number' && value !== 4 && value !== 8, 'marlin-bits');
    case 'quantGroupSize':
      return section.scope === 'activations' || typeof value !== 'number'
        ? []
        : [...when(value > 0, 'group-divides'), ...when(/^(gptq|awq|w\d+a16)/.test(scheme) && !marlinGroups.has(value), 'marlin-groups')];
    case 'quantActOrder':
      return when(value === true || value === 'group' || value === 'dynamic', 'act-order-kernels');
    case 'quantSymmetric':
      return when(isGptq && value === false, 'symmetric-only');
    case 'quantHead':
      return when(value === true, 'quantized-head');
    case 'quantCache':
      return when(isEightBit(value), 'eight-bit-cache');
    case 'quantDynamicRanges':
      return [
        ...when(key.key === 'activation_scheme', ...unitsOf(view)),
        ...when(value === 'static' || (section.scope === 'activations' && value === false), 'activation-calibration'),
      ];
    case 'quantComputeType':
      return when(value === 'bfloat16', 'bf16-units');
    case 'quantOffload':
      return when(value === true, 'cpu-memory');
    default:
      return [];
  }
}
