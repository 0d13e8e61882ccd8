import { linear } from './blocks';
import { module, repeat, type Module, type Parts, type Stack } from './tree';

/** Any feed-forward module, under the names that the family gives its parts. */
export const mlp = (parts: Parts): Module => module(parts, { component: 'mlp' });

/** SwiGLU and its relatives: down(act(gate(x)) · up(x)). Shazeer 2020. */
export const gatedMlp = (hidden: number, intermediate: number, bias = false): Module =>
  mlp({
    gate_proj: linear(hidden, intermediate, bias),
    up_proj: linear(hidden, intermediate, bias),
    down_proj: linear(intermediate, hidden, bias),
  });

/** Two layers with an activation between them, under the names of the gated one. */
export const plainMlp = (hidden: number, intermediate: number, bias = false): Module =>
  mlp({ up_proj: linear(hidden, intermediate, bias), down_proj: linear(intermediate, hidden, bias) });

/** The same as `gatedMlp` under Mixtral's names: w1 is the gate, w3 goes up, w2 down. */
export const numberedMlp = (hidden: number, intermediate: number): Module =>
  mlp({ w1: linear(hidden, intermediate), w2: linear(intermediate, hidden), w3: linear(hidden, intermediate) });

/** Routed experts stored one by one, of which `perToken` see a token. */
export const experts = (count: number, perToken: number, expert: Parts | Module): Stack =>
  repeat(
    count,
    () => module({ ...('children' in expert ? (expert as Module).children : (expert as Parts)) }, { component: 'experts' }),
    perToken,
  );
