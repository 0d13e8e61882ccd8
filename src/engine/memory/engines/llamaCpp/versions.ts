import { RunError } from '../run';

/**
 * Builds ("b4567") at which llama.cpp changed what it allocates. From ggml-org/llama.cpp at b2789, b5331, b6150, b8121, b8390,
 * b9842, b10361 and v0.5.0, and its pull requests; where only two sources around a change are known, the later one is given.
 */
const builds = {
  /** What stays with the CPU is cached in its own memory, no longer in pinned memory: #10026 and after. */
  plainCaches: 4080,
  /** Window layers keep their window alone: #13194. */
  windowCaches: 5427,
  /** Latent attention keeps compressed keys and values: #12801. */
  latentKeys: 5134,
  /** Gate and activation in one operation: #14158. */
  gatedUnits: 5773,
  /** Sequences in streams of their own, unless `--kv-unified`: #14363; the cache is written by rows: #14959. */
  streams: 5921,
  rowWrites: 6076,
  /** Flash attention where the backend has it, and all layers on it: #15434. */
  flashAuto: 6325,
  /** Weights of experts are settled before their matrices: between b6150 and b6699. */
  earlyExpertWeights: 6400,
  /** Contexts in steps of 256 with any attention: #16812; masks no longer padded. */
  evenContexts: 6981,
  /** The output is one of the layers that `-ngl` counts: between b7299 and b8133. */
  outputCounts: 7650,
  /** Context of the model, fitted to memory; four slots of a server share one cache: #16653, #16736. */
  fitted: 7407,
  sharedSlots: 6924,
  /** Metal keeps scratch memory behind results: between b7437 and b8121. */
  metalScratch: 7700,
  /** Embeddings as another input of every graph: #18550; between b7772 and b7896. */
  embeddingInputs: 7800,
  /** No values beside the keys of latent attention: #18986; between b7347 and b7836. */
  latentKeysOnly: 7790,
  /** Streams of a hybrid's cache have their own share of the context; all of it each before: between b7836 and b8121. */
  hybridStreams: 7980,
  /** Gated delta nets as one operation: #19504, between b8121 and b8390. */
  fusedDeltaNet: 8200,
  /** Quantized keys and values are rotated: #21038. */
  rotatedCaches: 8607,
  /** Outputs of a batch are bounded by what the program asks for, and masks are F16: between b9010 and b9842. */
  boundedOutputs: 9400,
  /** A draft has one context for all slots, with the model's flags: between b8390 and v0.5.0. */
  sharedDraft: 100_000,
  /** Rows of matrices are split by SYCL alone, and refused elsewhere: between b8390 and v0.5.0. */
  rowsBySycl: 100_000,
  /** CUDA's attention keeps copies of quantized caches: between b8121 and v0.5.0. */
  cacheCopies: 100_000,
} as const;

export type Change = keyof typeof builds;

export interface Version {
  /** As answers give it. */
  readonly name: string;
  readonly build: number;
  has(change: Change): boolean;
}

/**
 * The day of a build, from the logs that print both and from releases: a file is taken to be as old as the engine that loads it.
 */
const days: readonly (readonly [build: number, day: string])[] = [
  [1735, '2024-01-01'],
  [2789, '2024-05-04'],
  [3600, '2024-08-18'],
  [4400, '2024-12-28'],
  [4905, '2025-03-17'],
  [5192, '2025-04-26'],
  [5622, '2025-06-10'],
  [6050, '2025-07-31'],
  [6699, '2025-10-06'],
  [7407, '2025-12-15'],
  [8133, '2026-02-22'],
  [9010, '2026-05-03'],
  [9842, '2026-07-01'],
  [10361, '2026-08-01'],
];

/** ISO; `undefined` for the newest. */
export const dayOf = ({ build }: Version): string | undefined =>
  build >= afterBuilds ? undefined : days.filter(([from]) => from <= build).at(-1)?.[1];

/** Numbers after the builds: v0.4.0 follows b10361. */
const afterBuilds = 100_000;
export const newest = 'v0.5.0';
export const oldest = 'b2789';

const at = (name: string, build: number): Version => ({ name, build, has: (change) => build >= builds[change] });

/**
 * @param text "b4567", "4567 (abc)", "v0.5.0"; the newest that is known when left out.
 * @throws RunError where it is none of these.
 */
export function versionOf(text: string | undefined): Version {
  if (text === undefined) return at(newest, afterBuilds);
  const build = /^b?(\d{3,6})(?![\w.])/.exec(text.trim());
  if (build) return at(`b${String(build[1])}`, Number(build[1]));
  // Numbers of their own since 0.4.0 (b10361 before it).
  const [, major = '', minor = ''] = /^v?(\d+)\.(\d+)(\.\d+)?$/.exec(text.trim()) ?? [];
  if (Number(major) > 0 || Number(minor) >= 4) return at(`v${text.trim().replace(/^v/, '')}`, afterBuilds);
  throw unknownVersion(text, 'llama.cpp', 'b4567, v0.5.0');
}

/**
 * The llama.cpp in LM Studio, by its own number: that of the application says nothing of it, and would be taken for one without its `v`.
 *
 * @throws RunError where it is none.
 */
export function runtimeOf(text: string | undefined): Version {
  if (text === undefined || /^(b|v|\d{3,6}\b)/.test(text.trim())) return versionOf(text);
  throw unknownVersion(text, "LM Studio's llama.cpp, as its list of runtimes has it", 'b4567, v0.5.0');
}

const unknownVersion = (text: string, of: string, form: string): RunError =>
  new RunError('version-unknown', `"${text.slice(0, 40)}" is no version of ${of}, which are written like ${form}`, 'engineVersion', {
    form,
  });

/**
 * The llama.cpp in a version of Ollama: the commit of its Makefile.sync (FETCH_HEAD) or submodule at the tag, by build; from 0.30.0 on
 * the build of LLAMA_CPP_VERSION. Between entries the earlier one holds.
 */
const vendored: readonly (readonly [minor: number, patch: number, build: number])[] = [
  [1, 38, 2789],
  [2, 0, 3300],
  [3, 0, 3440],
  [3, 14, 3900],
  [4, 0, 3990],
  [5, 8, 4690],
  [6, 0, 4870],
  [7, 0, 5372],
  [11, 5, 6153],
  [12, 4, 6646],
  [12, 10, 6840],
  [13, 2, 7108],
  [13, 4, 7437],
  [30, 0, 9452],
  [30, 11, 9672],
  [31, 0, 10488],
];

export interface OllamaVersion extends Version {
  /** Of 0.minor.patch. */
  readonly minor: number;
  readonly patch: number;
}

export const newestOllama = '0.31.0';
export const oldestOllama = '0.1.38';

/** @throws RunError where the text is no version of Ollama. */
export function ollamaVersion(text: string = newestOllama): OllamaVersion {
  const read = /^(?:ollama )?v?0\.(\d+)(?:\.(\d+))?(?:-?rc\d+)?(?:-\d+-g[\da-f]+)?(?:-dirty)?$/.exec(text.trim());
  if (!read) throw unknownVersion(text, 'Ollama', '0.12.3');
  const minor = Number(read[1]);
  const patch = Number(read[2] ?? 0);
  const found = vendored.filter(([m, p]) => m < minor || (m === minor && p <= patch)).at(-1) ?? vendored[0];
  return { ...at(`0.${String(minor)}.${String(patch)}`, found?.[2] ?? 0), minor, patch };
}
