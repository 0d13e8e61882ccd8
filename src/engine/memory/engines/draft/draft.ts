import type { Analysis } from '../../../analysis';
import { weakest } from '../../../basis';
import { RunError, type MemoryTerm } from '../run';
import { loadModel, type LoadedModel, type LoadSettings } from '../vllm/weights';
import { headTensors, type DraftKind } from './heads';

/** A draft as it is loaded beside the model, whole on the ranks of the last stage. */
export interface LoadedDraft {
  readonly analysis: Analysis;
  readonly bytes: number;
  readonly basis: LoadedModel['basis'];
}

/**
 * Weights of a draft on one rank. It is a model of its own (vllm/v1/spec_decode/draft_model.py; sglang/srt/speculative/
 * standalone_worker.py), or a head that shares the target's embedding.
 *
 * @throws RunError for weights that no preset has.
 */
export function loadDraft(draft: Analysis, kind: DraftKind, target: Analysis, weights: string, settings: LoadSettings): LoadedDraft {
  const loaded = loadModel(
    draft,
    weights,
    {
      ...settings,
      expertParallel: false,
      data: 1,
      prefillContext: 1,
      speculation: undefined,
      lora: undefined,
      cpuOffload: 0,
      pooling: false,
      beside: target,
      ...(kind !== 'model' && { reshape: (tensors) => headTensors(tensors, draft, target, kind) }),
    },
    undefined,
  );
  return {
    analysis: draft,
    bytes: loaded.bytesOf({ from: 0, to: loaded.placed.layers, first: true, last: true }),
    basis: weakest(loaded.basis, { kind: 'approximate', reasons: ['rule-of-code-unmeasured'] }),
  };
}

/** The term of a draft; none where there is none. */
export const draftTerms = (draft: LoadedDraft | undefined): readonly MemoryTerm[] =>
  draft === undefined
    ? []
    : [
        {
          name: 'draft-model',
          kind: 'weights',
          bytes: draft.bytes,
          basis: draft.basis,
          low: Math.round(draft.bytes * 0.97),
          high: Math.round(draft.bytes * 1.05),
        },
      ];

/** @throws RunError where a draft's config is given and nothing asks for one. */
export function unusedDraft(flag: string): never {
  throw new RunError('draft-unused', `a draft's config is given, and ${flag} does not ask for a draft`, 'draft', { flag });
}
