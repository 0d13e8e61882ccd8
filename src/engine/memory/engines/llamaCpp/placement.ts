import { automaton } from '../../../quantization/patterns/automaton';
import { programBuilder } from '../../../quantization/patterns/regularExpression';
import { RunError } from '../run';
import { rowPaddingOf, type Backends } from './backends';
import type { FileTensor, ModelFile } from './file';
import type { Settings } from './settings';
import type { Version } from './versions';

/** Where everything lies: indices of backends. */
export interface Placement {
  /** Of each block. */
  readonly layers: readonly number[];
  readonly output: number;
  /** Devices that take part, in their order. */
  readonly active: readonly number[];
  /** Of a tensor of a block, or outside of them where there is none. */
  of(name: string, layer: number | undefined): number;
  readonly hasOverrides: boolean;
  /** Bytes by the name of the buffer that logs print. */
  readonly model: ReadonlyMap<string, number>;
  /** Of buffers whose rows lie on several devices: bytes by device. */
  readonly rows: ReadonlyMap<string, ReadonlyMap<number, number>>;
}

/** Experts of a block as `--cpu-moe` names them (common/common.h: LLM_FFN_EXPS_REGEX). */
const experts = /^ffn_(up|down|gate|gate_up)_(ch|)exps/;

/**
 * llama_model::load_tensors: blocks go to devices in order, each as many as its share; the output is one block more. What is not
 * on a device, and the embedding always, stays with the CPU.
 */
export function place(file: ModelFile, backends: Backends, settings: Settings, version: Version): Placement {
  const { cpu, kind } = backends;
  if (settings.splitMode === 'row' && version.has('rowsBySycl') && kind !== undefined && kind !== 'SYCL')
    throw new RunError(
      'rows-not-split',
      `llama.cpp ${version.name} does not split rows on devices of ${kind}; it refuses --split-mode row`,
      'options.split-mode',
      { version: version.name, kind },
    );
  const blocks = file.blocks.length;
  const count = backends.cpu;
  const active =
    count === 0 ? [] : settings.splitMode === 'none' ? [mainDevice(settings, count)] : Array.from({ length: count }, (_, at) => at);
  // The output was a block on top of those asked for, and only went with all of them, until b7194.
  const counted = version.has('outputCounts') ? 1 : 0;
  const start = Math.max(blocks + counted - settings.gpuLayers, 0);
  const offloaded = active.length === 0 ? 0 : Math.min(settings.gpuLayers, blocks + 1);
  // With split rows everything else was the main device's until ggml-org/llama.cpp#10026.
  const holders = settings.splitMode === 'row' && count > 0 && !version.has('plainCaches') ? [mainDevice(settings, count)] : active;
  const bounds = splitPoints(holders, settings.tensorSplit, backends);
  const deviceAt = (layer: number): number => {
    if (layer < start || layer - start >= offloaded) return cpu;
    const share = Math.fround((layer - start) / offloaded);
    const found = bounds.findIndex((bound) => bound > share);
    return holders[found === -1 ? holders.length - 1 : found] ?? cpu;
  };
  const layers = file.blocks.map((_, layer) => deviceAt(layer));
  const output = settings.gpuLayers + 1 - counted > blocks || counted === 1 ? deviceAt(blocks) : cpu;
  const overridden = overridesOf(settings, backends);
  const of = (name: string, layer: number | undefined): number => {
    const forced = overridden?.(layer === undefined ? name : `blk.${String(layer)}.${name}`);
    if (forced !== undefined) return forced;
    if (layer !== undefined) {
      if (layer < settings.cpuExperts && experts.test(name)) return cpu;
      return layers[layer] ?? cpu;
    }
    return name.startsWith('output') || name === 'cls.output.weight' ? output : cpu;
  };
  return {
    layers,
    output,
    active,
    of,
    hasOverrides: overridden !== undefined || settings.cpuExperts > 0,
    ...modelBytes(file, backends, settings, { of, layers, output, active }, version),
  };
}

const stepped = (value: number, step: number): number => value - (value % step);

/** @throws RunError where there is none: llama_model_load_from_file_impl, "invalid value for main_gpu". */
function mainDevice({ mainGpu }: Settings, count: number): number {
  if (mainGpu >= count) throw new RunError('flag-value', `main-gpu ${mainGpu} is none of ${count} devices, which count from 0`, 'main-gpu');
  return mainGpu;
}

/**
 * Shares as they add up: those that are asked for, else by the memory that each has free (llama-model.cpp, load_tensors), for which what
 * its driver reports is taken; rows of a matrix by all memory (ggml-cuda, default_tensor_split).
 */
function splitPoints(devices: readonly number[], asked: readonly number[] | undefined, { all }: Backends): readonly number[] {
  const given = asked && asked.some((share) => share > 0) ? asked : undefined;
  const own = devices.map((at) => all[at]?.memory);
  const known = own.every((memory) => memory !== undefined);
  const shares = own.map((memory, at) => (given ? (given[at] ?? 0) : known ? (memory ?? 1) : 1));
  const total = shares.reduce((sum, share) => sum + share, 0);
  let sum = 0;
  return shares.map((share) => Math.fround((sum += share) / total));
}

/** `pattern=buffer,…`: the first pattern that is found in a tensor's name says where it goes. */
function overridesOf({ overrides }: Settings, backends: Backends): ((name: string) => number | undefined) | undefined {
  if (overrides === undefined) return undefined;
  const builder = programBuilder();
  const targets: number[] = [];
  for (const rule of overrides.split(',')) {
    const at = rule.lastIndexOf('=');
    const target = rule.slice(at + 1).trim();
    const found = target === 'CPU' || target.endsWith('_Host') ? backends.cpu : backends.all.findIndex(({ name }) => name === target);
    if (at < 1 || found === -1)
      throw new RunError(
        'flag-value',
        `override-tensor takes pattern=buffer, not ${rule.slice(0, 60)}; buffers: ${backends.all.map(({ name }) => name).join(', ')}`,
        'override-tensor',
      );
    const pattern = rule.slice(0, at);
    const problem = builder.addExpression(pattern.startsWith('^') ? pattern : `.*(${pattern})`, targets.length);
    if (problem)
      throw new RunError(
        'flag-value',
        `override-tensor: ${pattern.slice(0, 60)} is no pattern that is read (${problem})`,
        'override-tensor',
      );
    targets.push(found);
  }
  const machine = automaton(builder.program);
  return (name) => {
    const end = machine.advance(machine.start, name);
    const label = end && machine.finish(end)?.best;
    return label === undefined ? undefined : targets[label];
  };
}

/** Bytes of each weight buffer; mapped files are the CPU's, and pinned memory is taken where they are not mapped. */
function modelBytes(
  file: ModelFile,
  backends: Backends,
  settings: Settings,
  { of, layers, output, active }: Pick<Placement, 'of' | 'layers' | 'output' | 'active'>,
  version: Version,
): Pick<Placement, 'model' | 'rows'> {
  const bytes = new Map<string, number>();
  const rows = new Map<string, Map<number, number>>();
  const { cpu } = backends;
  const onCpu = settings.mapped ? 'CPU' : backends.host;
  const alignment = (backend: number): number => backends.all[backend]?.alignment ?? 1;
  const pads = backends.kind === 'CUDA' || backends.kind === 'ROCm' || backends.kind === 'SYCL';
  // Rows of K- and I-quants cannot be read by CUDA, so that the embedding is not put where it could.
  const readable = (tensor: FileTensor): boolean =>
    (backends.kind !== 'CUDA' && backends.kind !== 'ROCm') || !/^(Q\d_K|IQ)/.test(tensor.type);
  const add = (backend: number, tensor: FileTensor, ownBackend: number, gathered = false): void => {
    const pinned = (ownBackend === cpu || version.has('flashAuto')) && (!gathered || readable(tensor));
    const name = backend !== cpu ? (backends.all[backend]?.name ?? 'CPU') : pinned ? onCpu : 'CPU';
    const padding = backend !== cpu && pads ? rowPaddingOf(tensor as never) : 0;
    const step = backend === cpu && settings.mapped ? 1 : alignment(backend);
    bytes.set(name, (bytes.get(name) ?? 0) + Math.ceil((tensor.bytes + padding) / step) * step);
  };
  // Rows of a matrix lie on all devices by their shares, in one buffer: get_alloc_size and get_name of ggml-cuda's split buffers,
  // which bear the device of the layer since ggml-org/llama.cpp#10026.
  const points = splitPoints(active, settings.tensorSplit, backends);
  // llama-model.cpp, make_gpu_buft_list: others have no such buffers, and take the matrices whole.
  const splits = backends.kind === 'CUDA' || backends.kind === 'ROCm' || backends.kind === 'SYCL';
  const rounding = Math.max(...active.map((at) => backends.all[at]?.rowRounding ?? 1));
  const spread = (tensor: FileTensor, backend: number): void => {
    const name = version.has('plainCaches') ? `${backends.all[backend]?.name ?? ''}_Split` : `${backends.kind ?? ''}_Split`;
    const own = rows.get(name) ?? new Map<number, number>();
    rows.set(name, own);
    const padding = pads ? rowPaddingOf(tensor as never) : 0;
    const [, count] = tensor.ne;
    const upTo = (at: number): number => (at === active.length - 1 ? count : stepped(Math.trunc(count * (points[at] ?? 1)), rounding));
    active.forEach((device, at) => {
      const held = upTo(at) - (at === 0 ? 0 : upTo(at - 1));
      const share = (tensor.bytes / count) * held;
      if (held === 0) return;
      own.set(device, (own.get(device) ?? 0) + share + padding);
      bytes.set(name, (bytes.get(name) ?? 0) + share + padding);
    });
  };
  const put = (tensor: FileTensor, backend: number, own: number, gathered = false): void => {
    if (settings.splitMode === 'row' && splits && backend !== cpu && tensor.ne[1] > 1 && tensor.ne[2] === 1) spread(tensor, backend);
    else add(backend, tensor, own, gathered);
  };
  file.blocks.forEach((block, layer) => {
    for (const [name, tensor] of block) put(tensor, of(name, layer), layers[layer] ?? cpu);
  });
  for (const [name, tensor] of file.outside)
    put(tensor, of(name, undefined), name.startsWith('output') ? output : cpu, name === 'token_embd.weight');
  const embedding = file.outside.get('token_embd.weight');
  // Without an output of its own the embedding is loaded once more to serve as one, unless both lie in one buffer.
  if (embedding && !file.outside.has('output.weight') && output !== cpu) put(embedding, of('output.weight', undefined), output);
  return { model: bytes, rows };
}
