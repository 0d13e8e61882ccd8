import type { FlagValue, FlagValues } from '../flags';
import type { Settings } from './settings';
import type { Version } from './versions';

/** Flags of the model that do not hold for the draft, by the flag that says the same of it; `undefined`: nothing does. */
const ofDraft: Readonly<Record<string, string | undefined>> = {
  'gpu-layers': 'gpu-layers-draft',
  'cache-type-k': 'cache-type-k-draft',
  'cache-type-v': 'cache-type-v-draft',
  'override-tensor': 'override-tensor-draft',
  'cpu-moe': 'cpu-moe-draft',
  'n-cpu-moe': 'n-cpu-moe-draft',
  mmproj: undefined,
  embeddings: undefined,
  fit: undefined,
};

/** A start of the draft: its flags, and how many contexts of it there are. */
export interface DraftStart {
  readonly options: FlagValues;
  readonly contexts: number;
}

/**
 * How the server starts a draft (`--model-draft`). To b8390 as read, each slot has a context of its own for one sequence, whose batch is
 * as large as its context (tools/server/server-context.cpp, load_model; server.cpp before); since then the draft has one context with
 * the flags of the model (common/speculative.cpp, common_base_params_to_speculative, v0.5.0).
 */
export function draftStart(options: FlagValues, { contextPerSequence, sequences }: Settings, version: Version): DraftStart {
  const own: Record<string, FlagValue> = {};
  for (const [name, value] of Object.entries(options)) if (!Object.hasOwn(ofDraft, name) && !name.endsWith('-draft')) own[name] = value;
  for (const [name, flag] of Object.entries(ofDraft)) {
    const value = flag === undefined ? undefined : options[flag];
    if (value !== undefined) own[name] = value;
  }
  const device = options['device-draft'];
  if (device !== undefined) own['device'] = device;
  if (version.has('sharedDraft')) return { options: own, contexts: 1 };
  const context = (options['ctx-size-draft'] as number | undefined) ?? 0;
  const tokens = context > 0 ? context : contextPerSequence;
  return { options: { ...own, 'ctx-size': tokens, parallel: 1, 'batch-size': tokens }, contexts: sequences };
}
