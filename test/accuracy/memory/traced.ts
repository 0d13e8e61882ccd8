/** Peaks that the oracle traced tensor by tensor (oracle/memory.csv), and ours for the same jobs. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyzeText } from '../../../src/engine/index';
import { peakMemory, type PeakJob, type PeakMemory } from '../../../src/engine/memory/trace/peak';

const shared = join(import.meta.dirname, '..', '..', '..', '..', 'shared');

export interface TracedRow {
  readonly model: string;
  readonly job: PeakJob;
  readonly peak: number;
  readonly activations: number;
  readonly ours: PeakMemory | undefined;
}

/** The rows of the trace, or `undefined` where it is not beside the project. */
export function tracedRows(): readonly TracedRow[] | undefined {
  const file = join(shared, 'oracle', 'memory.csv');
  if (!existsSync(file)) return undefined;
  const [header = [], ...lines] = readFileSync(file, 'utf8').trim().split(/\r?\n/).map(cells);
  const configs = new Map<string, string | undefined>();
  return lines.map((line) => {
    const cell = (name: string): string => line[header.indexOf(name)] ?? '';
    const model = cell('model_id');
    const notes = new Map(
      cell('notes')
        .split('; ')
        .map((note) => [note.slice(0, note.indexOf('=')), note.slice(note.indexOf('=') + 1)]),
    );
    const [optimizer = 'adamw', states = 'fp32'] = (notes.get('optimizer') ?? '').split('/').filter(Boolean);
    const rank = Number(cell('lora_rank'));
    const targets = cell('lora_targets');
    const job = {
      mode: cell('mode'),
      batch: Number(cell('batch')),
      tokens: Number(cell('tokens')),
      attention: notes.get('attn'),
      logits: notes.get('logits') ?? 'all',
      precision: cell('precision'),
      checkpointing: cell('checkpointing') === '1',
      lora: rank > 0 ? { rank, targets: targets === 'all-linear' ? targets : targets.split(',') } : null,
      optimizer,
      states,
    } as PeakJob;
    if (!configs.has(model)) configs.set(model, configText(model));
    const text = configs.get(model);
    const result = text === undefined ? undefined : analyzeText(text).result;
    const ours = result?.kind === 'model' ? peakMemory(result, job) : undefined;
    return { model, job, peak: Number(cell('peak_bytes')), activations: Number(cell('activation_bytes')), ours };
  });
}

function configText(model: string): string | undefined {
  const file = join(shared, 'truth', 'configs', `${model.replace('/', '__')}.json`);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** The cells of a CSV line; quoted ones may hold commas and doubled quotes. */
const cells = (line: string): string[] =>
  [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '');
