/**
 * Days (of the commit, UTC) on which llama.cpp changed what it writes, so that older files can be answered. Days from the
 * history of ggml-org/llama.cpp: llama.cpp, src/llama-quant.cpp, convert_hf_to_gguf.py and their predecessors; those up to
 * May 2026 were held against the commits of their pull requests.
 */
const days = {
  /** Two experts of Mixtral and more: #4406. */
  experts: '2023-12-13',
  /** Q2_K without Q3_K in gate and up; first layers counted by depth instead of "the first two" and "the first four": #4872. */
  mixesByDepth: '2024-01-11',
  /** attn_output of eight experts: #4906. */
  eightExpertsOutput: '2024-01-14',
  /** Q4_0 and Q5_0 with an importance matrix: #4969. */
  legacyWithMatrix: '2024-01-16',
  /** attn_v of Q2_K and Q2_K_S under grouped queries: #4996. */
  groupedValues: '2024-01-17',
  /** Q2_K and Q3_K fall back to IQ4_NL: #5590. */
  nonLinearFallback: '2024-02-21',
  /** MPT no longer writes a tied output twice: #5670. */
  mptTiedOnce: '2024-02-22',
  /** A tied embedding takes the output's type, in Gemma: #5650. */
  gemmaTied: '2024-02-22',
  /** Routers in F32: #5754. */
  routersInFloat32: '2024-02-28',
  /** A tied embedding takes the output's type, everywhere: #5944. */
  tiedAsOutput: '2024-03-08',
  /** attn_v of IQ3_XS under grouped queries: #6209. */
  smallIq3Values: '2024-03-22',
  /** Feed-forward tensors are counted by layers, biases no longer among them: #6387. */
  depthByLayers: '2024-04-03',
  /** long and short rotary factors of Phi-3: #7225. */
  longRope: '2024-05-21',
  /** rope_freqs of Llama 3.1: #8676. */
  ropeFrequencies: '2024-07-27',
  /** ssm_x and ssm_dt are quantized like others: #9074. */
  stateSpaceProjections: '2024-08-21',
  /** GPT-2, Bloom and CodeShell no longer write a tied output twice: #12456. */
  tiedOnce: '2025-03-19',
  /** MLA: kv_b is split, and keys and values count as one head: #12801. */
  splitLatent: '2025-04-15',
  /** The gate of shared experts in F32: #19606. */
  sharedGateInFloat32: '2026-02-14',
  /** Fused attn_qkv and attn_kv_b follow attn_v; Q2_K and Q3_K fall back to Q4_0: #19770, #20357. */
  fusedAsValues: '2026-03-10',
  /** Layers of Qwen3.5 that predict further tokens: #22673, merged between 2026-05-15 and this day. */
  qwen35FurtherLayers: '2026-05-22',
  /** The head weights of sparse attention's indexer in F32, where they are not quantized: #23346, merged after 2026-05-28. */
  indexerInFloat32: '2026-05-29',
  /** Layers of Qwen3-Next that predict further tokens: #25589, merged after 2026-07-15; the day is a guess. */
  qwen3NextFurtherLayers: '2026-07-31',
  /** Those of Nemotron-H: #26725, merged after 2026-08-08. */
  nemotronFurtherLayers: '2026-08-11',
} as const;

/**
 * File types that came after the format itself (#2398): the day of the commit that brought them to include/llama.h; of Q2_0 the one on
 * which its pull request was opened, before which no file can be.
 */
const births: Readonly<Record<string, string>> = {
  /** #4773. */
  IQ2_XXS: '2024-01-08',
  /** #4856. */
  IQ2_XS: '2024-01-11',
  /** #4872. */
  Q2_K_S: '2024-01-11',
  /** #5196. */
  IQ3_XXS: '2024-01-30',
  /** #5453. */
  IQ1_S: '2024-02-18',
  /** #5590. */
  IQ4_NL: '2024-02-21',
  /** #5676. */
  ...{ IQ3_S: '2024-02-24', IQ3_M: '2024-02-24' },
  /** #5721, where IQ3_XS takes the place of Q3_K_XS. */
  ...{ IQ2_S: '2024-02-26', IQ2_M: '2024-02-26', IQ3_XS: '2024-02-26' },
  /** #5747. */
  IQ4_XS: '2024-02-27',
  /** #6302. */
  IQ1_M: '2024-03-26',
  /** #6412. */
  BF16: '2024-05-08',
  /** #8151. */
  ...{ TQ1_0: '2024-09-06', TQ2_0: '2024-09-06' },
  /** #15091. */
  MXFP4_MOE: '2025-08-05',
  /** #19769. */
  NVFP4: '2026-03-11',
  /** #21273. */
  Q1_0: '2026-04-06',
  /** #24448. */
  Q2_0: '2026-06-11',
};

/** The first GGUF file: #2398. */
const firstFile = '2023-08-21';

/** Whether the llama.cpp of a day could not write a file type yet. */
export const isUnborn = (fileType: string, date: string | undefined): boolean =>
  date !== undefined && date < ((Object.hasOwn(births, fileType) && births[fileType]) || firstFile);

/** The days, latest first. */
export const daysOfChange: readonly string[] = [...new Set<string>(Object.values(days))].sort().reverse();

export type Change = keyof typeof days;

/** Whether the llama.cpp of a day (ISO, as 2024-03-01; left out: the newest) has a change. */
export const since =
  (date: string | undefined) =>
  (change: Change): boolean =>
    date === undefined || date >= days[change];

export type Since = ReturnType<typeof since>;
