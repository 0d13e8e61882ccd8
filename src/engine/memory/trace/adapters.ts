import type { Analysis } from '../../analysis';
import type { PeakJob } from './peak';
import type { Lora } from './weights';

/**
 * Types whose experts peft adapts although no linear layer holds them, by the names that their linear layers had before
 * (peft 0.21 utils/transformers_weight_conversion.py, over transformers' conversion_mapping.py).
 */
const converted: Readonly<Record<string, 'w' | 'proj'>> = {
  mixtral: 'w',
  minimax: 'w',
  deepseek_v2: 'proj',
  deepseek_v3: 'proj',
  deepseek_v32: 'proj',
  glm4_moe: 'proj',
  glm_moe_dsa: 'proj',
  qwen3_moe: 'proj',
  qwen3_next: 'proj',
};

const names = {
  w: { gate: ['w1', 'w3'], down: 'w2' },
  proj: { gate: ['gate_proj', 'up_proj'], down: 'down_proj' },
} as const;

/** Which weights LoRA takes: linear layers by name, or all but the head; and, in mixtures, parameters of experts and the router. */
export function loraOf({ modelType }: Analysis, { rank, targets, dropout = 0, dtype = 'fp32' }: NonNullable<PeakJob['lora']>): Lora {
  const all = targets === 'all-linear';
  const made = { rank, width: dtype === 'fp32' ? 4 : 2, drops: dropout > 0, takesHead: !all };
  const listed = (name: string): boolean => all || targets.includes(name);
  const style = converted[modelType];
  const matches = (name: string): boolean => all || targets.some((target) => name === target || name.endsWith(`.${target}`));
  if (!style) return { ...made, takes: matches, takesParameter: () => 0 };
  const { gate, down } = names[style];
  const old = new Set<string>([...gate, down, 'gate']);
  return {
    ...made,
    // Names of the old layers stand for the experts' parameters, and for nothing else.
    takes: (name) => matches(name) && !old.has(name.slice(name.lastIndexOf('.') + 1)),
    takesParameter: (name) => {
      if (name === 'gate_up_proj') return gate.every(listed) ? 2 : 0;
      if (name === 'down_proj') return listed(down) ? 1 : 0;
      return listed('gate') ? 1 : 0;
    },
  };
}
