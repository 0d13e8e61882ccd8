/** What the keys of a quantization block are, do and ask for. */
import {
  formatBytes,
  formatCount,
  formatNumber,
  isHardwareNeed,
  type HardwareNeed,
  type JsonValue,
  type NumberStyle,
  type QuantEffect,
  type QuantMeaning,
  type Requirement,
} from '../../engine/index';
import { needText } from './hardware';
import type { MeaningText } from './meanings';
import { escapeMarkdown } from './report';
import type { Translate } from './translate';

export const quantMeanings: Readonly<Record<QuantMeaning, (t: Translate) => MeaningText>> = {
  quantMethod: (t) => ({ name: t('Quantization method') }),
  quantBits: (t) => ({ name: t('Bits per packed weight'), about: t('Without scales and zero points, and without what stays at 16 bits.') }),
  quantLoad: (t) => ({ name: t('Quantized at this width'), about: t('Weights are packed to 4 or 8 bits by bitsandbytes.') }),
  quantGroupSize: (t) => ({
    name: t('Group size'),
    about: t('Weights that share one scale: smaller groups are more accurate and take more memory.'),
  }),
  quantBlockShape: (t) => ({ name: t('Block shape'), about: t('Rows and columns of weights that share one scale.') }),
  quantStrategy: (t) => ({
    name: t('What shares a scale'),
    about: t('A whole tensor, a row (channel), a group along the row, or a block.'),
  }),
  quantNumberType: (t) => ({ name: t('Number format'), about: t('Integers or floating point, and which kind.') }),
  quantSymmetric: (t) => ({ name: t('Symmetric'), about: t('Symmetric weights need no zero point beside the scale.') }),
  quantZeroPoint: (t) => ({ name: t('Zero point'), about: t('Each group stores its zero beside its scale.') }),
  quantActOrder: (t) => ({
    name: t('Order by activation'),
    about: t('Columns were quantized in the order of their activations: more accurate, and slower where they are not stored in order.'),
  }),
  quantHead: (t) => ({ name: t('Quantized head'), about: t('Whether the output head is packed like the layers.') }),
  quantHeadBits: (t) => ({ name: t('Bits of the head'), about: t('Width of the output head, which gets its own.') }),
  quantEmbeddings: (t) => ({ name: t('Quantized embeddings'), about: t('Whether embedding and output head are packed, too.') }),
  quantUntie: (t) => ({
    name: t('Untied embeddings'),
    about: t('Stores the output head apart from the embedding that it shares weights with.'),
  }),
  quantSkip: (t) => ({ name: t('Not quantized'), about: t('Modules that keep the checkpoint’s own dtype.') }),
  quantTargets: (t) => ({
    name: t('Quantized modules'),
    about: t('Names or classes of modules that are packed; all others keep their dtype.'),
  }),
  quantGroups: (t) => ({ name: t('Groups of modules'), about: t('Each has its modules and how they are quantized.') }),
  quantGroup: (t) => ({ name: t('Group of modules') }),
  quantWeights: (t) => ({ name: t('Weights'), about: t('How the weights of these modules are stored.') }),
  quantActivations: (t) => ({ name: t('Activations'), about: t('What layers multiply their weights with, rounded while the model runs.') }),
  quantActivationDetail: (t) => ({ name: t('Setting of the activations'), about: t('How activations are rounded while the model runs.') }),
  quantOutputs: (t) => ({ name: t('Outputs'), about: t('How the outputs of layers are rounded while the model runs.') }),
  quantCache: (t) => ({ name: t('Quantized cache'), about: t('Keys and values are kept at fewer bits.') }),
  quantCacheDetail: (t) => ({ name: t('Setting of the cache'), about: t('How keys and values are rounded.') }),
  quantDynamicRanges: (t) => ({
    name: t('Ranges'),
    about: t('Dynamic: taken while the model runs. Static: measured beforehand and stored as one scale per layer.'),
  }),
  quantModuleRules: (t) => ({ name: t('Settings of single modules'), about: t('Other bits or groups for some modules, or none.') }),
  quantModule: (t) => ({ name: t('Settings of one module'), about: t('They replace those of all modules.') }),
  quantPacking: (t) => ({ name: t('Packing'), about: t('Names and shapes of the tensors that hold the packed weights.') }),
  quantBackend: (t) => ({ name: t('Kernels'), about: t('Which code multiplies the weights.') }),
  quantPackType: (t) => ({ name: t('Type of packed words'), about: t('The label of the bytes that packed weights stand in.') }),
  quantDoubleQuant: (t) => ({ name: t('Double quantization'), about: t('The scales of the blocks are quantized themselves, to 8 bits.') }),
  quantFourBitType: (t) => ({
    name: t('4-bit type'),
    about: t('NF4 spaces its 16 values like weights are distributed, FP4 like a float; both take 4 bits.'),
  }),
  quantComputeType: (t) => ({ name: t('Compute type'), about: t('Packed weights are unpacked to this type for each multiplication.') }),
  quantOutlierThreshold: (t) => ({ name: t('Outlier threshold'), about: t('Activations beyond it are multiplied at 16 bits.') }),
  quantFullWeights: (t) => ({ name: t('16-bit weights kept'), about: t('For training: full weights stay beside the packed ones.') }),
  quantOffload: (t) => ({
    name: t('Offload to the CPU'),
    about: t('Modules that do not fit stay in main memory, at 32 bits and not quantized.'),
  }),
  quantScaleType: (t) => ({ name: t('Type of the scales'), about: t('What scales or zero points are stored as.') }),
  quantCalibration: (t) => ({ name: t('Calibration'), about: t('Samples that were run through the model while it was quantized.') }),
  quantSearch: (t) => ({ name: t('Search'), about: t('How good packed values were looked for when the model was quantized.') }),
  quantProvenance: (t) => ({ name: t('Origin'), about: t('Which tool wrote the files, and when or how far it came.') }),
  quantStatus: (t) => ({ name: t('Status'), about: t('How far the quantization came; weights are packed once they are compressed.') }),
  quantSparsity: (t) => ({ name: t('Sparsity'), about: t('Weights that are zero and may be left out of the files.') }),
  quantTransforms: (t) => ({ name: t('Transforms'), about: t('Rotations or scalings that spread outliers before weights are rounded.') }),
  quantActivationBound: (t) => ({ name: t('Upper bound of activation scales') }),
  quantDequantize: (t) => ({
    name: t('Unpack when loading'),
    about: t('Weights are expanded to the checkpoint’s own dtype for devices that cannot multiply them packed.'),
  }),
  quantCodebooks: (t) => ({ name: t('Codebooks'), about: t('Tables of short vectors; weights are stored as indices into them.') }),
  quantCodeBits: (t) => ({ name: t('Bits per index'), about: t('A codebook has 2 to the power of this many vectors.') }),
  quantVectorLength: (t) => ({
    name: t('Weights per index'),
    about: t('Length of a codebook’s vectors: longer ones take fewer bits per weight.'),
  }),
  quantAxis: (t) => ({ name: t('Axis of groups'), about: t('Whether groups run along rows or columns.') }),
  quantMeta: (t) => ({ name: t('Quantized scales'), about: t('Scales and zero points are quantized, too.') }),
  quantSettings: (t) => ({ name: t('Settings of the method') }),
  quantOutliers: (t) => ({ name: t('Outliers'), about: t('Weights that are kept apart, at more bits.') }),
  quantShapes: (t) => ({ name: t('Shapes'), about: t('Sizes of tensors whose length depends on the weights.') }),
  quantBias: (t) => ({ name: t('Bias'), about: t('Whether layers have biases, or how those are stored.') }),
  quantTernary: (t) => ({
    name: t('Ternary layers'),
    about: t('Which layers of −1, 0 and 1 are used, and whether they are packed beforehand.'),
  }),
  quantAdapter: (t) => ({ name: t('Adapter'), about: t('Low-rank matrices at 16 bits that correct the packed weights.') }),
};

/** What a key does to the bytes, in one sentence. */
export function effectText(effect: QuantEffect, t: Translate, style: NumberStyle): string {
  const bold = (bytes: number): string => `**${formatBytes(bytes, style)}**`;
  switch (effect.kind) {
    case 'none':
      return t('Changes no byte of the weights.');
    case 'difference': {
      const bytes = bold(Math.abs(effect.delta));
      if (effect.against === undefined)
        return effect.delta < 0
          ? t('Saves {0} against files without this setting.', bytes)
          : t('Adds {0} to files without this setting.', bytes);
      const other = plain(effect.against);
      return effect.delta < 0 ? t('Saves {0} against {1}.', bytes, other) : t('Takes {0} more than with {1}.', bytes, other);
    }
    case 'zeros':
      return effect.either
        ? t('Changes no byte: the format stores zero points either way, {0} of them.', bold(effect.bytes))
        : t('Zero points take {0}.', bold(effect.bytes));
    case 'cache':
      return t(
        'The cache at {0} tokens takes {1} instead of {2}.',
        formatNumber(effect.to.tokens, 0, style),
        bold(effect.to.bytes),
        bold(effect.from.bytes),
      );
    case 'expanded':
      return t('In memory the weights take {0}, not {1}.', bold(effect.bytes), bold(effect.packedBytes));
    case 'packed':
      return t('{0} parameters are packed in {1}.', formatCount(effect.parameters, style), bold(effect.bytes));
    case 'scales':
      return effect.zeros ? t('Scales and zero points take {0}.', bold(effect.bytes)) : t('Scales take {0}.', bold(effect.bytes));
    case 'kept':
      return t('{0} are not quantized.', bold(effect.bytes));
    case 'unknown':
      return t('May change bytes; this is not counted here.');
  }
}

const plain = (value: JsonValue): string => escapeMarkdown(String(value));

type OtherNeed = Exclude<Requirement, HardwareNeed | 'no-calibration'>;

const requirements: Readonly<Record<OtherNeed, (t: Translate) => string>> = {
  'package-of-the-method': (t) => t('the library of this method'),
  calibration: (t) => t('calibration with sample text when it was made'),
  'act-order-kernels': (t) => t('kernels that follow the stored order; over several devices vLLM keeps all scales on each'),
  'symmetric-only': (t) => t('kernels with zero points: vLLM’s Marlin kernels take symmetric GPTQ only'),
  'marlin-bits': (t) => t('kernels for this width: vLLM’s Marlin kernels take 4 and 8 bits only'),
  'marlin-groups': (t) => t('kernels for this group: vLLM’s Marlin kernels take 32, 64, 128 or the whole row'),
  'group-divides': (t) => t('rows that the group divides, also after they are split over devices'),
  'quantized-head': (t) => t('an engine that loads a packed head'),
  'eight-bit-cache': (t) =>
    t('an engine that keeps its cache at 8 bits (vLLM: --kv-cache-dtype fp8); accuracy depends on calibrated scales'),
  'activation-calibration': (t) => t('calibration of the activations when it was made'),
  'cpu-memory': (t) => t('main memory for what stays there'),
};

/** What a key asks of hardware, engine or preparation; `undefined` for nothing. */
export function requirementsText(codes: readonly Requirement[], t: Translate): string | undefined {
  const needs = codes
    .filter((code) => code !== 'no-calibration')
    .map((code) => (isHardwareNeed(code) ? needText(code, t) : requirements[code](t)));
  const sentences = [
    ...(needs.length > 0 ? [t('Needs: {0}.', needs.join(t('; ')))] : []),
    ...(codes.includes('no-calibration') ? [t('Needs no calibration.')] : []),
  ];
  return sentences.length > 0 ? sentences.join(' ') : undefined;
}
