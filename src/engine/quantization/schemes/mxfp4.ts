import { exact, type Basis } from '../../basis';
import type { Scheme } from '../scheme';
import { expertLayers, linearLayers } from '../selection';

/** Elements that share a scale (OCP Microscaling Formats v1.0, MXFP4). */
const blockSize = 32;

/**
 * MXFP4 as in gpt-oss: blocks of 32 values in 16 bytes and one E8M0 scale each, experts together in one tensor
 * (openai/gpt-oss, model card section 2.1: the experts only). A model without experts has all its linear layers converted,
 * as llm-compressor does.
 */
export const mxfp4 = (name: string, takes: Scheme['takes'], basis: Basis = exact): Scheme => ({
  name,
  bits: 4,
  groupSize: blockSize,
  basis,
  takes,
  store({ matrices, rows, columns }, _context, { shape }) {
    if (columns % blockSize !== 0) return 'width';
    const lead = shape.length === 3 ? [matrices, rows] : [rows];
    return [
      { suffix: '_blocks', dtype: 'U8', shape: [...lead, columns / blockSize, blockSize / 2], copies: 1, packed: true },
      { suffix: '_scales', dtype: 'U8', shape: [...lead, columns / blockSize], copies: 1 },
    ];
  },
});

/** `mxfp4` for a model that has experts, and for one that has none. */
export const expertsInMxfp4 = mxfp4('mxfp4', expertLayers);
export const linearsInMxfp4 = mxfp4('mxfp4', linearLayers, { kind: 'rule', reasons: ['no-experts'] });
