/** Which files of a folder are a checkpoint. */

/** One checkpoint of a folder: an index with the files that it names, or files without one. */
export interface FoundCheckpoint {
  readonly container: 'safetensors' | 'pytorch' | 'gguf';
  readonly index?: string;
  /** In order; empty where an index names them. One file with an index beside it is what transformers reads, whatever that names. */
  readonly files: readonly string[];
}

/** `name-00001-of-00003.ending` (transformers save_pretrained; llama.cpp's gguf-split). */
const part = /^(.*)-(\d{5})-of-(\d{5})\.(safetensors|gguf)$/;

/** Every file of the set that a part belongs to, itself among them; those that are not there, too. */
export function partsOf(name: string): readonly string[] | undefined {
  const [, stem, , count, ending] = part.exec(name) ?? [];
  const parts = Number(count);
  if (stem === undefined || ending === undefined || !(parts >= 1)) return undefined;
  const numbered = (nth: number): string => `${stem}-${String(nth).padStart(5, '0')}-of-${String(count)}.${ending}`;
  return Array.from({ length: parts }, (_, at) => numbered(at + 1));
}

/**
 * The checkpoints among the names of a folder. Weights in one format are one checkpoint, chosen as transformers chooses
 * (modeling_utils.py, _get_resolved_checkpoint_files): safetensors before pickles, `model` before other names; each GGUF file
 * (or set of parts) is one of its own.
 */
export function findCheckpoints(names: readonly string[]): readonly FoundCheckpoint[] {
  const found: FoundCheckpoint[] = [];
  const weights = safetensors(names) ?? pytorch(names);
  if (weights) found.push(weights);
  const done = new Set<string>();
  for (const name of names) {
    if (!name.endsWith('.gguf') || isHidden(name) || isProjector(name) || done.has(name)) continue;
    const files = partsOf(name) ?? [name];
    for (const each of files) done.add(each);
    found.push({ container: 'gguf', files });
  }
  return found;
}

function safetensors(names: readonly string[]): FoundCheckpoint | undefined {
  const indices = names.filter((name) => name.endsWith('.safetensors.index.json') && !isHidden(name));
  const index = indices.find((name) => name === 'model.safetensors.index.json');
  const files = names.filter((name) => name === 'model.safetensors');
  if (index !== undefined) return { container: 'safetensors', index, files };
  if (files.length > 0) return { container: 'safetensors', files };
  const [other] = indices;
  if (other !== undefined) return { container: 'safetensors', index: other, files: [] };
  const own = names.filter((name) => name.endsWith('.safetensors') && !isHidden(name) && !name.startsWith('adapter_'));
  if (own.length === 0) return undefined;
  const sets = own.flatMap((name) => partsOf(name) ?? []);
  return { container: 'safetensors', files: [...new Set([...sets, ...own])].sort() };
}

function pytorch(names: readonly string[]): FoundCheckpoint | undefined {
  if (names.includes('pytorch_model.bin.index.json')) return { container: 'pytorch', index: 'pytorch_model.bin.index.json', files: [] };
  if (names.includes('pytorch_model.bin')) return { container: 'pytorch', files: ['pytorch_model.bin'] };
  return undefined;
}

/** llama.cpp puts towers and projector into a file of their own (its docs/multimodal.md). */
const isProjector = (name: string): boolean => /(^|[-_.])mmproj[-_.]/i.test(name);

const isHidden = (name: string): boolean => name.startsWith('.');
