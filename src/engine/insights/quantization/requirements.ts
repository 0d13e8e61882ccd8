/**
 * What a key of a quantization block asks of hardware, engine or preparation, as codes. What formats ask of hardware stands in
 * `quantization/formatHardware.ts`; sources of the rest: vllm-project/vllm docs/features/quantization/quantized_kvcache.md,
 * model_executor/layers/quantization auto_gptq.py (types of weights, scales over several devices) and utils/marlin_utils.py
 * (groups); huggingface/transformers utils/quantization_config.py; vllm-project/compressed-tensors quantization/quant_args.py
 * (order of activations).
 */
import { isObject, type JsonValue } from '../../config/json';
import { hardwareNeedOf, hardwareOf, type HardwareNeed } from '../../quantization/formatHardware';
import type { RecognisedKey } from '../sections';
import type { View } from '../view';
import { isEightBit } from './effects';
import type { QuantMeaning } from './keys';

export type Requirement =
  | HardwareNeed
  /** A library that reads the method; where it runs is not known. */
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
  | 'cpu-memory';

/** By how the scheme's name begins (`Checkpoint.scheme`): whether values were chosen with samples. */
const calibrations: readonly (readonly [RegExp, Requirement])[] = [
  [/^(gptq|autoround|awq|exl[23])/, 'calibration'],
  [/^(bnb|mlx|hqq|eetq|torchao|quanto)/, 'no-calibration'],
];

/** Types that are no format of quantization, in a checkpoint of several schemes. */
const isPlain = (scheme: string): boolean => /^(fp32|tf32|fp16|bf16)$/.test(scheme);

const needOf = (scheme: string): Requirement | undefined =>
  isPlain(scheme) ? undefined : (hardwareNeedOf(scheme) ?? (/^(higgs|fp-quant|quanto)/.test(scheme) ? 'package-of-the-method' : undefined));

const maxSchemes = 3;
const schemesOf = ({ analysis }: View): readonly string[] => analysis.checkpoint.scheme.split('+', maxSchemes);

const unique = <T>(values: readonly (T | undefined)[]): readonly T[] => [...new Set(values.filter((value) => value !== undefined))];

const ofCheckpoint = (view: View): readonly Requirement[] =>
  unique(schemesOf(view).flatMap((scheme) => [calibrations.find(([name]) => name.test(scheme))?.[1], needOf(scheme)]));

/** Formats that multiply activations of fewer bits, too. */
const unitsOf = (view: View): readonly Requirement[] =>
  unique(
    schemesOf(view).map((scheme) => {
      const need = isPlain(scheme) ? undefined : hardwareNeedOf(scheme);
      return need !== undefined && need !== 'sparse-units' && hardwareOf(need).native !== undefined ? need : undefined;
    }),
  );

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
