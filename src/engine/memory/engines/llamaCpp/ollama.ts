import type { FlagTable, FlagValue, FlagValues } from '../flags';
import { engineTitles } from '../ids';
import { memories } from '../machine';
import type { Engine, Machine, Run, RunNote } from '../run';
import { gib } from '../../../hardware/device';
import { cacheTypes } from './flags';
import { llamaMemory } from './memory';
import { llamaPaging } from './paging';
import { newestOllama, oldestOllama, ollamaVersion, type OllamaVersion } from './versions';

/** Parameters of a model file or request, and environment variables, as Ollama names them (api/types.go, envconfig/config.go). */
const flags: FlagTable = {
  'num-ctx': { value: { kind: 'integer', min: 1, max: 2 ** 31 - 1 }, aliases: ['OLLAMA-CONTEXT-LENGTH', 'context-length'] },
  'num-batch': { value: { kind: 'integer', min: 1, max: 2 ** 24 } },
  'num-gpu': { value: { kind: 'integer', min: -1, max: 10_000 } },
  'main-gpu': { value: { kind: 'integer', min: 0, max: 63 } },
  'use-mmap': { value: { kind: 'switch' } },
  'num-parallel': { value: { kind: 'integer', min: 0, max: 256 }, aliases: ['OLLAMA-NUM-PARALLEL'] },
  'flash-attention': { value: { kind: 'switch' }, aliases: ['OLLAMA-FLASH-ATTENTION'] },
  'kv-cache-type': { value: { kind: 'choice', choices: cacheTypes }, aliases: ['OLLAMA-KV-CACHE-TYPE'] },
  'sched-spread': { value: { kind: 'switch' }, aliases: ['OLLAMA-SCHED-SPREAD'] },
  'gpu-overhead': { value: { kind: 'integer', min: 0, max: 2 ** 50 }, aliases: ['OLLAMA-GPU-OVERHEAD'] },
  'num-thread': { value: { kind: 'integer', min: 0, max: 4096 }, idle: true },
  'num-predict': { value: { kind: 'integer', min: -2, max: 2 ** 31 - 1 }, idle: true },
  'num-keep': { value: { kind: 'integer', min: -1, max: 2 ** 31 - 1 }, idle: true },
  temperature: { value: { kind: 'number', min: 0, max: 1e6 }, idle: true },
  'top-k': { value: { kind: 'number', min: 0, max: 1e9 }, idle: true },
  'top-p': { value: { kind: 'number', min: 0, max: 1 }, idle: true },
  'min-p': { value: { kind: 'number', min: 0, max: 1 }, idle: true },
  'repeat-penalty': { value: { kind: 'number', min: 0, max: 1e6 }, idle: true },
  seed: { value: { kind: 'number', min: -1e12, max: 1e12 }, idle: true },
  'keep-alive': { value: { kind: 'text' }, aliases: ['OLLAMA-KEEP-ALIVE'], idle: true },
};

/** Versions that hand everything to llama-server, instead of a runner of their own around llama.cpp (ollama/ollama#16031). */
const usesServer = ({ minor }: OllamaVersion): boolean => minor >= 30;

const isSince = ({ minor, patch }: OllamaVersion, m: number, p: number): boolean => minor > m || (minor === m && patch >= p);

/**
 * Tokens per sequence where nobody says: by the memory of all devices since 0.15.5 (server/routes.go), 4096 since 0.6.7, 2048
 * before. Alike: envconfig/config.go at each tag.
 */
function defaultContext(version: OllamaVersion, machine: Machine): number {
  if (!isSince(version, 15, 5)) return isSince(version, 6, 7) ? 4096 : 2048;
  const total = memories(machine).reduce<number>((sum, memory) => sum + (memory ?? machine.device?.memoryBytes ?? 0), 0);
  return total >= 47 * gib ? 262_144 : total >= 23 * gib ? 32_768 : 4096;
}

/**
 * Tokens per sequence that are asked for, and that are started with: since 0.9.3 no more than the model was trained for
 * (llm/server.go, ollama/ollama#11175).
 */
function contextOf({ options, machine, analysis }: Run, version: OllamaVersion): { readonly asked: number; readonly taken: number } {
  const asked = (options['num-ctx'] as number | undefined) ?? defaultContext(version, machine);
  const trained = analysis.contextLimit ?? 0;
  return { asked, taken: trained > 0 && isSince(version, 9, 3) ? Math.min(asked, trained) : asked };
}

/**
 * What llama.cpp is started with: llm/llama_server.go (startLlamaServer) from 0.30 on, llm/server.go and llama/llama.go
 * (NewContextParams) before, which asks for embeddings too and leaves the context to all sequences together.
 * Sequences: chosen by what fits until 0.11, of which one is taken here; 1 since.
 */
function llamaOptions(run: Run, version: OllamaVersion): FlagValues {
  const { options } = run;
  const whole = (name: string): number | undefined => options[name] as number | undefined;
  const parallel = Math.max(1, whole('num-parallel') ?? 1);
  const batch = whole('num-batch') ?? 512;
  const asked = options['flash-attention'];
  const automatic = isSince(version, 13, 4);
  const gpu = whole('num-gpu') ?? -1;
  const type = options['kv-cache-type'] as string | undefined;
  const values: Record<string, FlagValue | undefined> = {
    'ctx-size': contextOf(run, version).taken * parallel,
    parallel,
    'batch-size': usesServer(version) ? batch : batch * parallel,
    'ubatch-size': batch,
    'flash-attn': asked === undefined ? (automatic ? 'auto' : 'off') : asked === true ? 'on' : 'off',
    'gpu-layers': gpu < 0 ? 'all' : String(gpu),
    'cache-type-k': type,
    'cache-type-v': type,
    embeddings: usesServer(version) ? undefined : true,
    'no-mmap': options['use-mmap'] === false ? true : undefined,
    ...(options['main-gpu'] !== undefined && { 'split-mode': 'none', 'main-gpu': options['main-gpu'] }),
  };
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, FlagValue] => entry[1] !== undefined));
}

/** A machine of whose devices nobody may take the first bytes (envconfig, OLLAMA_GPU_OVERHEAD). */
function without(machine: Machine, overhead: number): Machine {
  const { memory, kinds } = machine;
  return {
    ...machine,
    ...(memory !== undefined && { memory: Math.max(0, memory - overhead) }),
    ...(kinds && { kinds: kinds.map((kind) => without(kind, overhead)) }),
  };
}

/**
 * What the scheduler leaves of the devices: with one that has room for all, that with most memory (server/sched.go; llama-server's
 * placement in llm/llama_server.go from 0.30 on, bestSingleGPUFit), unless OLLAMA_SCHED_SPREAD is set or a device is named. What it
 * predicts is taken to be what llama.cpp allocates there. Before 0.30 it goes on with two of them, which is not followed.
 */
function scheduled(asked: Run, version: OllamaVersion): { readonly run: Run; readonly notes: readonly RunNote[] } {
  const overhead = (asked.options['gpu-overhead'] as number | undefined) ?? 0;
  const run = overhead > 0 ? { ...asked, machine: without(asked.machine, overhead) } : asked;
  const notes: readonly RunNote[] = overhead > 0 ? [{ code: 'ollama-overhead', refused: false, values: { bytes: overhead } }] : [];
  const { machine, options } = run;
  const kinds = machine.kinds ?? [machine];
  const isFree = options['main-gpu'] === undefined && options['sched-spread'] !== true && options['num-gpu'] !== 0;
  if (machine.count < 2 || !isFree || kinds.some(({ memory }) => memory === undefined)) return { run, notes };
  const best = kinds.reduce((most, kind) => ((kind.memory ?? 0) > (most.memory ?? 0) ? kind : most));
  const alone = { ...run, machine: { count: 1, device: best.device, memory: best.memory } };
  const start = llamaOptions(run, version);
  const { perDevice } = llamaMemory({ ...alone, options: start }, 'ollama', version, usesServer(version) ? 'server' : 'cli', undefined);
  const fits = perDevice.every(({ total, usable }) => usable === null || total <= usable);
  if (!fits) return { run, notes };
  // The default context follows the memory of all devices.
  const context = options['num-ctx'] === undefined ? { 'num-ctx': contextOf(run, version).asked } : {};
  const values = { device: best.device?.name ?? '', devices: machine.count };
  return {
    run: { ...alone, options: { ...options, ...context } },
    notes: [...notes, { code: 'ollama-one-device', refused: false, values }],
  };
}

/** Ollama as it runs GGUF files by llama.cpp; models that its own engine of 0.6 to 0.30 took differ in compute buffers. */
export const ollama: Engine = {
  id: 'ollama',
  title: engineTitles.ollama,
  newest: newestOllama,
  oldest: oldestOllama,
  flags,
  memory(asked) {
    const version = ollamaVersion(asked.version);
    const { run, notes } = scheduled(asked, version);
    // Unless a number is asked for, layers go to devices as far as there is room: by Ollama's own estimate, by --fit since 0.30.
    const remainder = Number(run.options['num-gpu'] ?? -1) < 0 ? 'cpu' : undefined;
    const options = llamaOptions(run, version);
    const memory = llamaMemory({ ...run, options }, 'ollama', version, usesServer(version) ? 'server' : 'cli', remainder);
    const { asked: wanted, taken } = contextOf(run, version);
    const trained: readonly RunNote[] =
      wanted === taken ? [] : [{ code: 'ollama-context-trained', refused: false, values: { asked: wanted, context: taken } }];
    return { ...memory, notes: [...memory.notes, ...notes, ...trained] };
  },
  paging(asked) {
    const version = ollamaVersion(asked.version);
    const { run } = scheduled(asked, version);
    return llamaPaging({ ...run, options: llamaOptions(run, version) }, version, usesServer(version) ? 'server' : 'cli');
  },
  defaults(run) {
    const version = ollamaVersion(run.version);
    const plain = { ...run, options: {} };
    const options = llamaOptions(plain, version);
    return {
      'num-ctx': contextOf(plain, version).taken,
      'num-parallel': options['parallel'] ?? 1,
      'num-gpu': -1,
      'num-batch': options['ubatch-size'] ?? 512,
      'flash-attention': options['flash-attn'] !== 'off',
      'kv-cache-type': 'f16',
    };
  },
};
