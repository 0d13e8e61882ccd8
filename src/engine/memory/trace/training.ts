import type { Analysis } from '../../analysis';
import { exact, type Basis } from '../../basis';
import { layoutAt } from '../../estimate';
import { presetOf } from '../../quantization/presets';
import type { InventoryEntry } from '../../weights/inventory';
import { loraOf } from './adapters';
import type { TrainedTensor } from './optimizers';
import type { Packing } from './packed';
import type { PeakJob } from './peak';
import type { Training } from './weights';

/** What a job trains of a model, and what the model itself takes meanwhile. */
export interface TrainingPlan {
  readonly training: Training;
  /** Bytes of the model's own parameters, adapters left out. */
  readonly parameters: number;
  /** Those of routed experts among them. */
  readonly expertParameters: number;
  /** The model's own tensors. */
  readonly tensors: readonly TrainedTensor[];
  /** Those of them that are trained. */
  readonly trained: readonly TrainedTensor[];
  readonly basis: Basis;
}

/** Formats whose products have a way back that is known here. */
export const trainsBeside = (precision: string): boolean => precision === 'checkpoint' || packingAt(precision) !== undefined;

/** How a preset's matrices are unpacked; `undefined` for presets of other formats. */
function packingAt(precision: string, keepsInput = false): Packing | undefined {
  const { format, bits, groupSize, name } = presetOf(precision);
  if (bits !== 4) return undefined;
  if (format === 'bitsandbytes') return { kind: 'bitsandbytes', nestedBlock: name.includes('-dq') ? groupSize : null, keepsInput };
  return format === 'GPTQ' ? { kind: 'gptq', nestedBlock: null, keepsInput: false } : undefined;
}

/** Reads what a job trains. */
export function planOf(analysis: Analysis, job: PeakJob, ranks = 1): TrainingPlan {
  const { mode, lora = null, weights = 'checkpoint', trains = null } = job;
  const training = mode === 'train';
  const stored = weights === 'checkpoint' ? undefined : storedAt(analysis, weights, job.keepsInputs);
  const width = widthOf(job, stored?.packing);
  const listed = trains && listOf(analysis, trains);
  const takes = (name: string): boolean => training && (listed ? listed(name) : lora === null);
  const trained = training ? trainedOf(analysis, listed, lora === null) : [];
  const { total } = analysis.parameters;
  // peft keeps the weights beside the copy of them that it trains (utils/other.py, ModulesToSaveWrapper).
  const copied = lora && listed ? trained.reduce((sum, each) => sum + countOf(each), 0) : 0;
  return {
    training: {
      width,
      trains: takes,
      lora: training && lora ? loraOf(analysis, lora) : null,
      packing: (name) => (stored?.packed(name) ? stored.packing : undefined),
      any: training,
      ranks,
    },
    parameters: (stored ? stored.bytes + stored.kept * width : total * width) + copied * width,
    expertParameters: stored ? stored.expertBytes + stored.keptExperts * width : expertElements(analysis) * width,
    tensors: trainedOf(analysis, null, true),
    trained,
    basis: stored?.basis ?? exact,
  };
}

/** Bytes per element of what is not quantized: bitsandbytes' runs are prepared by peft, which widens it (utils/other.py, prepare_model_for_kbit_training). */
function widthOf({ mode, precision, lora, kept }: PeakJob, packing: Packing | undefined): number {
  if (packing) return (kept ?? (packing.kind === 'bitsandbytes' ? 'fp32' : 'bf16')) === 'fp32' ? 4 : 2;
  return mode === 'train' && precision === 'mixed' && !lora ? 4 : 2;
}

interface Stored {
  readonly packing: Packing;
  readonly packed: (name: string) => boolean;
  /** Bytes of what is quantized, scales and the like with it. */
  readonly bytes: number;
  /** Those of routed experts. */
  readonly expertBytes: number;
  /** Elements of what is not, and of routed experts among them. */
  readonly kept: number;
  readonly keptExperts: number;
  readonly basis: Basis;
}

/** What a preset quantizes of a model. */
function storedAt(analysis: Analysis, weights: string, keepsInputs: boolean | undefined): Stored | undefined {
  const packing = packingAt(weights, keepsInputs);
  if (!packing) return undefined;
  const { entries, basis } = layoutAt(analysis, weights);
  const keptNames = new Set<string>();
  let [bytes, kept, expertBytes, keptExperts] = [0, 0, 0, 0];
  for (const { name, scheme, part, copies, parameters, bytes: each, component } of entries)
    if (typeof scheme === 'string') {
      keptNames.add(name);
      kept += parameters * copies;
      if (component === 'experts') keptExperts += parameters * copies;
    } else if (part !== 'text') {
      bytes += each * copies;
      if (component === 'experts') expertBytes += each * copies;
    }
  return { packing, packed: (name) => !keptNames.has(numbered(name)), bytes, expertBytes, kept, keptExperts, basis };
}

/** The name that equal tensors of a stack share. */
const numbered = (name: string): string => name.replaceAll(/\.\d+(?=\.)/g, '.{n}');

/** Whether a list names a module that a weight is part of, by the weight's name or one that it is tied to. */
function listOf({ inventory }: Analysis, list: readonly string[]): (name: string) => boolean {
  const within = (name: string): boolean => list.some((module) => `.${name}.`.includes(`.${module}.`));
  const aliases = new Set(inventory.entries.flatMap(({ name, tiedTo }) => (tiedTo !== undefined && within(name) ? [tiedTo] : [])));
  return (name) => within(name) || aliases.has(name);
}

/** Whether a weight of the model is part of a module of this name. */
export const hasModule = (analysis: Analysis, name: string): boolean => trainedOf(analysis, listOf(analysis, [name]), false).length > 0;

function trainedOf({ inventory }: Analysis, listed: ((name: string) => boolean) | null, all: boolean): readonly TrainedTensor[] {
  if (!listed && !all) return [];
  return inventory.entries.flatMap((entry): readonly TrainedTensor[] => {
    if (entry.buffer || entry.frozen || entry.tiedTo !== undefined) return [];
    const copies = listed ? namesOf(entry).filter(listed).length : entry.copies;
    const { shape, role, component } = entry;
    const vocabulary = role === 'embedding' || role === 'head' || role === 'position';
    return copies === 0 ? [] : [{ shape, copies, vocabulary, ...(component === 'experts' && { expert: true as const }) }];
  });
}

/** The names of all copies of a tensor. */
function namesOf({ name, indices }: InventoryEntry): readonly string[] {
  return indices.reduce<readonly string[]>(
    (names, numbers) => {
      const each = typeof numbers === 'number' ? Array.from({ length: numbers }, (_, index) => index) : numbers;
      return names.flatMap((made) => each.map((index) => made.replace('{n}', String(index))));
    },
    [name],
  );
}

/** Elements of routed experts. */
const expertElements = ({ inventory }: Analysis): number =>
  inventory.entries.reduce(
    (sum, { component, elements, copies, buffer }) => (component === 'experts' && !buffer ? sum + elements * copies : sum),
    0,
  );

/** Elements of equal tensors. */
export const countOf = ({ shape, copies }: TrainedTensor): number => copies * shape.reduce((all, size) => all * size, 1);
