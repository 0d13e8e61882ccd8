import { findBlock, isObject, parseConfig, sectionKind, sidecarFiles, type SidecarFile } from '../engine/index';
import { maxTextLength } from '../engine/limits';
import type { HubProblem } from './problem';
import type { ModelReference } from './reference';
import { requestText, type Answer, type HubClient } from './requestText';

/** Files beside a config that say more about its weights. */
export const companionNames = ['model.safetensors.index.json', ...Object.values(sidecarFiles)] as const;
export type CompanionName = (typeof companionNames)[number];

/** A file beside a config: its text, that there is none, or why that is not known. */
export type Companion =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly problem: HubProblem };

/** Those that were asked for. */
export type Companions = Readonly<Partial<Record<CompanionName, Companion>>>;

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
 * Fetches a model's config and, where there are any, the files that belong to it: at most six requests, all but the first of the
 * commit that the first was answered from. A companion that fails costs the config nothing.
 */
export async function fetchModel(client: HubClient, reference: ModelReference, signal: AbortSignal): Promise<FetchResult> {
  const answer = await requestText(client, fileUrl(client, reference, 'config.json'), configLimit, signal);
  if (answer.kind === 'problem') return answer;
  const { text: config, commit } = answer;
  const pinned = { id: reference.id, revision: commit ?? reference.revision };
  const fetchCompanion = async (name: CompanionName): Promise<readonly [CompanionName, Companion]> => [
    name,
    companionOf(await requestText(client, fileUrl(client, pinned, name), companionLimit, signal)),
  ];
  const found = await Promise.all([...alwaysBeside, ...oftenBeside(config), ...besideTowers(config)].map(fetchCompanion));
  if (signal.aborted) return { kind: 'problem', problem: { code: 'cancelled' } };
  return { kind: 'model', model: { config, commit, companions: Object.fromEntries(found) } };
}

/** ModelOpt's file stands beside blocks, too, and may contradict them. */
const alwaysBeside = ['model.safetensors.index.json', sidecarFiles.hfQuantConfig] as const;

/** Files of other writers count where the config has no block of its own; ExLlamaV3's says more of the same block. */
function oftenBeside(config: string): readonly SidecarFile[] {
  const { root } = parseConfig(config);
  const block = root && findBlock(root);
  if (root && !block) return [sidecarFiles.quantizeConfig, sidecarFiles.quantConfig, sidecarFiles.quantizationConfig];
  return block?.config['quant_method'] === 'exl3' ? [sidecarFiles.quantizationConfig] : [];
}

/** What says how images and audio are brought to size, of a model that has a tower for them. */
function besideTowers(config: string): readonly SidecarFile[] {
  const { root } = parseConfig(config);
  const whole = isObject(root?.['thinker_config']) ? root['thinker_config'] : root;
  const hasTower = Object.entries(whole ?? {}).some(
    ([key, value]) => isObject(value) && ['vision', 'audio'].includes(sectionKind(key) ?? ''),
  );
  return hasTower ? [sidecarFiles.preprocessorConfig, sidecarFiles.processorConfig, sidecarFiles.videoPreprocessorConfig] : [];
}

function companionOf(answer: Answer): Companion {
  if (answer.kind === 'text') return { kind: 'text', text: answer.text };
  const { problem } = answer;
  return problem.code === 'file-not-found' || problem.code === 'not-found' ? { kind: 'absent' } : { kind: 'unknown', problem };
}
