import { module, tensor, type Module } from './tree';

/**
 * A router with the per-expert score correction that balances load without an auxiliary loss (DeepSeek-V3, arXiv
 * 2412.19437, section 2.1.2): a buffer of the checkpoint, float32 there as in transformers (_keep_in_fp32_modules_strict).
 */
export const correctedRouter = (hidden: number, count: number): Module =>
  module(
    {
      weight: tensor([count, hidden], 'router'),
      e_score_correction_bias: tensor([count], 'other', { buffer: true, dtype: 'float32' }),
    },
    { component: 'router' },
  );
