import {
  machineOf,
  oneRank,
  peakMemory,
  refusedDegrees,
  type Analysis,
  type Degrees,
  type PeakJob,
  type PeakMemory,
} from '../../../engine/index';
import { isRemembered, remembered } from '../../../shared/engineRun';
import type { TrainingAsked, TrainingRow, TrainingTable, TrainingView } from '../../../shared/panel/runs';
import type { Verdict } from '../../../shared/panel/snapshot';
import { targetText } from '../../../shared/text/deviceProfiles';
import { signed } from '../../../shared/text/whatIf';
import { about, basisNotes } from './basis';
import { figure, writers, type View } from './view';

/** Tokens of a sequence that training is shown for at first. */
const usualTokens = 4096;
const usualDevices = 8;
const rank = 16;
/** What QLoRA keeps its weights in (Dettmers et al. 2023, arXiv 2305.14314): NF4 with constants quantized once more. */
const nf4 = 'bnb-nf4-dq';
/** Beyond this share of a device the context of CUDA and gaps of the allocator may not find room. */
const roomy = 0.93;

/**
 * Peaks of training, a row for each way to go about it; computed only while they are shown.
 *
 * @param most milliseconds after which rows that are not known yet are left for the next time
 */
export function trainingOf(view: View, asked: TrainingAsked | null, most = Infinity): TrainingView {
  const { analysis, target } = view;
  const start: TrainingAsked = {
    batch: 1,
    tokens: Math.min(usualTokens, analysis.contextLimit ?? usualTokens),
    precision: 'bf16',
    devices: Math.max(usualDevices, target?.count ?? 1),
  };
  return { start, shown: asked && tableOf(view, asked, most) };
}

interface Way {
  readonly id: string;
  readonly label: string;
  readonly job: Partial<PeakJob>;
}

interface Ways {
  readonly label: string;
  readonly ways: readonly Way[];
}

function waysOf(asked: TrainingAsked, view: View): readonly Ways[] {
  const { devices } = asked;
  const { t, style } = view;
  const lora = { rank, targets: 'all-linear' } as const;
  const count = writers(style).whole(devices);
  const zero = (stage: 1 | 2 | 3, more: Partial<PeakJob> = {}): Partial<PeakJob> => ({ zero: stage, devices, ...more });
  return [
    {
      label: t('Full fine-tuning, AdamW'),
      ways: [
        { id: 'full', label: t('everything kept'), job: {} },
        { id: 'checkpointing', label: t('gradient checkpointing'), job: { checkpointing: true } },
        { id: 'fused-loss', label: t('checkpointing, fused loss (Liger)'), job: { checkpointing: true, loss: 'fused' } },
      ],
    },
    {
      label: t('Another optimizer'),
      ways: [
        { id: 'adamw-8bit', label: 'AdamW 8-bit', job: { optimizer: 'adamw_8bit' } },
        { id: 'paged-adamw-8bit', label: t('AdamW 8-bit, paged'), job: { optimizer: 'paged_adamw_8bit' } },
        { id: 'adafactor', label: 'Adafactor', job: { optimizer: 'adafactor' } },
        { id: 'lion', label: 'Lion', job: { optimizer: 'lion' } },
        { id: 'muon', label: 'Muon', job: { optimizer: 'muon' } },
        { id: 'sgd', label: 'SGD', job: { optimizer: 'sgd' } },
      ],
    },
    {
      label: t('Adapters, rank {0} on all linear layers', rank),
      ways: [
        { id: 'lora', label: 'LoRA', job: { lora } },
        { id: 'lora-checkpointing', label: t('LoRA, checkpointing'), job: { lora, checkpointing: true } },
        {
          id: 'qlora',
          label: t('QLoRA (NF4), checkpointing'),
          job: { lora, checkpointing: true, precision: 'bf16', weights: nf4, kept: 'fp32' },
        },
      ],
    },
    {
      label: t('Spread over {0} devices, AdamW', count),
      ways: [
        { id: 'zero-1', label: t('stage 1: optimizer spread'), job: zero(1) },
        { id: 'zero-2', label: t('stage 2: gradients too'), job: zero(2) },
        { id: 'zero-3', label: t('stage 3: parameters too'), job: zero(3) },
        { id: 'zero-3-checkpointing', label: t('stage 3, checkpointing'), job: zero(3, { checkpointing: true }) },
        { id: 'fsdp', label: t('FSDP, all spread, checkpointing'), job: { fsdp: 'full_shard', devices, checkpointing: true } },
      ],
    },
    { label: t('Shared by {0} devices, AdamW spread over what is left', count), ways: sharedWays(asked, view) },
  ];
}

/** Devices of a node, within which ranks of tensor parallelism stay. */
const node = 8;

/** Ways in which devices share the model itself, each with the most devices that the model allows; none that it does not. */
function sharedWays(asked: TrainingAsked, { analysis, t, style }: View): readonly Way[] {
  const { devices, tokens } = asked;
  const { whole } = writers(style);
  const way = (id: string, say: (count: string) => string, of: (count: number) => Partial<Degrees>, more: Partial<PeakJob> = {}): Way[] => {
    for (let count = devices; count > 1; count--) {
      const parallel = { ...oneRank, ...of(count) };
      const job = { zero: 1 as const, devices, ...more, parallel };
      const { tensor, context, sequence } = parallel;
      const divides = devices % count === 0 && tensor <= node && tokens % (context * (sequence ? tensor : 1)) === 0;
      if (divides && !refusedDegrees(analysis, jobOf({ id, label: '', job }, asked))) return [{ id, label: say(whole(count)), job }];
    }
    return [];
  };
  const parallelLoss = { loss: 'parallel' } as const;
  return [
    ...way(
      'tensor',
      (count) => t('tensor parallel {0}', count),
      (tensor) => ({ tensor }),
    ),
    ...way(
      'sequence',
      (count) => t('tensor parallel {0}, with sequence parallel', count),
      (tensor) => ({ tensor, sequence: true }),
      parallelLoss,
    ),
    ...way(
      'pipeline',
      (count) => t('{0} pipeline stages, checkpointing', count),
      (pipeline) => ({ pipeline, microBatches: pipeline }),
      {
        checkpointing: true,
      },
    ),
    ...way(
      'context',
      (count) => t('context parallel {0}, stage 3', count),
      (context) => ({ context }),
      { zero: 3 },
    ),
    ...way(
      'expert',
      (count) => t('experts on {0} devices, checkpointing', count),
      (expert) => ({ expert }),
      { checkpointing: true },
    ),
  ];
}

function tableOf(view: View, asked: TrainingAsked, most: number): TrainingTable {
  const begun = performance.now();
  let [fresh, pending] = [0, 0];
  const { target, t } = view;
  const usable = target ? (machineOf(target.device, 1).memory ?? null) : null;
  const base = { asked, device: target ? targetText({ device: target.device, count: 1 }, t) : null, usable };
  const known = waysOf(asked, view).filter(({ ways }) => ways.length > 0);
  const groups = known.map(({ label, ways }) => ({
    label,
    peaks: ways.flatMap((way) => {
      if (!isRemembered(view.analysis, ['peak', jobOf(way, asked)])) {
        // One at least each time, so that all are there in the end.
        if (fresh > 0 && performance.now() - begun > most) {
          pending++;
          return [];
        }
        fresh++;
      }
      const peak = peakOf(view.analysis, way, asked);
      return peak ? [{ way, peak }] : [];
    }),
  }));
  const first = groups[0]?.peaks[0]?.peak;
  if (!first) {
    const problem = t('What a step of this model allocates is not known here, so that no peak can be told.');
    return { ...base, problem, pending: 0, scale: 1, groups: [], notes: [] };
  }
  const totals = groups.flatMap(({ peaks }) => peaks.map(({ peak }) => peak.total));
  return {
    ...base,
    problem: '',
    pending,
    scale: Math.max(...totals),
    groups: groups.map(({ label, peaks }) => ({ label, rows: peaks.map(({ way, peak }) => rowOf(view, way, peak, first, usable)) })),
    notes: [
      ...(target && usable !== null
        ? [t('The mark stands at the {0} that {1} has.', writers(view.style).bytes(usable), base.device ?? '')]
        : []),
      t('Live tensors at the fullest moment of a step on each device, SDPA attention, states of the optimizer at 32 bits.'),
      t('The context of CUDA, gaps of the allocator and buffers of ZeRO come on top.'),
    ],
  };
}

const jobOf = ({ job }: Way, { batch, tokens, precision }: TrainingAsked): PeakJob => ({
  mode: 'train',
  batch,
  tokens,
  attention: 'sdpa',
  logits: 'all',
  precision,
  checkpointing: false,
  lora: null,
  optimizer: 'adamw',
  states: 'fp32',
  ...job,
});

/** One step of the transformers library; `undefined` for a model that no program is known for. */
function peakOf(analysis: Analysis, way: Way, asked: TrainingAsked): PeakMemory | undefined {
  const job = jobOf(way, asked);
  return remembered(analysis, ['peak', job], () => peakMemory(analysis, job));
}

function rowOf(view: View, { id, label, job }: Way, peak: PeakMemory, first: PeakMemory, usable: number | null): TrainingRow {
  const { t, style } = view;
  const { bytes } = writers(style);
  const parts: TrainingRow['parts'] = (
    [
      ['weights', t('parameters'), peak.parameters],
      ['graphs', t('gradients'), peak.gradients],
      ['runtime', t('optimizer'), peak.optimizer],
      ['activations', t('activations'), peak.activations],
      ['buffers', t('buffers'), peak.buffers + peak.cache],
    ] as const
  )
    .filter(([, , size]) => size > 0)
    .map(([fill, name, size]) => ({ fill, label: name, bytes: size, text: bytes(size) }));
  const verdict = verdictOf(peak.total, usable);
  return {
    id,
    label,
    verdict,
    verdictText:
      verdict === 'unknown' ? '' : verdict === 'over' ? t('does not fit') : verdict === 'narrow' ? t('fits, narrowly') : t('fits'),
    total: figure(
      about(peak.basis, bytes(peak.total)),
      [...parts.map(({ label: name, text }, index) => `${index === 0 ? '  ' : '+ '}${text}  ${name}`), `= ${bytes(peak.total)}`],
      [
        t('Fullest in: {0}.', phaseText(peak.phase, view)),
        ...(peak.stages.length > 0 ? [t('The fullest of {0} stages.', peak.stages.length)] : []),
        ...(peak.paged > 0 ? [t('{0} of states stand in paged memory, which the driver moves to the host.', bytes(peak.paged))] : []),
        ...(job.weights === undefined
          ? []
          : [
              t('Weights as bitsandbytes stores NF4, unpacked matrix by matrix; what it leaves alone is widened to 32 bits, as peft does.'),
            ]),
        ...basisNotes(peak.basis, t),
      ],
    ),
    saved: peak === first ? '' : signed(peak.total - first.total, bytes),
    parts,
  };
}

function verdictOf(total: number, usable: number | null): Verdict {
  if (usable === null) return 'unknown';
  return total > usable ? 'over' : total > usable * roomy ? 'narrow' : 'fits';
}

function phaseText(phase: PeakMemory['phase'], { t }: View): string {
  switch (phase) {
    case 'forward':
      return t('forward pass');
    case 'loss':
      return t('loss');
    case 'backward':
      return t('backward pass');
    case 'optimizer step':
      return t("optimizer's step");
  }
}
