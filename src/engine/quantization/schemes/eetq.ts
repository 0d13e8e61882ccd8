import type { Basis } from '../../basis';
import type { Scheme } from '../scheme';
import { moduleRules, modulesOf } from '../transformersModules';

/**
 * EETQ: integers of 8 bits, columns first, and a scale per output: F16, or F32 of a model in F32, and BF16 is refused (NetEase-FuXi/EETQ
 * csrc/cutlass_kernels/fpA_intB_gemm_wrapper.cu, symmetric_quantize_last_axis_of_tensor). Layout: huggingface/transformers
 * src/transformers/integrations/eetq.py, EetqQuantize; held against what transformers 5.23 saves, a stand-in for its kernel.
 */
export const eetq = (name: string, basis: Basis, takes = modulesOf(moduleRules.eetq)): Scheme => ({
  name,
  bits: 8,
  groupSize: null,
  basis,
  takes,
  store: ({ rows, columns }, { kept }) => [
    { suffix: 'weight', dtype: 'I8', shape: [columns, rows], copies: 1, packed: true },
    { suffix: 'weight_scales', dtype: kept === 'F32' ? 'F32' : 'F16', shape: [rows], copies: 1 },
  ],
});
