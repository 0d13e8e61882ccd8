import { mlx } from '../schemes/mlx';
import { schemePreset, type SchemeFacts } from './preset';

const facts: SchemeFacts = {
  format: 'MLX',
  evidence: { source: 'ml-explore/mlx-lm: mlx_lm/utils.py', kind: 'checkpoint' },
};

export const mlxPresets = [schemePreset(mlx({ name: 'mlx-4bit-g64', bits: 4, groupSize: 64 }), facts)];
