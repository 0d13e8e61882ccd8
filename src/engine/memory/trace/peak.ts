import type { Analysis } from '../../analysis';
import { exact, weakest, type Basis } from '../../basis';
import { isStack, isTensor } from '../../modules/tree';
import { loraOf } from './adapters';
import { readBart } from './bart';
import { readBert } from './bert';
import { readDeberta } from './deberta';
import { embeddings, readDecoder } from './decoder';
import { optimizers, type Optimizer } from './optimizers';
import { Run, type RunModel } from './run';
import { readT5 } from './t5';
import type { Phase } from './tape';
import { textPartOf, type Traits } from './traits';
import { Reader, Weights, type Training } from './weights';

export { optimizers, type Optimizer };

export const attentions = ['sdpa', 'eager', 'flash'] as const;

/** What is run, as `memory.py` of the oracle means it. */
export interface PeakJob {
  readonly mode: 'prefill' | 'decode' | 'train';
  readonly batch: number;
  /** Of each sequence; in decode those in the cache before the one that is computed. */
  readonly tokens: number;
  /** `flash`: the flash-attn package (flash_attention_2). */
  readonly attention: (typeof attentions)[number];
  readonly logits: 'last' | 'all';
  readonly precision: 'bf16' | 'mixed';
  readonly checkpointing: boolean;
  readonly lora: { readonly rank: number; readonly targets: 'all-linear' | readonly string[] } | null;
  readonly optimizer: Optimizer;
  readonly states: 'fp32' | 'param';
  /** Stage of DeepSpeed's ZeRO: over `devices` are spread the optimizer's states (1), gradients too (2), parameters too (3). */
  readonly zero?: 0 | 1 | 2 | 3;
  readonly devices?: number;
}

/** Bytes on one device at the fullest moment of a run. */
export interface PeakMemory {
  readonly parameters: number;
  readonly gradients: number;
  readonly optimizer: number;
  readonly activations: number;
  readonly cache: number;
  readonly buffers: number;
  /** Sum of the six. */
  readonly total: number;
  /** States of a paged optimizer, which the driver moves between device and host: in none of the above. */
  readonly paged: number;
  readonly phase: Phase;
  readonly phases: readonly { readonly phase: Phase; readonly total: number }[];
  readonly basis: Basis;
}

/**
 * The peak of live tensors in one run of the transformers library; `undefined` for a model that no program is known for.
 * Allocator, CUDA context and workspaces of kernels are not in it.
 */
export function peakMemory(analysis: Analysis, job: PeakJob): PeakMemory | undefined {
  const weights = new Weights(trainingOf(analysis, job));
  const found = readModel(analysis, new Reader(weights, analysis.model.tree, ''));
  if (!found || (found.model.kind === 'encoder' && job.mode === 'decode')) return undefined;
  const { model, traits, basis } = found;
  const { peak, phases, paged } = new Run(analysis, job, traits, model, weights).peak();
  return {
    ...peak.byKind,
    total: peak.total,
    paged,
    phase: peak.phase,
    phases: phases.map(({ phase, total }) => ({ phase, total })),
    basis: weakest(analysis.basis, basis, basisOf(job, model)),
  };
}

/** The model as a program runs it, with what its type does. */
function readModel(
  analysis: Analysis,
  root: Reader,
): { readonly model: RunModel; readonly traits: Traits; readonly basis: Basis } | undefined {
  const { traits, config, basis } = textPartOf(analysis);
  const encoder = readBert(root, config) ?? readDeberta(root, config);
  if (encoder) return { model: { kind: 'encoder', encoder }, traits, basis: exact };
  const pair = readBart(root, config, analysis.modelType) ?? readT5(root, config, analysis.modelType);
  if (pair) return { model: { kind: 'pair', pair }, traits, basis: exact };
  const body = bodyOf(root);
  const decoder = body && readDecoder(body, traits, config);
  const head = root.linear(...heads) ?? root.child('language_model')?.linear(...heads) ?? root.child('transformer')?.linear('output_layer');
  return decoder && head && { model: { kind: 'decoder', decoder, head }, traits, basis };
}

/** What of a job rests on documents alone: traces have three optimizers, one device, no package of kernels, no learned bias in one. */
function basisOf({ mode, lora, optimizer, attention, zero = 0, devices = 1 }: PeakJob, model: RunModel): Basis {
  const traced = optimizer === 'adamw' || optimizer === 'adamw_foreach' || optimizer === 'sgd';
  const split = zero > 0 && devices > 1;
  const bias = model.kind === 'pair' && model.pair.learnsBias && mode === 'train' && !lora && attention !== 'eager';
  if (traced && attention !== 'flash' && !split && !bias) return { kind: 'exact', reasons: [] };
  return { kind: 'rule', reasons: split ? ['zero-buckets-left-out'] : [] };
}

const trainingOf = (analysis: Analysis, { mode, precision, lora }: PeakJob): Training => ({
  width: mode === 'train' && precision === 'mixed' && !lora ? 4 : 2,
  full: mode === 'train' && !lora,
  lora: mode === 'train' && lora ? loraOf(analysis, lora) : null,
});

const heads = ['lm_head', 'embed_out', 'output'] as const;

/** The module that holds the table of embeddings and the stack of layers: the root, or one within it. */
function bodyOf(root: Reader, depth = 0): Reader | undefined {
  if (root.has(...embeddings) && root.stacks().length > 0) return root;
  if (depth > 3) return undefined;
  for (const [name, part] of Object.entries(root.module.children)) {
    if (isTensor(part) || isStack(part)) continue;
    const inner = root.child(name);
    const found = inner && bodyOf(inner, depth + 1);
    if (found) return found;
  }
  return undefined;
}
