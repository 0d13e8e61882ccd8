import { deepEqual, equal, ok } from 'node:assert/strict';
import { analyze, toJson, type JsonObject } from '../../../src/engine/index';
import { costOf } from '../../../src/engine/memory/trace/optimizers';
import { decodesNothing, peakMemory, refusedTargets, type PeakJob, type PeakMemory } from '../../../src/engine/memory/trace/peak';
import { peakJobs, smallModels } from '../../support/peaks';

/** A matrix of 1,024 × 512, two vectors of 512, and a table of 100 × 512. */
const tensors = [
  { shape: [1024, 512], copies: 1, vocabulary: false },
  { shape: [512], copies: 2, vocabulary: false },
  { shape: [100, 512], copies: 1, vocabulary: true },
] as const;
const elements = 1024 * 512 + 2 * 512 + 100 * 512;

describe('what optimizers keep', () => {
  it('AdamW keeps two states, at the width that is asked for', () => {
    equal(costOf('adamw', tensors, 2, 'fp32').states, 8 * elements);
    equal(costOf('adamw', tensors, 2, 'param').states, 4 * elements);
  });

  it('the one over all tensors counts steps, and takes a root of everything at once', () => {
    deepEqual(costOf('adamw_foreach', tensors, 4, 'fp32'), { states: 8 * elements + 4 * 4, paged: 0, temporary: 4 * elements });
  });

  it('8-bit states have a constant for each block of 256, and small tensors stay at 32 bits', () => {
    const matrix = 2 * (1024 * 512 + 4 * 2048);
    const table = 2 * (100 * 512 + 4 * 200);
    equal(costOf('adamw_8bit', tensors, 2, 'fp32').states, matrix + table + 2 * 512 * 8 + 2048);
  });

  it('paged states of large tensors are counted apart', () => {
    const { states, paged } = costOf('paged_adamw', tensors, 2, 'fp32');
    equal(paged, 8 * 1024 * 512);
    equal(states, 8 * (elements - 1024 * 512));
  });

  it('Adafactor keeps rows and columns', () => {
    equal(costOf('adafactor', tensors, 4, 'fp32').states, 4 * (1024 + 512 + 2 * 512 + 100 + 512));
  });

  it('Muon keeps momentum of matrices, and leaves vocabulary and vectors to AdamW', () => {
    equal(costOf('muon', tensors, 2, 'fp32').states, 2 * 1024 * 512 + 8 * (elements - 1024 * 512));
  });

  it('Lion and SGD with momentum keep one state, SGD none', () => {
    equal(costOf('lion', tensors, 2, 'fp32').states, 4 * elements);
    equal(costOf('sgd_momentum', tensors, 2, 'fp32').states, 2 * elements);
    equal(costOf('sgd', tensors, 2, 'fp32').states, 0);
  });
});

describe('a training step over several devices', () => {
  const peak = (changes: Partial<PeakJob>, model = 'llama'): PeakMemory => {
    const result = analyze(toJson(smallModels[model]) as JsonObject);
    const found = result.kind === 'model' ? peakMemory(result, { ...(peakJobs['train'] as PeakJob), ...changes }) : undefined;
    if (!found) throw new Error('no answer');
    return found;
  };
  const whole = peak({});

  it('spreads states, then gradients, then parameters', () => {
    const [one, two, three] = ([1, 2, 3] as const).map((zero) => peak({ zero, devices: 4 })) as [PeakMemory, PeakMemory, PeakMemory];
    equal(one.optimizer, whole.optimizer / 4);
    equal(one.parameters, whole.parameters);
    ok(two.total < one.total);
    equal(three.parameters, whole.parameters / 4);
    equal(three.basis.kind, 'rule');
  });

  it('changes nothing with one device', () => {
    deepEqual(peak({ zero: 3, devices: 1 }), whole);
  });

  it('adds up to its total', () => {
    for (const zero of [0, 1, 2, 3] as const) {
      const { parameters, gradients, optimizer, activations, cache, buffers, total } = peak({ zero, devices: 3 });
      equal(parameters + gradients + optimizer + activations + cache + buffers, total);
    }
  });

  it('flash attention takes no mask of a window, which other ways make', () => {
    const windowed = { tokens: 512 } as const;
    ok(peak({ ...windowed, attention: 'flash' }, 'mistral, a short window').total < peak(windowed, 'mistral, a short window').total);
  });

  it('an encoder has no decode', () => {
    const result = analyze(toJson(smallModels['bert, tokens']) as JsonObject);
    if (result.kind !== 'model') throw new Error(result.kind);
    equal(peakMemory(result, peakJobs['decode'] as PeakJob), undefined);
    ok(decodesNothing(result));
  });

  it('peft adapts no output projection of a Mamba layer', () => {
    const refused = (lora: PeakJob['lora'], model = 'mamba2'): readonly string[] => {
      const result = analyze(toJson(smallModels[model]) as JsonObject);
      return result.kind === 'model' ? refusedTargets(result, { ...(peakJobs['train'] as PeakJob), lora }) : ['no model'];
    };
    deepEqual(refused({ rank: 8, targets: 'all-linear' }), ['out_proj']);
    deepEqual(refused({ rank: 8, targets: ['in_proj', 'out_proj'] }), ['out_proj']);
    deepEqual(refused({ rank: 8, targets: ['in_proj'] }), []);
    deepEqual(refused({ rank: 8, targets: 'all-linear' }, 'bamba'), []);
  });

  it('a recurrence is followed as PyTorch runs it, which is said', () => {
    const result = analyze(toJson(smallModels['qwen3_next']) as JsonObject);
    const found = result.kind === 'model' ? peakMemory(result, peakJobs['prefill'] as PeakJob) : undefined;
    deepEqual(found?.basis, { kind: 'exact', reasons: ['torch-recurrence'] });
  });

  it('many chunks of a recurrence are not followed one by one', () => {
    const result = analyze(toJson(smallModels['qwen3_next']) as JsonObject);
    if (result.kind !== 'model') throw new Error(result.kind);
    const at = (tokens: number): number =>
      peakMemory(result, { ...(peakJobs['train'] as PeakJob), batch: 1, tokens })?.activations ?? Number.NaN;
    // Every chunk keeps as much as any other, whether it was followed or not.
    const [few, more, most] = [at(64 * 8), at(64 * 16), at(64 * 24)];
    equal(most - more, more - few);
    const begun = performance.now();
    ok(at(64 * 1_000_000) > 1e12);
    ok(performance.now() - begun < 2000);
  });

  it('a learned bias in fused attention is answered by a rule, without training by the trace', () => {
    const result = analyze(toJson(smallModels['t5']) as JsonObject);
    const basisOf = (job: string): string | undefined =>
      result.kind === 'model' ? peakMemory(result, peakJobs[job] as PeakJob)?.basis.kind : undefined;
    equal(basisOf('train'), 'rule');
    equal(basisOf('train, eager, foreach'), 'exact');
    equal(basisOf('train, adapters'), 'exact');
  });

  it('a type that is not known runs as a usual decoder, and says so', () => {
    const result = analyze(
      toJson({
        ...smallModels['llama'],
        hidden_act: 'silu',
        model_type: 'someone_elses',
        architectures: ['SomeoneElsesForCausalLM'],
      }) as JsonObject,
    );
    const found = result.kind === 'model' ? peakMemory(result, peakJobs['train'] as PeakJob) : undefined;
    equal(found?.basis.kind, 'approximate');
    ok(found?.basis.reasons.includes('usual-program'));
    ok(Math.abs(found.total / whole.total - 1) < 0.05);
  });
});
