import { deepEqual, equal, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyze, toJson, type Analysis, type JsonObject } from '../../../src/engine/index';
import { readRequest } from '../../../src/engine/memory/request';
import { oneRank, ranksOfModel, type Degrees } from '../../../src/engine/memory/trace/degrees';
import { peakMemory, refusedDegrees, type PeakJob, type PeakMemory } from '../../../src/engine/memory/trace/peak';
import { runsOfRank, scheduleOf } from '../../../src/engine/memory/trace/schedule';
import { degreesTraced, parallelJobs, parallelModels, type ParallelFixture } from '../../support/parallelPeaks';
import { smallModels, usual } from '../../support/peaks';

const fixture = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', '..', 'fixtures', 'parallelPeaks.json'), 'utf8'),
) as ParallelFixture;

function analysisOf(config: object): Analysis {
  const result = analyze(toJson(config) as JsonObject);
  if (result.kind !== 'model') throw new Error('no model');
  return result;
}

function peakOf(analysis: Analysis, degrees: Partial<Degrees>, job: Partial<PeakJob> = {}): PeakMemory {
  const parallel = { ...oneRank, ...degrees };
  const devices = Math.max(ranksOfModel(parallel), parallel.pipeline * parallel.expert);
  const peak = peakMemory(analysis, { ...usual, devices, ...job, parallel });
  if (!peak) throw new Error('no program');
  return peak;
}

describe('training by the plans of transformers, against one rank traced tensor by tensor', () => {
  /** Share of the peak: names of a mixture's tokens in their own order last somewhat longer than here. */
  const allowed = { dense: 0.0008, mixture: 0.007 };
  for (const [model, degrees] of Object.entries(parallelModels))
    it(model, () => {
      const analysis = analysisOf(smallModels[model] as object);
      for (const degree of degrees)
        for (const [name, job] of Object.entries(parallelJobs)) {
          const [peak, parameters] = fixture[model]?.[degree]?.[name] ?? [0, 0];
          // The trace has no copies whose gradients are summed in buckets.
          const ours = peakOf(analysis, degreesTraced[degree] as Degrees, { ...job, bucket: 1 });
          equal(ours.parameters, parameters, `${degree}, ${name}: parameters`);
          const off = ours.total / peak - 1;
          ok(Math.abs(off) <= allowed[degree.includes('expert') ? 'mixture' : 'dense'], `${degree}, ${name}: ${(off * 100).toFixed(3)} %`);
        }
    });
});

/** The model of Korthikanti et al.: GPT with dropout, and attention written out. */
const [sequence, batch, hidden, heads] = [1024, 2, 1024, 16];
const gpt = (layers: number): Analysis =>
  analysisOf({
    model_type: 'gpt2',
    architectures: ['GPT2LMHeadModel'],
    n_embd: hidden,
    n_layer: layers,
    n_head: heads,
    vocab_size: 1024,
    n_positions: sequence,
    activation_function: 'gelu',
  });
const gptJob = { batch, tokens: sequence, attention: 'eager', optimizer: 'sgd' } as const;
/** sbh(34 + 5as/h) bytes of a layer, as they stand in the paper's equation 1. */
const perLayer = sequence * batch * hidden * (34 + (5 * heads * sequence) / hidden);

describe('activations of a layer, against the formulas of Korthikanti et al. 2022 (arXiv 2205.05198)', () => {
  const ofLayer = (degrees: Partial<Degrees>): number => {
    const [more, fewer] = [gpt(6), gpt(4)].map((analysis) => peakOf(analysis, degrees, gptJob).activations) as [number, number];
    return (more - fewer) / 2;
  };
  // What norms keep of each row, 16 bytes in two norms, is not in them.
  const near = (ours: number, formula: number): void =>
    ok(ours >= formula && ours <= formula + 16 * sequence * batch, `${ours} against ${formula}`);
  const scores = (5 * heads * sequence) / hidden;

  for (const tensor of [1, 2, 4, 8]) {
    it(`tensor parallel ${tensor}: sbh(10 + 24/t + 5as/ht)`, () =>
      near(ofLayer({ tensor }), sequence * batch * hidden * (10 + 24 / tensor + scores / tensor)));
    if (tensor > 1) it(`with sequence parallel: sbh/t(34 + 5as/h)`, () => near(ofLayer({ tensor, sequence: true }), perLayer / tensor));
  }

  it('a pipeline holds all layers of a batch on its first stage, and the less the later a stage is', () => {
    const { stages } = peakOf(gpt(16), { pipeline: 4, microBatches: 8 }, gptJob);
    for (const { stage, activations } of stages) {
      const layers = activations / perLayer;
      const expected = (4 - stage) * 4;
      ok(layers >= expected && layers < expected + 0.2, `stage ${stage}: ${layers}`);
    }
  });

  it('an interleaved one by 1 + (p − 1)/(pm) more', () => {
    for (const virtual of [2, 4]) {
      const [first] = peakOf(gpt(16), { pipeline: 4, microBatches: 8, virtual }, gptJob).stages;
      const layers = (first?.activations ?? 0) / perLayer;
      const expected = 16 * (1 + 3 / (4 * virtual));
      ok(layers >= expected && layers < expected + 0.25, `${virtual}: ${layers}`);
    }
  });
});

const llama = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  hidden_size: 256,
  intermediate_size: 768,
  num_hidden_layers: 6,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  vocab_size: 1000,
};
const mixture = { ...(smallModels['qwen3_moe'] as object), num_hidden_layers: 4 };

describe('what a rank holds', () => {
  const layer = (ranks: number): number => 2 * 256 + (2 * 256 * 256 + 2 * 256 * 128 + 3 * 256 * 768) / ranks;

  it('of matrices one in so many, and norms whole', () => {
    for (const tensor of [1, 2, 4]) {
      const { parameters } = peakOf(analysisOf(llama), { tensor });
      equal(parameters, 2 * (6 * layer(tensor) + 256 + (2 * 1000 * 256) / tensor), `${tensor}`);
    }
  });

  it('of a vocabulary that does not divide, the largest part', () => {
    const parts = (vocab_size: number): number => peakOf(analysisOf({ ...llama, vocab_size }), { tensor: 4 }).parameters;
    equal(parts(1001), parts(1004));
  });

  it('of a pipeline its layers, embedding and head at the ends', () => {
    const { stages, parameters } = peakOf(analysisOf(llama), { pipeline: 3, microBatches: 3 });
    const table = 1000 * 256;
    deepEqual(
      stages.map((stage) => [stage.layers, stage.parameters]),
      [
        [[[0, 2]], 2 * (2 * layer(1) + table)],
        [[[2, 4]], 2 * (2 * layer(1))],
        [[[4, 6]], 2 * (2 * layer(1) + table + 256)],
      ],
    );
    ok(stages.some((stage) => stage.parameters === parameters));
    const tied = peakOf(analysisOf({ ...llama, tie_word_embeddings: true }), { pipeline: 3, microBatches: 3 });
    deepEqual(
      tied.stages.map((stage) => stage.parameters),
      stages.map((stage) => stage.parameters),
      'a tied head has its table twice',
    );
  });

  it('of experts whole ones, whose states fewer devices share', () => {
    const analysis = analysisOf(mixture);
    const experts = 4 * 8 * 3 * 256 * 96;
    const rest = analysis.parameters.total - experts;
    const whole = peakOf(analysis, { expert: 4 });
    equal(whole.parameters, 2 * (rest + experts / 4));
    const spread = peakOf(analysis, { expert: 4 }, { devices: 8, zero: 1 });
    equal(spread.optimizer, 8 * (rest / 8 + experts / 4 / 2));
    const thirds = peakOf(analysis, { expert: 4 }, { devices: 8, zero: 3 });
    equal(thirds.parameters, 2 * (rest / 8 + experts / 4 / 2));
  });

  it('of states and gradients what copies of the same part share', () => {
    const one = peakOf(analysisOf(llama), { tensor: 2, pipeline: 3, microBatches: 3 });
    const four = peakOf(analysisOf(llama), { tensor: 2, pipeline: 3, microBatches: 3 }, { devices: 24, zero: 1 });
    for (const { stage, optimizer } of four.stages) equal(optimizer, (one.stages[stage]?.optimizer ?? 0) / 4);
  });

  it('sums to the total in every stage, of which the peak is the fullest', () => {
    const peak = peakOf(analysisOf(llama), { tensor: 2, sequence: true, pipeline: 3, microBatches: 5 });
    for (const { parameters, gradients, optimizer, activations, cache, buffers, total } of [peak, ...peak.stages])
      equal(parameters + gradients + optimizer + activations + cache + buffers, total);
    equal(peak.total, Math.max(...peak.stages.map(({ total }) => total)));
    equal(peak.basis.kind, 'rule');
    deepEqual(peak.basis.reasons, ['cut-among-ranks', 'sequence-parallel', 'pipeline-1f1b']);
  });
});

describe('activations among ranks', () => {
  it('are of its own tokens where sequences are cut, whichever way attention goes', () => {
    const analysis = analysisOf(llama);
    const job = { batch: 1, tokens: 2048, loss: { chunks: 16, upcast: false, keepLogits: false } } as const;
    const one = peakOf(analysis, {}, job).activations;
    for (const contextWay of ['gather', 'ulysses'] as const) {
      const four = peakOf(analysis, { context: 4, contextWay }, job).activations;
      ok(four > one / 4 && four < one / 3, `${contextWay}: ${four} of ${one}`);
    }
  });

  it('are of a part of the vocabulary under a loss that is shared', () => {
    const analysis = analysisOf({ ...llama, vocab_size: 64_000 });
    const [full, parallel] = [peakOf(analysis, { tensor: 4 }), peakOf(analysis, { tensor: 4 }, { loss: 'parallel' })];
    const logits = 2 * 96 * 64_000;
    ok(full.activations - parallel.activations > logits * 4 * 2 * 0.75, `${full.activations - parallel.activations}`);
  });

  it('go with adapters, quantized weights and checkpointing too', () => {
    const analysis = analysisOf(llama);
    for (const degrees of [{ tensor: 2 }, { tensor: 2, sequence: true }, { pipeline: 2, microBatches: 2 }, { context: 2 }])
      for (const job of [
        { lora: { rank: 8, targets: 'all-linear' } },
        { lora: { rank: 8, targets: 'all-linear' }, weights: 'bnb-nf4', precision: 'mixed' },
        { checkpointing: true, precision: 'mixed', lora: { rank: 8, targets: ['q_proj', 'o_proj'] } },
      ] as const) {
        const [shared, whole] = [peakOf(analysis, degrees, job), peakOf(analysis, {}, { ...job, devices: 1 })];
        ok(Number.isInteger(shared.total) && shared.total < whole.total, `${JSON.stringify({ degrees, job })}: ${shared.total}`);
      }
  });
});

describe('the schedule of a pipeline', () => {
  it('brings every batch forward before it goes back, on every rank and run', () => {
    for (const [pipeline, virtual, microBatches] of [
      [4, 1, 9],
      [4, 1, 2],
      [4, 2, 8],
      [2, 3, 2],
      [3, 2, 30],
    ] as const) {
      const degrees = { ...oneRank, pipeline, virtual, microBatches };
      for (let rank = 0; rank < pipeline; rank++) {
        const underWay = Array.from({ length: virtual }, () => 0);
        for (const { way, run } of scheduleOf(rank, degrees, true).steps) {
          underWay[run] = (underWay[run] ?? 0) + (way === 'forward' ? 1 : -1);
          ok((underWay[run] ?? -1) >= 0, `${pipeline} ${virtual} ${rank}`);
        }
        deepEqual(
          underWay,
          Array.from({ length: virtual }, () => 0),
        );
      }
    }
  });
  it('comes to the same where batches that are alike are left out', () => {
    for (let rank = 0; rank < 8; rank++) {
      const most = (whole: boolean): number => {
        const { steps, alike } = scheduleOf(rank, { ...oneRank, pipeline: 8, microBatches: 20 }, whole);
        let [underWay, fullest] = [0, 0];
        for (const { way } of steps) {
          underWay += way === 'forward' ? 1 : -1;
          fullest = Math.max(fullest, underWay);
        }
        return fullest + alike;
      };
      equal(most(true), 8 - rank);
      equal(most(false), 8 - rank);
    }
  });
  it('deals runs of layers out in turn', () => {
    deepEqual(
      [0, 1].map((rank) => runsOfRank(8, rank, { ...oneRank, pipeline: 2, virtual: 2 }).map(({ from, to }) => [from, to])),
      [
        [
          [0, 2],
          [4, 6],
        ],
        [
          [2, 4],
          [6, 8],
        ],
      ],
    );
  });
});

describe('degrees of training', () => {
  const refusal = (config: object, degrees: Partial<Degrees>, job: Partial<PeakJob> = {}): string | undefined => {
    const found = refusedDegrees(analysisOf(config), { ...usual, ...job, parallel: { ...oneRank, ...degrees } });
    return found && `${found.key}: ${found.message}`;
  };
  it('are refused by the model with what does not divide', () => {
    equal(refusal(llama, { tensor: 4 }), undefined);
    equal(refusal(llama, { tensor: 3 }), 'tensor_parallel: 8 attention heads do not divide among 3 ranks');
    equal(refusal(llama, { tensor: 8 }), 'tensor_parallel: 4 key/value heads do not divide among 8 ranks');
    equal(
      refusal({ ...llama, num_attention_heads: 12, num_key_value_heads: 12, hidden_size: 384, intermediate_size: 770 }, { tensor: 3 }),
      'tensor_parallel: 770 columns of a matrix do not divide among 3 ranks',
    );
    equal(refusal(llama, { pipeline: 7 }), 'pipeline_parallel: 6 layers are fewer than 7 stages');
    equal(refusal(llama, { pipeline: 2, virtual: 2 }), 'virtual_pipeline: 6 layers do not divide into 2 stages of 2 runs each');
    equal(refusal(llama, { expert: 2 }), 'expert_parallel: the model has no routed experts');
    equal(refusal(mixture, { expert: 3 }), 'expert_parallel: 8 experts do not divide among 3 ranks');
    equal(
      refusal(llama, { tensor: 2, context: 4, contextWay: 'ulysses' }),
      'context_parallel: 2 key/value heads of a rank do not divide among 4 ranks',
    );
    equal(
      refusal(smallModels['gemma2'] as object, { context: 2 }),
      'context_parallel: its attention is written out, and tokens are cut in kernels alone',
    );
    equal(
      refusal(smallModels['lfm2'] as object, { tensor: 2 }),
      'tensor_parallel: layers with a convolution or a state are not cut among ranks here',
    );
    equal(refusal(smallModels['bert, tokens'] as object, { pipeline: 2 }), 'pipeline_parallel: only decoders are shared among ranks here');
  });

  const asked = (keys: JsonObject): string | Degrees => {
    const request = readRequest({ config: llama, mode: 'train', tokens: 1024, ...keys }, () => ({ kind: 'unknown', nearest: [] }));
    if (request.kind === 'problem') return request.problem.path;
    if (request.kind !== 'peak') throw new Error(request.kind);
    equal(typeof request.job.devices, 'number');
    return request.job.parallel;
  };
  it('are read from a request', () => {
    deepEqual(asked({}), oneRank);
    deepEqual(asked({ tensor_parallel: 2, sequence_parallel: true, pipeline_parallel: 3 }), {
      ...oneRank,
      tensor: 2,
      sequence: true,
      pipeline: 3,
      microBatches: 3,
    });
    deepEqual(asked({ context_parallel: 2, context_way: 'ulysses' }), { ...oneRank, context: 2, contextWay: 'ulysses' });
  });
  it('are refused where they do not go together, by their key', () => {
    equal(asked({ sequence_parallel: true }), 'sequence_parallel');
    equal(asked({ context_way: 'ulysses' }), 'context_way');
    equal(asked({ micro_batches: 4 }), 'micro_batches');
    equal(asked({ virtual_pipeline: 2 }), 'virtual_pipeline');
    equal(asked({ pipeline_parallel: 2, virtual_pipeline: 2, micro_batches: 3 }), 'virtual_pipeline');
    equal(asked({ pipeline_parallel: 2, accumulation: 4 }), 'pipeline_parallel');
    equal(asked({ pipeline_parallel: 2, stepsInBackward: true }), 'pipeline_parallel');
    equal(asked({ tensor_parallel: 4, devices: 6 }), 'devices');
    equal(asked({ expert_parallel: 4, devices: 6 }), 'expert_parallel');
    equal(asked({ context_parallel: 3 }), 'tokens');
    equal(asked({ context_parallel: 2, attention: 'eager' }), 'attention');
    equal(asked({ tensor_parallel: 2, loss: 'fused' }), 'loss');
    equal(asked({ loss: 'parallel' }), 'loss');
    equal(asked({ mode: 'prefill', tensor_parallel: 2 }), 'tensor_parallel');
  });
});
