import { aqlm, type AqlmLayout } from '../schemes/aqlm';
import { bySource } from '../schemes/basis';
import { qtip, quip } from '../schemes/quip';
import { spqr } from '../schemes/spqr';
import { vptq, type VptqLayout } from '../schemes/vptq';
import { schemePreset, type Preset, type SchemeFacts } from './preset';

/** A preset whose writer halves what it leaves alone: F16 whatever the model has. */
const halved = (preset: Preset): Preset => ({ ...preset, layout: (model, options) => preset.layout({ ...model, dtype: 'fp16' }, options) });

const aqlmFacts: SchemeFacts = {
  format: 'AQLM',
  evidence: { source: 'Vahe1994/AQLM: inference_lib/src/aqlm/inference.py', kind: 'source' },
};
const aqlmPreset = (layout: AqlmLayout): Preset => halved(schemePreset(aqlm(layout), aqlmFacts));

const vptqFacts: SchemeFacts = {
  format: 'VPTQ',
  evidence: { source: 'microsoft/VPTQ: vptq/layers/vqlinear.py', kind: 'source' },
};
const vptqPreset = (layout: VptqLayout): Preset => schemePreset(vptq({ ...layout, basis: bySource }), vptqFacts);

const quipFacts: SchemeFacts = {
  format: 'QuIP#',
  evidence: { source: 'Cornell-RelaxML/quip-sharp: lib/linear/quantized_linear.py', kind: 'source' },
};
const quipPreset = (bits: 2 | 3 | 4): Preset =>
  halved(schemePreset(quip({ name: `quip-${bits}bit-e8p12`, bits, basis: { kind: 'rule', reasons: ['quip-fused-layers'] } }), quipFacts));

const qtipFacts: SchemeFacts = {
  format: 'QTIP',
  evidence: { source: 'Cornell-RelaxML/qtip: lib/linear/quantized_linear.py', kind: 'source' },
};
const qtipPreset = (bits: number): Preset => halved(schemePreset(qtip({ name: `qtip-${bits}bit`, bits, basis: bySource }), qtipFacts));

/** Share of weights that SpQR keeps apart: about 1 % as its authors report (arXiv 2306.03078, section 4), none, and thrice that. */
const [usual, fewest, most] = [0.01, 0, 0.03].map((share) =>
  halved(
    schemePreset(
      spqr({
        name: 'spqr-3bit-g16',
        sizesOf: (rows, columns) => ({ outliers: Math.round(rows * columns * share) }),
        basis: { kind: 'approximate', reasons: ['outliers-by-data'] },
      }),
      {
        format: 'SpQR',
        evidence: { source: 'Vahe1994/SpQR: inference_lib/src/spqr_quant/inference.py', kind: 'source' },
      },
    ),
  ),
) as [Preset, Preset, Preset];

const bytesUnder = (...[preset, model, options]: [Preset, ...Parameters<Preset['layout']>]): number =>
  preset.layout(model, options).entries.reduce((sum, { bytes, copies }) => sum + bytes * copies, 0);

const spqrPreset: Preset = {
  ...usual,
  layout: (model, options) => ({
    ...usual.layout(model, options),
    range: [bytesUnder(fewest, model, options), bytesUnder(most, model, options)],
  }),
};

/** Codebooks and trellises, and SpQR, whose size depends on the data. */
export const codebookPresets: readonly Preset[] = [
  aqlmPreset({ name: 'aqlm-2bit-1x16', codebooks: 1, bitsPerCodebook: 16, inGroup: 8 }),
  aqlmPreset({ name: 'aqlm-2bit-2x8', codebooks: 2, bitsPerCodebook: 8, inGroup: 8 }),
  aqlmPreset({ name: 'aqlm-1bit-1x16-g16', codebooks: 1, bitsPerCodebook: 16, inGroup: 16 }),
  aqlmPreset({ name: 'aqlm-1bit-1x8', codebooks: 1, bitsPerCodebook: 8, inGroup: 8 }),
  vptqPreset({ name: 'vptq-v8-k65536-65536', vectorLength: 8, centroids: 65536, residualCentroids: 65536 }),
  vptqPreset({ name: 'vptq-v8-k65536-256', vectorLength: 8, centroids: 65536, residualCentroids: 256 }),
  vptqPreset({ name: 'vptq-v8-k65536', vectorLength: 8, centroids: 65536 }),
  vptqPreset({ name: 'vptq-v16-k65536-65536', vectorLength: 16, centroids: 65536, residualCentroids: 65536 }),
  quipPreset(4),
  quipPreset(3),
  quipPreset(2),
  qtipPreset(4),
  qtipPreset(3),
  qtipPreset(2),
  spqrPreset,
];
