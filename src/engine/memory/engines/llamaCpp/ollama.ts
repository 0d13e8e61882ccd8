import type { FlagTable, FlagValue, FlagValues } from '../flags';
import { engineTitles } from '../ids';
import { memories } from '../machine';
import type { Engine, Machine, Run } from '../run';
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

/** Ollama as it runs GGUF files by llama.cpp; models that its own engine of 0.6 to 0.30 took differ in compute buffers. */
export const ollama: Engine = {
  id: 'ollama',
  title: engineTitles.ollama,
  newest: newestOllama,
  oldest: oldestOllama,
  flags,
  memory(run) {
    const version = ollamaVersion(run.version);
    // Unless a number is asked for, layers go to devices as far as there is room: by Ollama's own estimate, by --fit since 0.30.
    const remainder = Number(run.options['num-gpu'] ?? -1) < 0 ? 'cpu' : undefined;
    const options = llamaOptions(run, version);
    const memory = llamaMemory({ ...run, options }, 'ollama', version, usesServer(version) ? 'server' : 'cli', remainder);
    const { asked, taken } = contextOf(run, version);
    if (asked === taken) return memory;
    return { ...memory, notes: [...memory.notes, { code: 'ollama-context-trained', refused: false, values: { asked, context: taken } }] };
  },
  paging(run) {
    const version = ollamaVersion(run.version);
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
