import { maxTextLength } from '../engine/limits';
import type { HubProblem } from './problem';
import type { ModelReference } from './reference';
import { requestText, type Answer, type HubClient } from './requestText';

/** Files beside a config that say more about its weights. */
export const companionNames = ['model.safetensors.index.json', 'hf_quant_config.json'] as const;
export type CompanionName = (typeof companionNames)[number];

/** A file beside a config: its text, that there is none, or why that is not known. */
export type Companion =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly problem: HubProblem };

export type Companions = Readonly<Record<CompanionName, Companion>>;

export interface FetchedModel {
  /** The text of config.json. */
  readonly config: string;
  /** The commit that it is of, where the server names it. */
  readonly commit: string | undefined;
  readonly companions: Companions;
}

export type FetchResult =
  { readonly kind: 'model'; readonly model: FetchedModel } | { readonly kind: 'problem'; readonly problem: HubProblem };

/** Bytes of a config that are read: as many as the engine takes characters. */
const configLimit = maxTextLength;
/** Bytes of a companion that are read: room for an index of half a million tensors at about 120 bytes each. */
const companionLimit = 64 * 1024 * 1024;

/** The address of a file; every part is checked or escaped, so that it stays below the endpoint's own path. */
export function fileUrl(client: Pick<HubClient, 'endpoint'>, { id, revision }: ModelReference, file: string): string {
  return `${client.endpoint.url}/${id}/resolve/${encodeURIComponent(revision ?? 'main')}/${file}`;
}

/** The page of a model, for people. */
export const pageUrl = (client: Pick<HubClient, 'endpoint'>, { id }: ModelReference): string => `${client.endpoint.url}/${id}`;

/**
 * Fetches a model's config and, where there are any, the files that belong to it: three requests, the last two of the
 * commit that the first was answered from. A companion that fails costs the config nothing.
 */
export async function fetchModel(client: HubClient, reference: ModelReference, signal: AbortSignal): Promise<FetchResult> {
  const answer = await requestText(client, fileUrl(client, reference, 'config.json'), configLimit, signal);
  if (answer.kind === 'problem') return answer;
  const { text: config, commit } = answer;
  const pinned = { id: reference.id, revision: commit ?? reference.revision };
  const fetchCompanion = async (name: CompanionName): Promise<Companion> =>
    companionOf(await requestText(client, fileUrl(client, pinned, name), companionLimit, signal));
  const [index, quantization] = await Promise.all([fetchCompanion('model.safetensors.index.json'), fetchCompanion('hf_quant_config.json')]);
  if (signal.aborted) return { kind: 'problem', problem: { code: 'cancelled' } };
  const companions = { 'model.safetensors.index.json': index, 'hf_quant_config.json': quantization };
  return { kind: 'model', model: { config, commit, companions } };
}

function companionOf(answer: Answer): Companion {
  if (answer.kind === 'text') return { kind: 'text', text: answer.text };
  const { problem } = answer;
  return problem.code === 'file-not-found' || problem.code === 'not-found' ? { kind: 'absent' } : { kind: 'unknown', problem };
}
